import subprocess
import sys

import pytest
import torch
from tests import tiny

from dreamreel.processes.local import with_threads
from dreamreel.rendering.setup import Setup
from dreamreel.workers.admission import LEAST_BYTES, choose_slots, free_bytes, noise_bytes, slots_in

GB = 1 << 30


def test_as_many_slots_as_fit_into_four_fifths_of_what_is_free():
    assert slots_in(10 * GB, GB, most=32) == 8
    assert slots_in(100 * GB, GB, most=32) == 32


def test_there_is_one_slot_even_where_nothing_seems_to_fit_and_the_most_where_nobody_says():
    assert (slots_in(0, GB, most=32), slots_in(None, GB, most=32)) == (1, 32)


def test_a_prediction_that_seems_to_need_nothing_is_taken_to_need_something():
    assert slots_in(10 * LEAST_BYTES, 0, most=32) == 8


def test_zero_slots_are_measured_and_others_are_taken_as_they_are():
    setup = Setup("tiny-sd", device="cpu")
    assert 1 <= choose_slots(0, tiny.bundle(), setup) <= 4
    assert choose_slots(7, tiny.bundle(), setup) == 7


def test_what_a_prediction_takes_of_this_machine_grows_with_its_pictures_and_counts_its_encoder():
    # In a process of its own: one that has run other tests has freed memory to give.
    code = (
        "from dreamreel.animation.canvas import Canvas; from dreamreel.workers.admission import host_bytes; "
        "print(*(host_bytes(Canvas(side, side, 4, 7.0)) for side in (1024, 64)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    large, small = map(int, ran.stdout.split())
    pictures = 8 * 1024 * 1024 * 3
    assert pictures + (4 << 20) < large < pictures + (512 << 20)
    assert small < large
    free = free_bytes(None)
    assert free is None or free > 1 << 20


def test_noise_is_counted_as_a_frame_and_the_next_hold_it():
    animation = tiny.animation(max_frames=2)
    drawn = [animation.plan.noise.draw(animation.plan, animation.space, idx) for idx in range(2)]
    held = sum(each.latents.nbytes + (0 if each.sample is None else each.sample.nbytes) for each in drawn)
    assert held <= noise_bytes(animation.plan.canvas, animation.bundle.facts) <= 4 * held


def test_workers_share_the_cores_unless_somebody_chose():
    one, many = with_threads({}, 1), with_threads({}, 1000)
    assert one == {}
    assert many == {"OMP_NUM_THREADS": "1"}
    assert with_threads({"OMP_NUM_THREADS": "3"}, 2) == {"OMP_NUM_THREADS": "3"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_slots_on_cuda_follow_from_the_device():
    from dreamreel.models.random_models import random_bundle

    assert 1 <= choose_slots(0, random_bundle("small", "cuda"), Setup("tiny-sd", 256, 256)) <= 32
