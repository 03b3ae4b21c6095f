import numpy as np
import pytest
from golden_data import animation_arrays, bars, cases, psnr, request_of

from dreamreel.workers.rendering import Setup, prepare


@pytest.fixture(scope="module")
def bundle():
    return animation_of("klms").bundle


def animation_of(name, bundle=None):
    engine = cases()[name]["engine"]
    setup = Setup("tiny-sd", engine["W"], engine["H"], engine["steps"], engine["scale"], "cpu")
    animation = prepare(request_of(name), setup)
    if bundle is not None:
        animation.bundle = bundle
    return animation


@pytest.mark.parametrize("name", cases())
def test_the_plan_has_the_seeds_prompts_steps_and_costs_of_the_original(name):
    plan = animation_of(name).plan
    for idx, golden in enumerate(cases()[name]["frames"]):
        row = plan.frame(idx)
        assert (row.seed, row.prompt, row.strength, row.steps, plan.evaluations[idx], plan.sampler) == (
            golden["seed"],
            golden["prompt"],
            golden["strength"],
            golden["t_enc"],
            golden["unet_calls"],
            golden["sampler_used"],
        )


@pytest.mark.parametrize("name", cases())
def test_running_free_every_frame_reaches_its_bar(name, bundle):
    golden = animation_arrays(name)["frames"]
    for frame in animation_of(name, bundle):
        bar = bars()["free_running_fp32_db"][min(frame.idx, 7)]
        assert psnr(frame.image, golden[frame.idx]) >= bar, f"frame {frame.idx}"


@pytest.mark.parametrize("name", cases())
def test_from_the_golden_frame_before_it_every_frame_reaches_the_stricter_bar(name, bundle):
    golden, animation = animation_arrays(name)["frames"], animation_of(name, bundle)
    for idx in range(1, len(animation)):
        frame = next(animation.frames(animation.state_after(idx - 1, golden[idx - 1], golden[0])))
        assert psnr(frame.image, golden[idx]) >= bars()["teacher_forced_fp32_db"], f"frame {idx}"
        difference = np.abs(frame.image.astype(int) - golden[idx].astype(int)).max()
        assert difference <= bars()["teacher_forced_fp32_max_abs"], f"frame {idx}"


@pytest.mark.parametrize(("precision", "bar"), [("float16", "frame0_fp16_db"), ("bfloat16", "frame0_bf16_db")])
def test_in_half_precision_the_first_frame_still_reaches_its_bar(precision, bar):
    setup = Setup("tiny-sd", 64, 64, 50, 7, "cpu", precision)
    frame = next(iter(prepare(request_of("klms"), setup)))
    assert psnr(frame.image, animation_arrays("klms")["frames"][0]) >= bars()[bar]
