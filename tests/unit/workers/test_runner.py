"""A prediction's thread in a worker, where even its end goes wrong."""


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
