"""Second factors in software: an app that shows codes, and a security key that a test can make misbehave."""

import base64
import hashlib
import hmac
import json
import os
import struct
import time
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

STEP = 30
ES256, EDDSA, RS256 = -7, -8, -257
USER_PRESENT, USER_VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def code_at(secret, moment):
    """RFC 6238, as an app does it."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(moment) // STEP), hashlib.sha1).digest()
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class App:
    """Gives each code once: waits for nothing, but goes one step ahead where this one was used, which counts as well."""

    def __init__(self, secret):
        self.secret, self.last = secret, 0

    def code(self):
        """A code that is good now and was not given before; waits while there is none."""
        while True:
            step = int(time.time()) // STEP
            for candidate in (step - 1, step, step + 1):
                # The step before ends to be good at any moment: it is no safe choice.
                if candidate > self.last and candidate >= step:
                    self.last = candidate
                    return code_at(self.secret, candidate * STEP)
            time.sleep(0.2)


def cbor(value):
    """As much of CBOR (RFC 8949) as a key needs."""

    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 256:
            return bytes([major << 5 | 24, number])
        return bytes([major << 5 | 25]) + struct.pack(">H", number)

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    return head(5, len(value)) + b"".join(cbor(key) + cbor(one) for key, one in value.items())


class SecurityKey:
    """A key in the browser at `origin`. What it says can be changed by the keywords of `register` and `answer`."""

    def __init__(self, origin, algorithm=ES256, counter=1):
        self.origin, self.algorithm, self.counter = origin, algorithm, counter
        self.id = os.urandom(32)
        if algorithm == ES256:
            self.private = ec.generate_private_key(ec.SECP256R1())
        elif algorithm == EDDSA:
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def cose(self):
        public = self.private.public_key()
        if self.algorithm == ES256:
            numbers = public.public_numbers()
            return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        if self.algorithm == EDDSA:
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {1: 1, 3: EDDSA, -1: 6, -2: raw}
        numbers = public.public_numbers()
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}

    def sign(self, message):
        if self.algorithm == ES256:
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        if self.algorithm == EDDSA:
            return self.private.sign(message)
        return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())

    def client_data(self, kind, challenge, origin=None, **more):
        data = {"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False, **more}
        return json.dumps(data).encode()

    def data(self, rp_id, flags, counter):
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", counter)

    def register(self, options, flags=USER_PRESENT | HAS_KEY, rp_id=None, **client):
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor(self.cose())
        data = self.data(rp_id or options["rp"]["id"], flags, self.counter) + attested
        # An attestation would be text and bytes; none is asked for.
        attestation = cbor({"fmt": "none", "attStmt": {}, "authData": data})
        return self.credential({
            "clientDataJSON": b64(self.client_data("webauthn.create", options["challenge"], **client)),
            "attestationObject": b64(attestation),
        })

    def answer(self, options, flags=USER_PRESENT, rp_id=None, challenge=None, kind="webauthn.get", counter=None, spoil=False, **client):
        self.counter = self.counter + 1 if counter is None else counter
        said = self.client_data(kind, challenge or options["challenge"], **client)
        data = self.data(rp_id or options["rpId"], flags, self.counter)
        signature = bytearray(self.sign(data + hashlib.sha256(said).digest()))
        if spoil:
            signature[-1] ^= 1
        return self.credential({
            "clientDataJSON": b64(said), "authenticatorData": b64(data), "signature": b64(bytes(signature)), "userHandle": None,
        })

    def credential(self, response):
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "clientExtensionResults": {}, "response": response}


def origin_of(url):
    return "{0.scheme}://{0.netloc}".format(urlsplit(url))
