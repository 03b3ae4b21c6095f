"""A prediction's thread in a worker, where even its end goes wrong."""

import logging

from structlog.contextvars import get_contextvars

from dreamreel.workers.job import Job


def test_an_end_that_cannot_be_recorded_is_logged_and_the_prediction_is_claimed_again(bench, monkeypatch, caplog):
    prediction_id, finish = bench.add(), bench.store.finish
    errors = [ValueError("at the end"), ValueError("at its failure")]

    def finish_at_last(*arguments):
        if errors:
            raise errors.pop(0)
        return finish(*arguments)

    monkeypatch.setattr(bench.store, "finish", finish_at_last)
    ended = bench.run_to_end(prediction_id, lease_s=1.0)
    assert (ended.status, errors) == ("succeeded", [])
    assert f"prediction {prediction_id}: its end could not be recorded; it will be claimed again" in caplog.text


def test_what_is_logged_of_a_failure_says_at_which_frame_and_in_which_worker(bench, monkeypatch):
    lines, keep = [], Job.keep

    class Kept(logging.Handler):
        def emit(self, record):
            lines.append((record.getMessage(), get_contextvars()))

    def keep_the_first(job, *arguments):
        if job.num_kept == 1:
            raise ValueError("of this frame")
        keep(job, *arguments)

    monkeypatch.setattr(Job, "keep", keep_the_first)
    handler, log = Kept(), logging.getLogger("dreamreel.workers.runner")
    log.addHandler(handler)
    try:
        prediction_id = bench.add()
        assert bench.run_to_end(prediction_id).status == "failed"
    finally:
        log.removeHandler(handler)
    ((_, fields),) = [line for line in lines if "of this frame" in line[0]]
    assert (fields["prediction"], fields["frame"]) == (prediction_id, 1)
    assert fields["worker"]
