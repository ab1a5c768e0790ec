"""The short form of `make soak`: nothing goes wrong and no descriptor stays. Whether memory is flat takes longer to see."""

from support.soak import TUNNELS, soak


def test_steady_load_leaves_nothing_behind(long, figure):
    found = soak(1800 if long else 8)
    figure("requests", found["requests"])
    figure("MiB in ten minutes", round(found["growth"] / (1 << 20), 2))
    assert found["errors"] == [] and found["descriptors"] <= 2
    assert found["requests"] > 100 and found["messages"] >= TUNNELS
    if long:
        assert found["growth"] <= 1 << 20
