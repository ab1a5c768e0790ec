"""Puts people and running servers into a JupyterHub's database, before it starts. Run by its Python, in its folder:

    python fill_jupyterhub.py PEOPLE SERVERS CONFIG
"""

import asyncio
import json
import os
import sys
from datetime import datetime, timezone

from jupyterhub import orm
from jupyterhub.app import JupyterHub


def in_groups(rows, size=500):
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


async def fill(people, servers, config):
    app = JupyterHub()
    await app.initialize(["--config", config])   # makes the tables and the roles
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    role = app.db.query(orm.Role).filter_by(name="user").one().id
    names = [f"person-{number}" for number in range(people)] + [f"slow-{number}" for number in range(100)]
    port = int(os.environ["BENCH_SERVER"].rsplit(":", 1)[1])
    tables = orm.Base.metadata.tables
    extra = {"managed_by_auth": False} if "managed_by_auth" in tables["user_role_map"].c else {}

    def insert(table, rows):
        for some in in_groups(rows):
            app.db.execute(tables[table].insert(), some)

    first = 1000
    ids = range(first, first + len(names))
    insert("users", [{"id": each, "name": name, "admin": False, "created": now, "last_activity": now, "cookie_id": f"cookie-{each}"}
                     for each, name in zip(ids, names)])
    insert("user_role_map", [{"user_id": each, "role_id": role, **extra} for each in ids])
    running = list(zip(ids, names))[:servers]
    insert("servers", [{"id": each, "proto": "http", "ip": "127.0.0.1", "port": port, "base_url": f"/user/{name}/", "cookie_name": "x"}
                       for each, name in running])
    insert("spawners", [{"id": each, "user_id": each, "server_id": each, "state": {"on": True}, "name": "", "started": now, "last_activity": now}
                        for each, _ in running])
    app.db.commit()
    print(json.dumps({"people": len(names), "servers": len(running)}))


asyncio.run(fill(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
