"""Tells whoever has a notebook open that their server will be stopped unless they go on.

A Jupyter Server extension. Carrel puts the time at BASE_URL/carrel/notice; the pages that are open get it as an event,
and pages opened later ask for it. Their half is in labextension/. Asking counts as no activity, and saying "I am
still here" does: that is a POST, which Carrel's proxy sees like any other change.
"""

import datetime
import json

import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

SCHEMA = {
    "$id": "https://carrel.invalid/idle-notice",
    "version": "1",
    "title": "The server will be stopped",
    "type": "object",
    "properties": {"stops_at": {"type": ["string", "null"], "description": "when, in RFC 3339; null: not any more"}},
    "required": ["stops_at"],
}


class Notice(JupyterHandler):
    def initialize(self, held):
        self.held = held

    @tornado.web.authenticated
    def get(self):
        self.finish(self.held)

    @tornado.web.authenticated
    def put(self):
        try:
            stops_at = json.loads(self.request.body)["stops_at"]
            if stops_at is not None:
                datetime.datetime.fromisoformat(stops_at)
        except (ValueError, TypeError, KeyError) as problem:
            raise tornado.web.HTTPError(400, "a notice is {\"stops_at\": time or null}") from problem
        self.tell(stops_at)

    @tornado.web.authenticated
    def post(self):
        """Somebody is still here."""
        self.tell(None)

    def tell(self, stops_at):
        self.held["stops_at"] = stops_at
        self.event_logger.emit(schema_id=SCHEMA["$id"], data=self.held)
        self.set_status(204)
        self.finish()


def _jupyter_server_extension_points():
    return [{"module": "carrel_idle_notice"}]


def _load_jupyter_server_extension(serverapp):
    serverapp.event_logger.register_event_schema(SCHEMA)
    place = url_path_join(serverapp.base_url, "carrel/notice")
    serverapp.web_app.add_handlers(".*$", [(place, Notice, {"held": {"stops_at": None}})])
