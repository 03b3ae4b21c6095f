"""What a real server and its worker write to their log with `--log-format json`."""

import json

from tests.e2e.receivers import receiving
from tests.e2e.server import VERSION, serving, wait_for

# In the order in which they come, but for the first two: a worker may begin before the answer is written.
TOLD = ["accepted", "(start): delivered", "begun (attempt 1)", "succeeded", "(completed): delivered"]


def test_one_predictions_life_can_be_picked_out_of_a_json_log_by_a_field(tmp_path):
    with receiving() as receiver, serving(tmp_path / "data", "--steps", "2", "--log-format", "json") as server:
        body = {"version": VERSION, "input": {"sampler": "euler"}, "webhook": receiver.url}
        asked = {"X-Request-ID": "the-first"}
        ids = [server.http.post("/v1/predictions", json=body, headers=asked).json()["id"] for _ in range(2)]

        def lines():
            text = server.log.read_text("utf-8").splitlines()
            return [json.loads(line) for line in text if line.startswith("{") and line.endswith("}")]

        def mine(prediction_id):
            return [line for line in lines() if line.get("prediction") == prediction_id]

        for each in ids:
            wait_for(
                lambda each=each: all(any(line["event"].endswith(end) for line in mine(each)) for end in TOLD),
                f"lines of all of the life of {each}\n{server.said()}",
            )
            told = [next(end for end in TOLD if line["event"].endswith(end)) for line in mine(each)]
            assert sorted(told) == sorted(TOLD)
            assert told.index("begun (attempt 1)") < told.index("succeeded") < told.index("(completed): delivered")
            drawn = [line for line in mine(each) if line["event"].endswith(("begun (attempt 1)", "succeeded"))]
            assert len({line["worker"] for line in drawn}) == 1
            (accepted,) = [line for line in mine(each) if line["event"].endswith("accepted")]
            assert accepted["request"] == "the-first"
        # What is about a prediction says so in the field, and what a worker says names the worker.
        for line in lines():
            assert all(line["prediction"] == each for each in ids if each in line["event"])
            assert line.get("worker") or "worker" not in line["event"].split()[0], line
        assert any("is loaded on" in line["event"] and line["worker"] for line in lines())
