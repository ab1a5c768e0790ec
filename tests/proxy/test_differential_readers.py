"""What the proxy passes on is read in one way only: by node, tornado, nginx and HAProxy as by the judge of these tests."""

import random

import pytest
from request_corpus import MALFORMED, VALID
from support import strict_http
from support.readers import FENCE, READERS, reader
from test_differential import mutate, read_by_proxy


def passed_on(proxy, backend, count, seed):
    """What the server behind the proxy has got of `count` generated requests: [(bytes, what the judge reads of them)]."""
    choose = random.Random(seed)
    seeds = [case[1] for case in VALID if len(case[1]) < 4000] * 4 + [data for _, data in MALFORMED if len(data) < 4000]
    found = {}
    for _ in range(count):
        read_by_proxy(proxy, backend, mutate(choose.choice(seeds), choose))
        for connection in backend.connections:
            requests = strict_http.read_requests(connection.received)
            # In the midst of a body anything may follow.
            if requests and all(each.complete for each in requests):
                found[without_what_differs(bytes(connection.received))] = [(each.method, each.target, each.body) for each in requests]
    return list(found.items())


def without_what_differs(data):
    """The proxy numbers requests; but for that, many are the same."""
    start = data.find(b"\r\nX-Request-Id: ")
    if start < 0 or data.find(b"\r\nX-Request-Id: ", start + 1) >= 0:
        return data
    return data[:start] + data[data.find(b"\r\n", start + 2) :]


def is_part_of(part, whole):
    """Whether `part` is what is left of `whole` when some are taken out: a reader may refuse, but not invent."""
    rest = iter(whole)
    return all(each in rest for each in part)


@pytest.fixture(scope="module")
def generated(proxy_of_module, backend_of_module, long):
    return passed_on(proxy_of_module, backend_of_module, 100000 if long else 2000, 20261121)


@pytest.mark.parametrize("name", READERS)
def test_others_read_what_is_passed_on_as_it_is_meant(name, generated, tmp_path, figure):
    same, differ = 0, []
    with reader(name, tmp_path) as other:
        for data, meant in generated:
            read = other.read(data)
            same += read == [*meant, FENCE]
            if not is_part_of(read, [*meant, FENCE]):
                differ.append((data, meant, read))
    figure("passed on", len(generated))
    figure("read just so", same)
    figure("read in another way", len(differ))
    assert differ == [], differ[:3]
    # Who refuses everything reads nothing in another way, either.
    assert len(generated) > 50 and same > 0.8 * len(generated)


@pytest.mark.parametrize("name", READERS)
def test_others_do_not_read_everything_in_the_same_way(name, tmp_path, figure):
    """The control: of requests that no proxy has looked at, some hide another one, which this reader finds, or not."""
    with reader(name, tmp_path) as other:
        read = {case: other.read(data) for case, data in MALFORMED if len(data) < 4000}
    hidden = [case for case, found in read.items() if any("smuggled" in target for _, target, _ in found)]
    figure("finds the hidden request in", len(hidden))
    assert 0 < len(hidden) < len(read)
