import pytest

cluster = pytest.importorskip("dreamreel.workers.cluster", reason="Ray is not installed", exc_type=Exception)


@pytest.mark.parametrize(
    ("predictions", "slots", "least", "most", "workers"),
    [(0, 4, 1, 8, 1), (4, 4, 1, 8, 1), (5, 4, 1, 8, 2), (400, 4, 1, 8, 8), (0, 4, 0, 8, 0), (9, 4, 3, 2, 3)],
)
def test_the_number_of_workers_follows_the_queue_between_its_limits(predictions, slots, least, most, workers):
    assert cluster.wanted_workers(predictions, slots, least, most) == workers
