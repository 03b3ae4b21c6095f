"""The training's generator and measures; they need the training extra."""

import random

import numpy as np
import pytest

pytest.importorskip("skia")

from training import following, poster
from training.camera import USUAL, Camera
from training.grammar import NAMES, PLACES, Scene


@pytest.mark.parametrize("name", NAMES)
def test_every_hero_is_seen(name):
    with_it, without = (
        poster.draw(Scene(subject, "meadow", "day", "plain"), random.Random(3)).drawing.picture(USUAL, 64)
        for subject in (name, None)
    )
    assert (np.abs(with_it.astype(int) - without).max(2) > 20).mean() > 0.02


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_drawn_the_same_for_the_same_seed_and_has_a_depth(place):
    first, again = (poster.draw(Scene("fox", place, "day", "plain"), random.Random(5)).drawing for _ in range(2))
    assert (first.picture(side=64) == again.picture(side=64)).all()
    depth = first.depth(side=64)
    assert depth.min() >= 0
    assert depth.max() > depth.min()


def test_a_moved_camera_is_an_exact_motion_for_the_measure():
    world, camera = poster.draw(Scene("house", "meadow", "day", "plain"), random.Random(2)), Camera()
    frames = []
    for _ in range(10):
        frames.append(world.drawing.picture(camera))
        camera = camera.moved(angle=following.TURN)
    assert following.followed(frames, "turn") == pytest.approx(1, abs=0.15)


def test_a_film_that_stands_still_follows_nothing():
    picture = poster.draw(Scene("owl", "forest", "day", "plain"), random.Random(2)).drawing.picture()
    assert [round(following.followed([picture] * 8, motion), 2) for motion in following.MOTIONS] == [0, 0, 0, 0]


def test_a_calm_world_has_few_lands_and_a_full_one_no_two_alike():
    def num_lands(variety):
        r = random.Random(1)
        drawings = [poster.draw(Scene(None, "sea", "day", "plain"), r, variety).drawing for _ in range(30)]
        return len({drawing.picture(side=32).tobytes() for drawing in drawings})

    assert num_lands(poster.CALM) == poster.CALM.lands
    assert num_lands(poster.FULL) == 30


def test_a_calm_film_stays_near_the_usual_camera():
    world, r = poster.draw(Scene("house", "meadow", "day", "plain"), random.Random(2)), random.Random(3)
    scales = [[poster.view(world, r, 32, variety).scale for _ in range(40)] for variety in (poster.CALM, poster.FULL)]
    mild, wild = (sum(not 0.5 < scale < 1.9 for scale in each) for each in scales)
    assert mild < 0.15 * 40 < wild
