"""Each family, what its network predicts, and each kind of sampler, held to diffusers' own pipelines and schedulers.

Random weights, float32. The bound is a share of the largest number: the two sum up in other orders.
"""

from itertools import chain, repeat

import pytest
import torch
from safetensors.torch import save_file
from tests import families, loras

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance
from dreamreel.diffusion.sampling import SAMPLERS, Start
from dreamreel.diffusion.sigmas import NoiseSchedule
from dreamreel.engine.checkpoint import backend_of
from dreamreel.engine.drive import drive
from dreamreel.models.adapters.embeddings import embeddings_in
from dreamreel.models.adapters.loaded import Counted
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.recognise import recognise
from dreamreel.models.single_file import load_single_file

CPU, FLOAT = torch.device("cpu"), torch.float32
PROMPT = "a red fox in a snowy forest at night"
BOUND = 5e-5
BOUND_FROM_NO_SIGNAL = 2e-4  # the first step begins at sigma 4096, whose float32s are that coarse
STEPS = 5
WORD, STRENGTH, STRENGTH_OF_TEXT = "sksfox", 0.8, 0.3
V = {"prediction_type": "v_prediction"}
KINDS = {
    "sd1": ("sd1", {}),
    "sd1 v": ("sd1", V),
    "sd2 base": ("sd2", {}),
    "sd2 v": ("sd2", V),
    "sdxl": ("sdxl", {}),
    "sdxl v": ("sdxl", V),
    "sdxl v, zero SNR": ("sdxl", {**V, "rescale_betas_zero_snr": True}),
}
SIGMAS = {"timestep_spacing": "linspace"}
# diffusers' scheduler for each of ours. Not here: dpm2, whose levels between two steps are others there, and klms,
# for which diffusers wants scipy; its coefficients are held to the last bit by tests/parity.
SCHEDULERS = {
    "euler": ("EulerDiscreteScheduler", SIGMAS),
    "euler_ancestral": ("EulerAncestralDiscreteScheduler", SIGMAS),
    "heun": ("HeunDiscreteScheduler", SIGMAS),
    "ddim": ("DDIMScheduler", {"steps_offset": 1, "set_alpha_to_one": False, "clip_sample": False}),
}
HAVE_ZERO_SNR = ("euler", "ddim")


@pytest.fixture(scope="module", params=KINDS)
def model(request, tmp_path_factory):
    """(family, what its scheduler says, diffusers' pipeline, our bundle of its folder)."""
    family, said = KINDS[request.param]
    place = tmp_path_factory.mktemp("model")
    made = families.pipeline(family, families.configuration(family, place / "configuration"), **said)
    made.save_pretrained(place / "folder")
    return family, said, made, load_diffusers_dir(place / "folder", "m", CPU, FLOAT)


def ours(bundle, name, noise, scale, steps=STEPS, prompt=PROMPT):
    """What the sampler of that name makes of the noise."""
    schedule = NoiseSchedule(bundle.facts.alphas_cumprod, prediction=bundle.facts.prediction)
    with torch.inference_mode():
        guidance = Guidance(tuple(Cond(bundle.embed([text])) for text in ("", prompt)), (scale,))
    later = torch.Generator().manual_seed(4)
    first = () if name == "ddim" else (noise,)
    normals = chain(first, (torch.randn(noise.shape, generator=later) for _ in repeat(None)))
    start = Start(noise, True, steps, steps)
    return drive(SAMPLERS[name].run(start, schedule, guidance, lambda: next(normals)), backend_of(bundle))


def theirs(made, said, name, noise, scale, steps=STEPS, prompt=PROMPT):
    import diffusers

    kind, options = SCHEDULERS[name]
    if "rescale_betas_zero_snr" in said and name == "ddim":
        options = {**options, "timestep_spacing": "trailing"}
    made.scheduler = getattr(diffusers, kind)(**families.LEVELS, **options, **said)
    height, width = (8 * side for side in noise.shape[2:])
    return made(
        prompt, height=height, width=width, num_inference_steps=steps, guidance_scale=scale, latents=noise,
        generator=torch.Generator().manual_seed(4), output_type="latent", return_dict=False,
    )[0]  # fmt: skip


@pytest.mark.parametrize("scale", [1.0, 7.0])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_same_latents_become_those_that_diffusers_draws(model, name, scale):
    _, said, made, bundle = model
    if "rescale_betas_zero_snr" in said and name not in HAVE_ZERO_SNR:
        pytest.skip(f"diffusers' {SCHEDULERS[name][0]} knows no zero terminal SNR")
    noise = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(3))
    drawn, expected = ours(bundle, name, noise, scale), theirs(made, said, name, noise, scale)
    bound = BOUND_FROM_NO_SIGNAL if "rescale_betas_zero_snr" in said else BOUND
    assert float((drawn - expected).abs().max()) <= bound * float(expected.abs().max())


@torch.inference_mode()
def test_prompts_are_read_as_diffusers_reads_them(model):
    family, _, made, bundle = model
    tokens, empty, *_ = (
        made.encode_prompt(PROMPT, CPU, num_images_per_prompt=1, do_classifier_free_guidance=True)
        if (family != "sdxl")
        else made.encode_prompt(PROMPT, device=CPU, do_classifier_free_guidance=True)
    )
    for prompt, expected in ((PROMPT, tokens), ("", empty)):
        assert torch.equal(bundle.modules.texts.split(bundle.embed([prompt]))[0], expected)


def test_a_single_file_loads_to_the_same_weights_as_the_folder(model, tmp_path):
    family, said, made, bundle = model
    path = tmp_path / "m.safetensors"
    marks = {"v_pred": "prediction_type", "ztsnr": "rescale_betas_zero_snr"}
    empty = {mark: torch.zeros(0) for mark, key in marks.items() if key in said}
    save_file({**families.ldm_tensors(family, made), **empty}, path)
    found = load_single_file(path, "m", CPU, FLOAT, families.configuration(family, tmp_path / "configuration"))
    for part in ("unet", "vae", "text_encoder", *(["second_text_encoder"] if family == "sdxl" else [])):
        same, expected = getattr(found.modules, part).state_dict(), getattr(bundle.modules, part).state_dict()
        assert list(same) == list(expected)
        for key, value in same.items():
            assert torch.equal(value, expected[key]), key
    with torch.inference_mode():
        assert torch.equal(found.embed([PROMPT, ""]), bundle.embed([PROMPT, ""]))
    assert (found.facts.prediction, list(found.facts.alphas_cumprod)) == (
        bundle.facts.prediction, list(bundle.facts.alphas_cumprod),
    )  # fmt: skip


def learned_by(made, family, vectors):
    """Has diffusers' pipeline read the word WORD as one vector for each text encoder."""
    made.load_textual_inversion({WORD: vectors["clip_l"]}, token=WORD)
    if family == "sdxl":
        second = {"text_encoder": made.text_encoder_2, "tokenizer": made.tokenizer_2}
        made.load_textual_inversion({WORD: vectors["clip_g"]}, token=WORD, **second)
        # Else it takes the token with the highest number for the end of the text, which is now the word.
        made.text_encoder_2.text_model.eos_token_id = 49407


# The last test of a model: it changes the pipeline.
def test_with_a_lora_and_an_embedding_the_same_latents_become_those_that_diffusers_draws(model, tmp_path):
    family, said, made, bundle = model
    (tmp_path / "words").mkdir()
    numbers = torch.Generator().manual_seed(5)
    vectors = {name: 0.02 * torch.randn((1, 32), generator=numbers) for name in ("clip_l", "clip_g")}
    kept = vectors if family == "sdxl" else {"emb_params": vectors["clip_l"]}
    save_file(kept, tmp_path / "words" / f"{WORD}.safetensors")
    networks, first = bundle.modules.adaptable, "te1" if family == "sdxl" else "te"
    added = loras.write(tmp_path / "l.safetensors", networks, "kohya", only="attn", seed=6, first=first)
    found = bundle.merged([Counted(bundle.read_lora(tmp_path / "l.safetensors"), STRENGTH, STRENGTH_OF_TEXT)])
    found.learn(list(embeddings_in(str(tmp_path / "words")).files.values()))
    learned_by(made, family, vectors)
    for part, differences in added.items():
        network, strength = getattr(made, part), STRENGTH if part == "unet" else STRENGTH_OF_TEXT
        network = getattr(network, "text_model", network)
        for path, difference in differences.items():
            network.get_submodule(path).weight += strength * difference.float()
    noise, prompt = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(3)), f"a {WORD} in a forest"
    bound = BOUND_FROM_NO_SIGNAL if "rescale_betas_zero_snr" in said else BOUND
    plain = ours(bundle, "euler", noise, 7.0)
    for scale in (1.0, 7.0):
        drawn = ours(found, "euler", noise, scale, prompt=prompt)
        expected = theirs(made, said, "euler", noise, scale, prompt=prompt)
        assert float((drawn - expected).abs().max()) <= bound * float(expected.abs().max())
        assert float((drawn - plain).abs().max()) > 100 * bound * float(expected.abs().max())


def test_a_file_of_sd_2_that_says_nothing_is_asked_what_it_predicts(tmp_path):
    made = families.pipeline("sd2", families.configuration("sd2", tmp_path / "configuration"))
    path = tmp_path / "m.safetensors"
    made.unet.conv_out.bias += 0.5  # about what it is shown: the noise
    save_file(families.ldm_tensors("sd2", made), path)
    assert (recognise(path).kind, recognise(path).can_draw) == ("sd2", True)
    assert load_single_file(path, "m", CPU, FLOAT, tmp_path / "configuration").facts.prediction == "epsilon"
    made.unet.conv_out.bias -= 1.5  # turned round
    save_file(families.ldm_tensors("sd2", made), path)
    assert load_single_file(path, "m", CPU, FLOAT, tmp_path / "configuration").facts.prediction == "v_prediction"
    path.with_suffix(".yaml").write_text('parameterization: "eps"')
    assert load_single_file(path, "m", CPU, FLOAT, tmp_path / "configuration").facts.prediction == "epsilon"
