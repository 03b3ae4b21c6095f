"""Faster forms that are wrong are not drawn with."""

import logging

import pytest
import torch
from tests import loras

from dreamreel.models.adapters.loaded import Counted
from dreamreel.models.folding import FoldedUpsample
from dreamreel.models.graphs import Graphed
from dreamreel.models.proofs import MOST_KEPT, Named, Proofs, difference
from dreamreel.models.random_models import random_bundle


class Recorder:
    """Records what gives error more than the network."""

    def __init__(self, error):
        self.error, self.after, self.replays = error, 0, 0

    def has_room(self):
        return True

    def record(self, network, inputs):
        def replay():
            self.replays += 1
            return network(*inputs) + self.error

        return replay


@pytest.mark.parametrize(("error", "holds"), [(0.0, True), (1e-5, True), (0.1, False), (float("nan"), False)])
def test_a_recording_that_gives_something_else_is_not_replayed(error, holds, caplog):
    caplog.set_level(logging.INFO)
    recorder, proofs = Recorder(error), Proofs()
    network = Graphed(torch.add, recorder, Named("denoise", proofs, torch.float32))
    for _ in range(3):
        assert torch.allclose(network(torch.ones(2, 3), torch.ones(2, 3)), torch.full((2, 3), 2.0), atol=1e-4)
    assert [proof.holds for proof in proofs] == [holds]
    assert recorder.replays == (4 if holds else 1)
    assert ("so the plain form is used" in caplog.text) == (not holds)
    assert "recorded denoise of 2x3 differs from the plain form by" in caplog.text


def test_a_difference_is_a_share_of_the_largest_number_and_infinite_where_there_is_none():
    plain = torch.tensor([1.0, -4.0])
    assert difference(torch.tensor([1.0, -4.4]), plain) == pytest.approx(0.1)
    assert difference(torch.tensor([1.0, torch.nan]), plain) == float("inf")
    assert difference(torch.zeros(3), plain) == float("inf")


def test_of_each_form_the_worst_proof_is_kept_and_of_forms_a_bounded_number():
    proofs, plain = Proofs(), torch.ones(2)
    for error in (0.0, 0.5, 0.0):
        proofs.holds("form 0", plain + error, plain, torch.float32)
    assert [proof.difference for proof in proofs] == [0.5]
    for number in range(1, 2 * MOST_KEPT):
        proofs.holds(f"form {number}", plain, plain, torch.float32)
    assert [proof.what for proof in proofs] == [f"form {number}" for number in range(MOST_KEPT, 2 * MOST_KEPT)]


@pytest.fixture
def bundle():
    return random_bundle("small", "cpu")


def drawn(bundle):
    with torch.inference_mode():
        return bundle._tried()


def test_forms_that_hold_are_drawn_with_and_are_the_same_to_the_bit_as_before(bundle):
    before = drawn(bundle)
    bundle.prove()
    assert [proof.holds for proof in bundle.proofs] == [True, True]
    assert all(torch.equal(one, other) for one, other in zip(before, drawn(bundle), strict=True))


def test_a_form_that_is_wrong_is_left_for_the_plain_one(bundle, monkeypatch):
    bundle.use_plain()
    plain = drawn(bundle)
    bundle.use_fast()
    real = FoldedUpsample.forward
    monkeypatch.setattr(
        FoldedUpsample, "forward", lambda self, x, size=None: real(self, x, size) + (0.5 if self.is_shown else 0)
    )
    bundle.prove()
    assert not any(proof.holds for proof in bundle.proofs)
    assert all(torch.equal(one, other) for one, other in zip(plain, drawn(bundle), strict=True))


def test_a_model_with_loras_in_its_weights_computes_in_the_form_that_its_own_proof_left(bundle, tmp_path):
    loras.write(tmp_path / "some.safetensors", bundle.modules.adaptable, "kohya", "kohya", only=r"conv_in$")
    counted = [Counted(bundle.read_lora(tmp_path / "some.safetensors"), 0.5, 0.0)]
    bundle.use_plain()
    shown = []
    merged = bundle.merged(counted)
    merged.modules.unet.conv_in.register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0]))
    scales, cond = torch.tensor([[0.0, 1.0, 1.0, 500.0]]), bundle.embed(["a fox"])
    with torch.inference_mode():
        merged.denoise(torch.randn(1, 4, 16, 16), scales, cond)
    assert [each.is_contiguous() for each in shown] == [True]
