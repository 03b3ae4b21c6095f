"""The bounds that shipped weights must keep."""

import copy

import pytest

pytest.importorskip("skia")

from training import films, gates
from training.grammar import Scene
from training.judge import load_judge

GOOD = {
    "accuracy": {"all": 0.94}, "accuracy_heldout": 0.91, "reconstruction_psnr": 30.0,
    "reconstruction_sharpness": 0.9, "ae_rounds_30": 26.0, "sharpness": 0.8, "kept": 1.0,
    "camera": {"mean": 0.7, "worst": 0.55}, "subject_kept": 0.97, "prompt_change": 1.0,
    "zoom_detail": 0.05, "colour_drift": 0.02, "seconds_per_frame": 0.5, "size_mb": 44.0,
}  # fmt: skip


def with_value(path, value):
    found = copy.deepcopy(GOOD)
    *parts, last = path.split(".")
    place = found
    for part in parts:
        place = place[part]
    place[last] = value
    return found


def test_a_good_model_passes_every_gate():
    assert all(gates.passed(GOOD).values())
    assert gates.report(GOOD) == "every gate holds"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("accuracy.all", 0.92), ("accuracy_heldout", 0.89), ("reconstruction_psnr", 27.0), ("ae_rounds_30", 16.4),
        ("reconstruction_sharpness", 0.5), ("reconstruction_sharpness", 1.3), ("sharpness", 0.32), ("kept", 1.5),
        ("camera.mean", 0.15), ("camera.worst", 0.01), ("subject_kept", 0.5), ("prompt_change", 0.3),
        ("zoom_detail", 0.01), ("colour_drift", 0.1), ("seconds_per_frame", 0.9), ("size_mb", 70.0),
    ],
)  # fmt: skip
def test_one_bad_figure_fails_its_own_gate_and_is_said(path, value):
    found = with_value(path, value)
    assert [name for name, holds in gates.passed(found).items() if not holds] == [path]
    assert f"{path} is {value}" in gates.report(found)


def test_a_film_of_real_pictures_keeps_its_hero_and_one_without_has_lost_it():
    judge, scene = load_judge(), films.LOOPS[0]
    real = films.moved(scene, 6)
    assert films.hero_kept(judge, scene, real) == 1
    assert films.hero_kept(judge, scene, films.moved(Scene(None, "sea", "sunset", "plain"), 6)) == 0
