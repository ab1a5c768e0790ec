"""A small service with pages of its own, as JupyterHub's documentation has services log their visitors in: it says who came."""

import json
import os
from urllib.parse import urlsplit

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from tornado import ioloop, web


class WhoAmI(HubOAuthenticated, web.RequestHandler):
    @web.authenticated
    def get(self):
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps({"visitor": self.get_current_user(), "uid": os.geteuid(), "leads": os.getpid() == os.getpgid(0)}))


if __name__ == "__main__":
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    print("whoami begins", flush=True)
    web.Application([(prefix + "oauth_callback", HubOAuthCallbackHandler), (prefix + "?.*", WhoAmI)],
                    cookie_secret=os.urandom(32)).listen(urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"]).port, "127.0.0.1")
    ioloop.IOLoop.current().start()
