"""The benchmark of hostile clients: a real server, attacked, and what is said of it."""

import sys

import pytest
from bench import attacks, hostile

FIGURES = {
    "rows": {
        "idle": {"requests": 0, "statuses": {}, "p50_ms": 1.0, "p99_ms": 2.0, "longest_ms": 2.0},
        "long paths": {"requests": 5, "statuses": {"404": 5}, "p50_ms": 2.0, "p99_ms": 90.0, "longest_ms": 101.0},
    },
    "memory_mb": {"before": 100.0, "after": 104.0, "most": 110.0},
}


@pytest.fixture(scope="module")
def figures():
    """Of a few attacks, half of them with bodies of 8 and 9 MB."""
    few = attacks.Attack("few", lambda: attacks.many_values()[:2] + attacks.paths()[:2])
    half = attacks.Attack("half", lambda: attacks.half_sent()[140:160], together=20, is_read=False)
    large = attacks.Attack("large", lambda: attacks.together()[:20], together=8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hostile, "REST_S", 0.0)
        return hostile.run(iter([few, half, large]), seconds=5.0)


def test_a_server_is_attacked_and_watched_and_answers_what_it_should(figures):
    rows = dict(figures["rows"])
    assert set(rows.pop("large")["statuses"]) <= {"413", "422", "late"}
    assert list(rows) == ["idle", "few", "half"]
    assert rows["few"]["statuses"] == {"413": 2, "414": 2}
    assert rows["half"]["statuses"] == {"held": 20}
    assert all(0 < row["p50_ms"] <= row["p99_ms"] <= row["longest_ms"] for row in rows.values())


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's")
def test_what_large_bodies_took_is_given_back_at_once(figures):
    memory = figures["memory_mb"]
    assert memory["most"] > memory["before"] + 10
    assert memory["after"] < memory["before"] * 1.1


@pytest.mark.parametrize(
    ("options", "fails"), [([], False), (["--check"], True), (["--check", "--limit-ms", "101"], False)]
)
def test_only_a_check_fails_and_only_of_an_answer_that_took_longer_than_the_limit(monkeypatch, capsys, options, fails):
    monkeypatch.setattr(hostile, "run", lambda *_: FIGURES)
    monkeypatch.setattr(sys, "argv", ["hostile", *options])
    if fails:
        with pytest.raises(SystemExit, match="longer than 100 ms during: long paths"):
            hostile.main()
    else:
        hostile.main()
    assert "100.0 MB before, 104.0 after (+4 %), 110.0 at most" in capsys.readouterr().out
