"""A real slapd (OpenLDAP) for one test, on loopback, with TLS by an authority of the test's own."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from .ports import free_port

BASE = "dc=example,dc=org"
SERVICE = f"cn=carrel,{BASE}"
SERVICE_PASSWORD = "service secret"
STRICT = f"pwdPolicySubentry: cn=strict,{BASE}\n"

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/pid
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw "root secret"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by self read by anonymous auth by * none
overlay ppolicy
"""

PEOPLE = """
dn: {base}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups

dn: cn=strict,{base}
objectClass: device
objectClass: pwdPolicy
cn: strict
pwdAttribute: userPassword
pwdMaxAge: 86400
pwdMustChange: TRUE

dn: {service}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: carrel
userPassword: {service_password}
"""


def why_not():
    """Why there can be none here; empty: there can."""
    return "" if program("slapd") else "there is no slapd; RUNLEVEL=1 scripts/setup login installs it"


def program(name):
    return shutil.which(name, path="/usr/sbin:/sbin:" + os.environ.get("PATH", ""))


class LdapServer:
    """Use it with `with`. `authority` signs its certificate, for `hosts`."""

    def __init__(self, authority, hosts="DNS:localhost,IP:127.0.0.1"):
        self.authority = authority
        self._folder = tempfile.TemporaryDirectory(prefix="carrel-ldap-")
        self.folder = pathlib.Path(self._folder.name)
        (self.folder / "data").mkdir()
        certificate, key = authority.issue("ldap", hosts=hosts)
        self.config = self.folder / "slapd.conf"
        self.config.write_text(
            CONFIG.format(folder=self.folder, base=BASE, service=SERVICE, authority=authority.certificate, certificate=certificate, key=key)
        )
        self.process = None
        self.plain = self.secure = ""
        self.load(PEOPLE.format(base=BASE, service=SERVICE, service_password=SERVICE_PASSWORD))
        self.secret = self.folder / "service-password"
        self.secret.write_text(SERVICE_PASSWORD + "\n")

    def load(self, ldif):
        """Only while it does not run."""
        done = subprocess.run(
            [program("slapadd"), "-f", str(self.config)], input=ldif, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr

    def add_person(self, uid, password, name="Somebody", mail=None, more=""):
        """`more` are lines of LDIF: STRICT makes the password policy count."""
        dn = f"uid={escaped(uid)},ou=people,{BASE}"
        more += f"mail: {mail}\n" if mail else ""
        self.load(f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {name}\nsn: x\n{more}userPassword: {password}\n")
        return dn

    def add_group(self, name, *members):
        lines = "".join(f"member: {member}\n" for member in members)
        self.load(f"dn: cn={name},ou=groups,{BASE}\nobjectClass: groupOfNames\ncn: {name}\n{lines}")

    def __enter__(self):
        ports = free_port(), free_port()
        self.plain, self.secure = f"ldap://127.0.0.1:{ports[0]}", f"ldaps://127.0.0.1:{ports[1]}"
        self.process = subprocess.Popen(
            [program("slapd"), "-f", str(self.config), "-h", f"{self.plain} {self.secure}", "-d", "0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline, "slapd does not answer"
            time.sleep(0.05)
        return self

    def answers(self):
        asked = subprocess.run(
            [program("ldapwhoami"), "-x", "-H", self.plain, "-D", SERVICE, "-w", SERVICE_PASSWORD], capture_output=True, timeout=60
        )
        return asked.returncode == 0

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait(60)
            self.process.stderr.close()
        self._folder.cleanup()

    def section(self, name="campus", **settings):
        """The [logins.<name>] that searches as the service account; a setting of None is left out."""
        values = {
            "kind": "ldap",
            "title": "Campus account",
            "servers": [self.secure],
            "ca_file": str(self.authority.certificate),
            "search_base": f"ou=people,{BASE}",
            "bind_dn": SERVICE,
            "bind_password_file": str(self.secret),
            "group_base": f"ou=groups,{BASE}",
            **settings,
        }
        lines = [f"{key} = {toml(value)}" for key, value in values.items() if value is not None]
        return "\n".join([f"[logins.{name}]", *lines, ""])


def escaped(value):
    """As a value of a distinguished name (RFC 4514)."""
    return "".join(letter if letter.isalnum() else f"\\{ord(letter):02x}" for letter in value)


def toml(value):
    if isinstance(value, list):
        return "[" + ", ".join(toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else "'" + value + "'"
