"""Pictures that ControlNets lead, held to diffusers' pipelines: the same latents and hint become the same latents."""

from itertools import chain, repeat

import pytest
import torch
from tests import controlnets, families

from dreamreel.diffusion.calls import Cond, Control
from dreamreel.diffusion.denoiser import Guidance, Span
from dreamreel.diffusion.sampling import SAMPLERS, Start
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.backend import Backend
from dreamreel.engine.checkpoint import Checkpoint
from dreamreel.engine.drive import drive
from dreamreel.engine.network import Only
from dreamreel.models.adapters.controlnet_library import controlnets_in
from dreamreel.models.adapters.controlnets import load_controlnet
from dreamreel.models.diffusers_dir import load_diffusers_dir

CPU, FLOAT = torch.device("cpu"), torch.float32
PROMPT = "a red fox in a snowy forest at night"
BOUND = 5e-5  # of the largest number: the two sum up in other orders
STEPS = 5


class Read:
    """Where a checkpoint finds them."""

    def __init__(self, folder):
        files = controlnets_in(str(folder)).files
        self._read = {name: load_controlnet(each, [], CPU, FLOAT) for name, each in files.items()}

    def get(self, name):
        return self._read[name]

    def refresh(self, names):
        pass


@pytest.fixture(scope="module", params=["sd1", "sd2", "sdxl"])
def model(request, tmp_path_factory):
    """(family, diffusers' pipeline, two of its ControlNets, our backend and bundle)."""
    place = tmp_path_factory.mktemp("model")
    made = families.pipeline(request.param, families.configuration(request.param, place / "configuration"))
    made.save_pretrained(place / "folder")
    (place / "controlnets").mkdir()
    nets = {name: controlnets.of_unet(made.unet, seed) for seed, name in enumerate(("canny", "tile"))}
    for name, net in nets.items():
        controlnets.write(place / "controlnets" / name, net, "folder")
    bundle = load_diffusers_dir(place / "folder", "m", CPU, FLOAT)
    backend = Backend(Only(Checkpoint(bundle, controlnets=Read(place / "controlnets"))))
    return request.param, made, nets, bundle, backend


def hint(seed):
    return torch.rand((1, 3, 64, 64), generator=torch.Generator().manual_seed(seed))


def theirs(family, made, nets, units, noise, scale):
    from diffusers import StableDiffusionControlNetPipeline, StableDiffusionXLControlNetPipeline

    kind = StableDiffusionXLControlNetPipeline if family == "sdxl" else StableDiffusionControlNetPipeline
    parts = {name: part for name, part in made.components.items() if name not in ("image_encoder", "feature_extractor")}
    more = {"feature_extractor": None} if family == "sdxl" else {"feature_extractor": None, "safety_checker": None}
    if family == "sdxl":
        more["add_watermarker"] = False
    else:
        more["requires_safety_checker"] = False
    pipe = kind(**{**parts, **more}, controlnet=[nets[name] for name, *_ in units])
    pipe.set_progress_bar_config(disable=True)
    names, weights, starts, ends = zip(*units, strict=True)
    return pipe(
        PROMPT,
        image=[hint(idx) for idx, _ in enumerate(names)],
        height=64,
        width=64,
        num_inference_steps=STEPS,
        guidance_scale=scale,
        latents=noise,
        controlnet_conditioning_scale=list(weights),
        control_guidance_start=list(starts),
        control_guidance_end=list(ends),
        output_type="latent",
        return_dict=False,
    )[0]


def ours(bundle, backend, units, noise, scale):
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod, prediction=bundle.facts.prediction)
    with torch.inference_mode():
        conds = tuple(Cond(bundle.embed([prompt])) for prompt in ("", PROMPT))
    spans = tuple(
        Span(Control(name, hint(idx), weight), start, end) for idx, (name, weight, start, end) in enumerate(units)
    )
    normals = chain((noise,), repeat(None))
    start = Start(noise, True, STEPS, STEPS)
    guidance = Guidance(conds, (scale,), spans=spans)
    return drive(SAMPLERS["euler"].run(start, schedule, guidance, lambda: next(normals)), backend)


@pytest.mark.parametrize(
    ("units", "scale"),
    [
        ([("canny", 1.0, 0.0, 1.0)], 7.0),
        ([("canny", 0.5, 0.0, 1.0)], 1.0),
        ([("canny", 1.0, 0.2, 0.8)], 7.0),
        ([("canny", 0.5, 0.0, 0.6), ("tile", 0.9, 0.4, 1.0)], 7.0),
    ],
)
def test_the_same_latents_and_hints_become_those_that_diffusers_draws(model, units, scale):
    family, made, nets, bundle, backend = model
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(3))
    drawn, expected = ours(bundle, backend, units, noise, scale), theirs(family, made, nets, units, noise, scale)
    assert float((drawn - expected).abs().max()) <= BOUND * float(expected.abs().max())
    without = ours(bundle, backend, [], noise, scale)
    assert float((drawn - without).abs().max()) > 100 * BOUND * float(expected.abs().max())
