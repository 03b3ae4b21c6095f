import pytest

cluster = pytest.importorskip("dreamreel.processes.ray_workers", reason="Ray is not installed", exc_type=Exception)


@pytest.mark.parametrize(
    ("predictions", "slots", "least", "most", "workers"),
    [(0, 4, 1, 8, 1), (4, 4, 1, 8, 1), (5, 4, 1, 8, 2), (400, 4, 1, 8, 8), (0, 4, 0, 8, 0), (9, 4, 3, 2, 3)],
)
def test_the_number_of_workers_follows_the_queue_between_its_limits(predictions, slots, least, most, workers):
    assert cluster.wanted_workers(predictions, slots, least, most) == workers


def test_the_worker_that_is_let_go_is_the_last_that_holds_nothing_or_the_last_where_all_do():
    names = ["worker-2", "worker-10", "worker-1"]
    assert cluster.surplus_worker(names, []) == "worker-10"
    assert cluster.surplus_worker(names, ["ray-worker-10-ab-1", "elsewhere-2"]) == "worker-2"
    assert cluster.surplus_worker(names, ["ray-worker-10-ab-1", "ray-worker-2-cd-1"]) == "worker-1"
    assert cluster.surplus_worker(names, [f"ray-{name}-ab-1" for name in names]) == "worker-10"


def test_a_worker_more_takes_the_first_free_name_and_none_is_made_in_the_place_of_one_that_was_let_go():
    assert cluster.missing_workers([], 2) == ["worker-0", "worker-1"]
    assert cluster.missing_workers(["worker-1"], 1) == []
    assert cluster.missing_workers(["worker-1"], 3) == ["worker-0", "worker-2"]
    assert cluster.missing_workers(["worker-0", "worker-1"], 1) == []
