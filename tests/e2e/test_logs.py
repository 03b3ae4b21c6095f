"""What a real server and its worker write to their log with `--log-format json`."""

import json

from tests.e2e.server import serving, wait_for


def test_the_lines_of_one_prediction_can_be_picked_out_of_a_json_log_by_a_field(tmp_path):
    with serving(tmp_path / "data", "--log-format", "json") as server:
        ids = [server.create()["id"] for _ in range(2)]
        for prediction_id in ids:
            server.wait_for_frames(prediction_id, 1)
            server.cancel(prediction_id)
            server.wait(prediction_id)

        def lines():
            text = server.log.read_text("utf-8").splitlines()
            return [json.loads(line) for line in text if line.startswith("{") and line.endswith("}")]

        for prediction_id in ids:
            mine = wait_for(
                lambda each=prediction_id: [line for line in lines() if line.get("prediction") == each][1:],
                f"two lines about {prediction_id}\n{server.said()}",
            )
            assert all(prediction_id in line["event"] and line["worker"] for line in mine)
            about = [line for line in lines() if prediction_id in line["event"]]
            assert all(line["prediction"] == prediction_id for line in about)
