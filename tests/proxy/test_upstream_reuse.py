"""Connections to servers are shared by all, and nobody ever gets an answer that is for somebody else."""

from mixed_requests import KINDS, Clients, answer, on_head
from support.carrel_process import wait_until
from support.naive_relay import NaiveRelay
from support.proxy_process import ProxyProcess
from support.recording_backend import RecordingBackend


class Server(RecordingBackend):
    def __init__(self):
        super().__init__(self.answer_unless_done, on_head)
        self.keep_record = False
        self.answer_silently = set()

    def answer_unless_done(self, request, connection):
        tag = request.target.split("/")[-1]
        if tag in self.answer_silently:
            self.answer_silently.discard(tag)
        else:
            answer(request, connection)


def test_nobody_gets_an_answer_to_another_request(long, figure):
    with Server() as server, ProxyProcess("--log-level", "error") as proxy:
        for user in ("ada", "bob"):
            proxy.add_route(f"/u/{user}", server.url, auth={"login": "/login"})
        before = proxy.descriptors_open()
        clients = Clients(proxy.port, 100000 if long else 10000)
        clients.go()
        wait_until(lambda: proxy.descriptors_open() <= before + 2, what="every connection being closed")
    figure("requests", clients.done)
    figure("wrong", len(clients.wrong))
    figure("upstream connections", server.accepted)
    figure("answers", {f"{kind} {status}": count for (kind, status), count in sorted(clients.statuses.items())})
    assert clients.wrong == []
    assert clients.failures == [] and clients.unexpected == []
    assert clients.done >= 10000 and {kind for kind, _ in clients.statuses} == set(KINDS)
    # Connections were indeed shared, or this would have shown nothing.
    assert server.accepted < 0.8 * clients.done


def test_a_relay_that_shares_a_connection_carelessly_is_found_out(figure):
    """The control."""
    with Server() as server, NaiveRelay(server.port, shared=True) as relay:
        clients = Clients(relay.port, 100, timeout=0.5, kinds=("plain", "plain2", "chunked", "head", "no-content"))
        clients.go()
    figure("wrong", len(clients.wrong))
    assert clients.wrong
