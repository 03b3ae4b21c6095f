"""Two servers and two workers on Ray behind one Postgres and one bucket; one of each kind is killed.

Twenty predictions of 100 frames, the fewest that the API takes: enough for every worker to hold several.
"""

import contextlib
import os
import signal
import threading

import httpx2
import pytest
from tests.cluster.servers import RayCluster, digests
from tests.e2e.server import serving, wait_for

SEEDS = (7, 8)
PREDICTIONS = 20


@pytest.fixture
def ray_cluster(bucket, tmp_path):
    cluster = RayCluster(tmp_path, bucket.environment)
    yield cluster
    cluster.stop()


class Reader(threading.Thread):
    """Follows a prediction's events at a server until the stream ends."""

    def __init__(self, server, url):
        super().__init__(daemon=True)
        self.client, self.url, self.lines = server.client(), url, []
        self.start()

    def run(self):
        with contextlib.suppress(httpx2.TransportError), self.client.stream("GET", self.url) as answer:
            for line in answer.iter_lines():
                self.lines.append(line)


def test_a_killed_worker_and_a_killed_server_cost_nothing_and_change_no_frame(
    database_url, bucket, ray_cluster, tmp_path
):
    options = ("--executor", "ray", "--ray-address", ray_cluster.address, "--min-workers", "2", "--max-workers", "2")
    settings = {"DREAMREEL_DATABASE_URL": database_url, "DREAMREEL_FILES_URL": f"{bucket.url}/cluster"}
    with serving(tmp_path / "one", *options, **settings) as one, serving(tmp_path / "two", *options, **settings) as two:
        made = [(one, two)[number % 2].create(seed=SEEDS[number % 2]) for number in range(PREDICTIONS)]
        ids = [prediction["id"] for prediction in made]
        # Made at the server that will be killed, followed at the other one.
        reader = Reader(one, made[1]["urls"]["events"].replace(two.url, one.url))

        def frames():
            return [one.get(prediction_id)["metrics"]["frames"] for prediction_id in ids]

        wait_for(lambda: sum(map(bool, frames())) >= 5 and max(frames()) < 100, f"work for both\n{one.said()}", 600)
        assert len(ray_cluster.workers()) == 2
        os.kill(ray_cluster.workers()[0], signal.SIGKILL)
        two.process.kill()
        two.process.wait()
        ended = [one.wait(prediction_id) for prediction_id in ids]
        assert [prediction["status"] for prediction in ended] == ["succeeded"] * PREDICTIONS
        assert any("Resuming at frame" in prediction["logs"] for prediction in ended)
        for number, prediction_id in enumerate(ids):
            manifest = one.http.get(f"/v1/predictions/{prediction_id}/manifest").json()
            assert manifest["frames"] == digests(SEEDS[number % 2])
            assert len(one.http.get(ended[number]["output"]).content) > 1000
        reader.join(60)
        assert "event: done" in reader.lines
        wait_for(lambda: len(ray_cluster.workers()) == 2, "the killed worker, started again")
