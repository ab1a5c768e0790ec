"""Makes the database of a JupyterHub by JupyterHub's own code. Run by the Python that has it, in an empty folder:

    python make_jupyterhub_database.py NAMES.json

It is initialized from a configuration as `jupyterhub` does before it starts its proxy; then it has people, groups, roles, a
service, tokens and a server that runs.
"""

import asyncio
import json
import sys
from datetime import datetime, timezone

from jupyterhub import orm
from jupyterhub.app import JupyterHub

CONFIG = """
names = {names!r}
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.log_level = "ERROR"
c.Authenticator.allowed_users = set(names[:2])
c.Authenticator.admin_users = {{names[0]}}
c.Authenticator.username_pattern = ""
c.JupyterHub.load_groups = {{"class": names[:2]}}
c.JupyterHub.services = [dict(name="culler", api_token="0123456789abcdef0123456789abcdef")]
c.JupyterHub.load_roles = [
    dict(name="teacher", description="Sees the class", scopes=["list:users!group=class", "access:servers!group=class"],
         users=[names[1]], groups=["class"]),
    dict(name="culler", scopes=["list:users", "read:users:activity", "read:servers", "delete:servers"], services=["culler"]),
]
"""


async def make(names):
    with open("config.py", "w", encoding="utf-8") as file:
        file.write(CONFIG.format(names=names))
    app = JupyterHub()
    await app.initialize(["--config=config.py"])
    user = app.db.query(orm.User).filter_by(name=names[1]).one()
    user.last_activity = datetime(2026, 1, 2, 3, 4, 5)
    user.new_api_token(note="mine")
    spawner = orm.Spawner(name="", user=user, server=orm.Server(ip="127.0.0.1", port=5555, base_url="/user/x/"))
    app.db.add(spawner)
    # Databases from before names were checked, or with another authenticator's, have every kind of name.
    for name in names[2:]:
        app.db.add(orm.User(name=name, created=datetime.now(timezone.utc).replace(tzinfo=None)))
    app.db.commit()


asyncio.run(make(json.load(open(sys.argv[1], encoding="utf-8"))))
