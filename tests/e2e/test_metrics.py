"""`/metrics` as Prometheus reads it, beside a service that works."""

from prometheus_client.parser import text_string_to_metric_families
from tests.e2e.server import wait_for


def figures(server):
    answer = server.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(sample.name, sample.labels.get("stage") or sample.labels.get("state")): sample.value for sample in samples}


def test_a_prediction_shows_in_the_figures(server):
    server.wait_until_ready()
    prediction = server.create(max_frames=100)
    server.wait(prediction["id"])
    wait_for(lambda: figures(server).get(("dreamreel_frames_total", None), 0) >= 100, "the worker's figures")
    found = figures(server)
    assert found["dreamreel_evaluations_total", None] > 100
    assert found["dreamreel_forward_rows_total", "denoise"] >= found["dreamreel_forward_passes_total", "denoise"] > 0
    assert found["dreamreel_stage_seconds_total", "decode"] > 0
    assert (found["dreamreel_queue_depth", None], found["dreamreel_workers", "ready"]) == (0, 1)
    assert found["dreamreel_slots", None] == 4
    assert found["process_resident_memory_bytes", None] > 0
