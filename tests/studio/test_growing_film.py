"""The video plays in a browser while it is drawn, and goes on as it grows."""

import os
import signal

import pytest

VIDEO = "document.querySelector('.film video')"
FRAMES = 60  # of which at least two seconds are in the file: the encoder looks some frames ahead


@pytest.fixture
def paused(server):
    """A prediction that is half done and does not go on before its worker is let go."""
    prediction = server.create(seed=3, fps=15, max_frames=150)
    server.wait_for_frames(prediction["id"], FRAMES)
    worker = server.worker_pids()[0]
    os.kill(worker, signal.SIGSTOP)
    yield prediction, worker
    os.kill(worker, signal.SIGCONT)


def test_it_plays_while_it_is_drawn_and_grows_to_the_whole_film(desk, server, paused):
    prediction, worker = paused
    desk.open(prediction["urls"]["web"].removeprefix(server.url))
    desk.page.get_by_role("button", name="Play", exact=True).click()
    desk.page.wait_for_function(f"() => {VIDEO}.currentTime > 0.5")
    assert server.get(prediction["id"])["status"] == "processing"
    assert desk.page.evaluate(f"{VIDEO}.buffered.end(0)") < 5
    os.kill(worker, signal.SIGCONT)
    desk.page.wait_for_function(f"() => {VIDEO}.buffered.length && {VIDEO}.buffered.end(0) > 9.9")
    desk.wait_for_status("done")
