"""The service over HTTP, by a plain client."""

import av
import httpx2


def test_a_posted_prediction_becomes_a_video(server):
    prediction = server.create(seed=7)
    assert prediction["status"] == "starting"
    ended = server.wait(prediction["id"])
    assert ended["status"] == "succeeded", ended["error"]
    answer = httpx2.get(ended["output"])
    assert answer.headers["content-type"] == "video/mp4"
    video = server.data.parent / "out.mp4"
    video.write_bytes(answer.content)
    with av.open(str(video)) as container:
        assert len(list(container.decode(video=0))) == 100
