"""JupyterHub as it is measured: its own proxy, everybody's password is good, and servers that cost nothing.

A "server" is the one at BENCH_SERVER, as for Carrel (bench/tools/idle_hub.cpp). People called "slow-…" wait 20 seconds.
With BENCH_COMMANDS servers are real: a command for each person.
"""

import asyncio
import json
import os

from jupyterhub.spawner import SimpleLocalProcessSpawner, Spawner

c = globals()["get_config"]()  # JupyterHub gives it to its configuration


class IdleSpawner(Spawner):
    on = False

    async def start(self):
        if self.user.name.startswith("slow-"):
            await asyncio.sleep(20)
        self.on = True
        return "127.0.0.1", int(os.environ["BENCH_SERVER"].rsplit(":", 1)[1])

    async def stop(self, now=False):
        self.on = False

    async def poll(self):
        return None if self.on else 0

    def get_state(self):
        return {"on": True} if self.on else {}

    def load_state(self, state):
        self.on = bool(state.get("on"))


class CommandSpawner(SimpleLocalProcessSpawner):
    home_dir_template = os.path.join(os.getcwd(), "{username}")

    async def start(self):
        self.cmd = json.loads(os.environ["BENCH_COMMANDS"])[self.user.name]
        return await super().start()


port = int(os.environ["BENCH_PORT"])
c.JupyterHub.bind_url = f"http://127.0.0.1:{port}"
c.JupyterHub.hub_port = port + 1
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{port + 2}"
c.ConfigurableHTTPProxy.command = [os.environ["BENCH_PROXY"]]
c.JupyterHub.spawner_class = CommandSpawner if "BENCH_COMMANDS" in os.environ else IdleSpawner
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {"gov"}
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.log_level = "WARN"
c.JupyterHub.concurrent_spawn_limit = 100
c.JupyterHub.api_page_max_limit = 1_000_000
c.JupyterHub.cleanup_servers = False   # a second start is to find them again
c.JupyterHub.services = [{"name": "bench", "api_token": os.environ["BENCH_TOKEN"]}]
c.JupyterHub.load_roles = [
    {"name": "bench", "services": ["bench"], "scopes": ["admin:users", "admin:servers", "users:activity", "list:users", "read:hub", "proxy"]}
]
