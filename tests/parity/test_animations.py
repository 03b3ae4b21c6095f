import numpy as np
import pytest
from golden_data import animation_arrays, bars, cases, is_like_the_golden_machine, psnr, request_of

from dreamreel.animation.state import State
from dreamreel.animation.stretch import next_stretch
from dreamreel.engine.batcher import Batcher
from dreamreel.engine.checkpoint import backend_of
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup


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
        row, sampling = plan.row(idx), plan.sampling
        found = (row["seed"], row["prompt"], row["strength"], sampling.steps[idx], plan.evaluations[idx])
        assert (*found, sampling.sampler(idx).name) == (
            golden["seed"],
            golden["prompt"],
            golden["strength"],
            golden["t_enc"],
            golden["unet_calls"],
            golden["sampler_used"],
        )


def together(bundle, begun, follow=lambda _key, _state: None, rows=16):
    """The images of each generator of begun, by key, drawn in company; follow: gives the one after a state."""
    batcher, images = Batcher(backend_of(bundle, rows)), {key: [] for key in begun}
    for key, generator in begun.items():
        batcher.add(key, generator)
    while len(batcher):
        for outcome in batcher.step():
            assert outcome.error is None, outcome.key
            images[outcome.key] += [frame.image for frame in outcome.result.frames]
            if (following := follow(outcome.key, outcome.result.state)) is not None:
                batcher.add(outcome.key, following)
    return images


@pytest.fixture(scope="module")
def free(bundle):
    """The frames of each case, drawn from each other."""
    animations = {name: animation_of(name, bundle) for name in cases()}

    def frame_after(name, state):
        made = animations[name]
        return next_stretch(made.plan, made.space, state) if state.next_idx < len(made) else None

    # Of two rows, which is what `render` takes, test_identity.py proves more where it can.
    rows = 16 if is_like_the_golden_machine() else 2
    return together(bundle, {name: frame_after(name, State()) for name in animations}, frame_after, rows)


@pytest.fixture(scope="module")
def forced(bundle):
    """The frames of each case but the first, each drawn from the golden one before it, by name and index."""
    begun = {}
    for name in cases():
        golden, made = animation_arrays(name)["frames"], animation_of(name, bundle)
        for idx in range(1, len(made)):
            state = made.resume(idx, lambda name, golden=golden: golden[name[1]])
            begun[name, idx] = next_stretch(made.plan, made.space, state)
    return {key: images[0] for key, images in together(bundle, begun).items()}


@pytest.mark.parametrize("name", cases())
def test_running_free_every_frame_reaches_its_bar(name, free):
    for idx, (image, golden) in enumerate(zip(free[name], animation_arrays(name)["frames"], strict=True)):
        assert psnr(image, golden) >= bars()["free_running_fp32_db"][min(idx, 7)], f"frame {idx}"


@pytest.mark.parametrize("name", cases())
def test_from_the_golden_frame_before_it_every_frame_reaches_the_stricter_bar(name, forced):
    for idx, golden in enumerate(animation_arrays(name)["frames"][1:], 1):
        image = forced[name, idx]
        assert psnr(image, golden) >= bars()["teacher_forced_fp32_db"], f"frame {idx}"
        difference = np.abs(image.astype(int) - golden.astype(int)).max()
        assert difference <= bars()["teacher_forced_fp32_max_abs"], f"frame {idx}"


@pytest.mark.parametrize(("precision", "bar"), [("float16", "frame0_fp16_db"), ("bfloat16", "frame0_bf16_db")])
def test_in_half_precision_the_first_frame_still_reaches_its_bar(precision, bar):
    setup = Setup("tiny-sd", 64, 64, 50, 7, "cpu", precision)
    frame = next(iter(prepare(request_of("klms"), setup)))
    assert psnr(frame.image, animation_arrays("klms")["frames"][0]) >= bars()[bar]
