import json

import torch
from typer.testing import CliRunner

from dreamreel.cli.main import app
from dreamreel.models import diffusers_bundle
from dreamreel.models.folding import FoldedUpsample


def doctor(*options):
    return CliRunner().invoke(app, ["doctor", "--seconds", "0", *options])


def test_it_says_what_draws_and_what_was_compared_as_json():
    found = doctor("--model", "tiny-sd", "--json")
    assert found.exit_code == 0, found.output
    report = json.loads(found.stdout)
    assert (report["ok"], report["device"], report["precision"]) == (True, "cpu", "float32")
    assert report["machine"]["torch"] == torch.__version__
    assert [path["name"] for path in report["paths"]] == ["plain"]
    assert report["paths"][0]["frames_per_second"] > 0
    assert "1" in report["threads"]


def test_it_compares_each_faster_form_with_the_plain_one_and_measures_each():
    found = doctor("--random", "small", "--size", "64x64")
    assert found.exit_code == 0, found.output
    for said in (
        "ok: folded, channels last UNet",
        "ok: recorded denoise of 1x4x8x8",
        "recorded",
        "frames/s",
        "threads: ",
    ):
        assert said in found.output


def test_a_form_that_is_wrong_ends_with_1_and_says_what_to_do(monkeypatch):
    monkeypatch.setattr(diffusers_bundle, "SMALL", 0)  # no recordings: making them takes seconds
    real = FoldedUpsample.forward
    monkeypatch.setattr(
        FoldedUpsample, "forward", lambda self, x, size=None: real(self, x, size) + (0.5 if self.is_shown else 0)
    )
    found = doctor("--random", "small", "--size", "64x64", "--json")
    assert found.exit_code == 1, found.output
    report = json.loads(found.stdout)
    assert not report["ok"]
    assert [path["name"] for path in report["paths"]] == ["plain"]
    assert any("report this" in sentence for sentence in report["advice"])


def test_a_device_that_is_not_there_is_one_sentence_and_2():
    found = doctor("--device", "cuda:7")
    assert found.exit_code == 2
    assert "error: device cuda:7 is not available here; use auto or cpu" in found.output
    assert doctor("--seconds", "90").exit_code == 2
