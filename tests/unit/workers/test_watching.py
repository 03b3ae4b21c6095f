"""A worker shows frames that it draws to those who watch, and to nobody else."""

import base64
import json
import os
import time

import cv2
import numpy as np
import pytest

from dreamreel.predictions.files import DRAWING, WATCHED
from dreamreel.workers import watching
from dreamreel.workers.watching import Watching


def test_only_a_frame_that_takes_long_is_shown_now_and_then_while_the_mark_is_fresh(tmp_path):
    changed, clock = [], [100.0]
    watcher = Watching(tmp_path, lambda: changed.append(1), lambda: clock[0])
    watcher.begin(7, 20)
    assert not watcher.wants()  # just begun
    clock[0] += watching.PACE_S
    assert not watcher.wants()  # nobody watches
    (tmp_path / WATCHED).touch()
    clock[0] += watching.PACE_S
    assert watcher.wants()
    clock[0] += 0.5  # so long its decoding took
    watcher.show(3, np.full((8, 16, 3), (200, 30, 30), np.uint8))
    told = json.loads((tmp_path / DRAWING).read_text())
    assert (told["idx"], told["evaluation"], told["evaluations"], changed) == (7, 3, 20, [1])
    data = np.frombuffer(base64.b64decode(told["image"].removeprefix("data:image/webp;base64,")), np.uint8)
    shown = cv2.imdecode(data, 1)[..., ::-1]
    assert shown.shape == (8, 16, 3)
    assert np.abs(shown.astype(int) - (200, 30, 30)).max() < 12
    clock[0] += watching.SHARE * 0.5 - 0.6
    assert not watcher.wants()  # at most a tenth of the time
    clock[0] += 0.2
    assert watcher.wants()
    old = time.time() - watching.FRESH_S - 1
    os.utime(tmp_path / WATCHED, (old, old))
    clock[0] += watching.PACE_S
    assert not watcher.wants()


def test_a_disk_that_is_full_fails_no_frame(tmp_path):
    watcher = Watching(tmp_path / "gone", lambda: pytest.fail("nothing was written"))
    watcher.begin(0, 4)
    watcher.show(1, np.zeros((8, 8, 3), np.uint8))
    watcher.show(2, None)
