"""The training's generator and measures; they need the training extra."""

import random

import numpy as np
import pytest
import torch
from torch import nn
from torch.multiprocessing.spawn import spawn

pytest.importorskip("skia")

from training import following, poster
from training.camera import USUAL, Camera
from training.grammar import NAMES, PLACES, SHARES, Scene
from training.loops import OLDEST, Films
from training.pool import VIEWS, Pool
from training.runs import share_means, side_by_side
from training.train import ALPHAS_CUMPROD, COMPOSED, FILM, moved_share
from training.unseen import unseen


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


def test_calm_heroes_of_one_kind_stand_at_the_same_spot_whatever_the_land():
    r = random.Random(4)
    worlds = [poster.draw(Scene("fox", place, "day", "plain"), r, poster.CALM) for place in PLACES[:-1] * 4]
    stands = np.array([(world.heroes[-1].x, world.heroes[-1].foot, world.heroes[-1].size) for world in worlds])
    assert np.ptp(stands, axis=0).max() < 0.05


def test_figures_are_where_a_picture_with_the_hero_differs_from_one_without():
    scenes = (Scene(subject, "meadow", "day", "plain") for subject in ("fox", None))
    fox, land = (poster.draw(scene, random.Random(3)).drawing for scene in scenes)
    differs = np.abs(fox.picture(side=64).astype(int) - land.picture(side=64)).max(2) > 20
    shown = fox.figures(side=64) > 128
    assert (shown & differs).sum() > 0.8 * shown.sum()
    assert not land.figures(side=64).any()


def test_heroes_come_into_the_pool_as_often_as_their_shares():
    pool = Pool(1, variety=poster.CALM)
    pool.grow(sum(SHARES.values()))
    assert {subject: len(shelf.examples) for subject, shelf in pool.usual.items()} == SHARES
    assert sum(len(shelf.examples) for shelf in pool.moved.values()) == VIEWS * pool.num
    latents, figures, scenes = pool.batch([0.0] * pool.num)
    assert latents.shape[1:] == (12, 16, 16)
    assert figures.shape == (pool.num, 1, 16, 16)
    assert sum(scene.subject == "fox" for scene in scenes) == SHARES["fox"]


def test_moved_cameras_are_anywhere_so_that_no_film_is_pulled_back_to_the_usual_one():
    world, r = poster.draw(Scene("house", "meadow", "day", "plain"), random.Random(2)), random.Random(3)
    cameras = [poster.view(world, r, 32) for _ in range(80)]
    assert sum(abs(camera.angle) > 16 for camera in cameras) > 40
    assert min(sum(camera.scale < 0.7 for camera in cameras), sum(camera.scale > 1.4 for camera in cameras)) > 10
    assert all(moved_share(time) == 1 for time in (0, FILM))
    assert moved_share(COMPOSED) == 0


def filled(films, num):
    """What num films are drawn over, what is right, and the films."""
    latents, scenes = torch.zeros(num, 12, 16, 16), [Scene(None, "sea", "day", "plain")] * num
    given, taken = films.fill(latents, torch.zeros(num, 1, 16, 16), scenes, num)
    return given, latents, taken


def test_a_film_is_drawn_over_its_last_frame_moved_as_the_camera_moved():
    pool = Pool(3, variety=poster.CALM)
    films = Films(pool, 12)
    given, right, taken = filled(films, 12)
    for film, moved, truth in zip(taken, given, right, strict=True):
        if film.changed:
            continue
        film.zoom, film.angle, film.right = 1 / film.zoom, -film.angle, -film.right
        stayed = films._moved(film)
        inside = (slice(None), slice(2, -2), slice(2, -2))  # the border has no more to show
        assert (moved - truth)[inside].square().mean() <= 0.6 * (stayed - truth)[inside].square().mean() + 1e-3


def test_where_a_prompt_changes_another_scene_is_right_from_the_same_camera():
    films, num_changed = Films(Pool(5, variety=poster.CALM), 12), 0
    for _ in range(12):
        before = {id(film): (film.world, film.camera) for film in films.films}
        given, right, taken = filled(films, 6)
        for film, moved, truth in zip(taken, given, right, strict=True):
            world, camera = before.get(id(film), (film.world, film.camera))
            if film.changed and world is not film.world:
                num_changed += 1
                assert film.camera == camera.moved(film.zoom, film.angle, film.right)
                assert (moved - truth).square().mean() > 0.01
        films.put(taken, given)
    assert num_changed > 3


def test_films_end_and_others_begin():
    films = Films(Pool(3, variety=poster.CALM), 4)
    ages = []
    for _ in range(3 * OLDEST):
        given, _, taken = filled(films, 2)
        films.put(taken, given)
        ages += [film.age for film in taken]
    assert 1 < max(ages) <= OLDEST
    assert ages.count(1) > 2 * 4


def test_processes_side_by_side_go_on_from_the_mean_of_their_weights_and_stop_together(tmp_path):
    spawn(_one_of_two, (f"file://{tmp_path}/meeting",), 2)


def _one_of_two(rank, meeting):
    weights = [nn.Parameter(torch.full((2, 3), float(rank))), nn.Parameter(torch.full((4,), 3.0 - rank))]
    with side_by_side(meeting, rank, 2):
        assert share_means(weights, goes_on=True)
        assert torch.equal(weights[0].data, torch.full((2, 3), 0.5))
        assert torch.equal(weights[1].data, torch.full((4,), 2.5))
        assert not share_means(weights, goes_on=rank == 0)


def test_the_error_on_unseen_pictures_is_nought_for_a_network_that_knows_them():
    class Knowing(nn.Module):
        def forward(self, x, times, _cond):
            alpha = ALPHAS_CUMPROD[times].view(-1, 1, 1, 1)
            return (alpha.sqrt() * x - others.latents) / (1 - alpha).sqrt()

    others = unseen(Captions(), poster.CALM, 0.5, (COMPOSED, 1000), num=6)
    again = unseen(Captions(), poster.CALM, 0.5, (COMPOSED, 1000), num=6)
    assert torch.equal(others.latents, again.latents)
    assert int(others.times.min()) >= COMPOSED
    assert others.error(Knowing(), ALPHAS_CUMPROD, "cpu") == pytest.approx(0, abs=1e-6)
    assert others.error(Zero(), ALPHAS_CUMPROD, "cpu") > 0.5


class Captions:
    """Conditions of the captions' length only."""

    def embed(self, captions):
        return torch.tensor([[float(len(caption))] for caption in captions])


class Zero(nn.Module):
    def forward(self, x, _times, _cond):
        return torch.zeros_like(x)
