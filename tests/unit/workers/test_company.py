"""Predictions that a worker draws together, against the same drawn alone by the command line's path."""

import cv2
import numpy as np
import pytest
from tests import tiny
from tests.workbench import Bench

from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

EIGHT_ROWS = Setup("tiny-sd", steps=4, device="cpu", rows="8")
CHOSEN = [("euler", 3), ("heun", 5), ("ddim", 8)]


def raw(sampler):
    return {"animation_prompts": f"a red circle, {sampler}", "sampler": sampler, "max_frames": 3, "zoom": "0: (1.05)"}


def alone(sampler, seed):
    animation = prepare(raw(sampler), EIGHT_ROWS, seed)
    animation.bundle = tiny.bundle()
    return [frame.image for frame in animation]


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    bench = Bench(tmp_path_factory.mktemp("company"))
    ids = [bench.add(3, seed=seed, input=raw(sampler)) for sampler, seed in CHOSEN]
    loop = bench.loop(setup=EIGHT_ROWS)
    bench.run_to_end(*ids, loop=loop)
    return bench, ids, loop


def test_frames_of_a_busy_worker_are_those_that_render_draws_with_the_same_rows(together):
    bench, ids, _ = together
    for (sampler, seed), prediction_id in zip(CHOSEN, ids, strict=True):
        assert bench.get(prediction_id).status == "succeeded"
        for picture, image in zip(bench.frames(prediction_id).values(), alone(sampler, seed), strict=True):
            found = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
            assert np.array_equal(found, image), sampler


def test_their_evaluations_shared_passes(together):
    stats = together[2].meter.stats(0)
    assert stats["rows"]["denoise"] == 8 * stats["passes"]["denoise"]
    assert stats["passes"]["denoise"] < stats["evaluations"]
