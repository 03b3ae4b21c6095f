import json
import shutil

import pytest
import torch
from safetensors.torch import save_file
from tests import checkpoints, tiny

from dreamreel.diffusion.calls import Cond
from dreamreel.diffusion.denoiser import Guidance, predicted_at
from dreamreel.errors import ModelError
from dreamreel.models import catalog
from dreamreel.models.diffusers_dir import load_diffusers_dir
from dreamreel.models.digest import weights_digest
from dreamreel.models.parameterization import scheduler_changes
from dreamreel.models.single_file import load_single_file
from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup

CPU, FLOAT = torch.device("cpu"), torch.float32
EMPTY = torch.zeros(0)
COMPVIS = 'model:\n  target: ldm.models.diffusion.ddpm.LatentDiffusion\n  params:\n    parameterization: "{}"\n'
SGM = (
    "model:\n  params:\n    denoiser_config:\n      params:\n        scaling_config:\n"
    "          target: sgm.modules.diffusionmodules.denoiser_scaling.{}\n"
)
EPSILON, V = {"prediction_type": "epsilon"}, {"prediction_type": "v_prediction"}
ZERO_SNR = {**V, "rescale_betas_zero_snr": True}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """(configuration folder, tensors under CompVis' names) of a small SD 1.x."""
    folder = checkpoints.configuration(tmp_path_factory.mktemp("small"))
    return folder, checkpoints.ldm_tensors(*checkpoints.networks(folder))


@pytest.mark.parametrize(
    ("keys", "header", "changes"),
    [
        ([], {}, {}),
        (["v_pred"], {}, V),
        (["ztsnr"], {}, ZERO_SNR),
        (["v_pred", "ztsnr"], {}, ZERO_SNR),
        ([], {"modelspec.prediction_type": "v"}, V),
        ([], {"modelspec.prediction_type": "V-Prediction"}, V),
        ([], {"modelspec.prediction_type": "epsilon"}, EPSILON),
        ([], {"modelspec.architecture": "stable-diffusion-v2-768-v"}, V),
        ([], {"modelspec.architecture": "stable-diffusion-v2-512/lora"}, EPSILON),
    ],
)
def test_keys_and_header_say_what_a_file_predicts(tmp_path, keys, header, changes):
    assert scheduler_changes(tmp_path / "m.safetensors", keys, header) == changes


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (COMPVIS.format("v"), V),
        ("parameterization: v", V),
        (SGM.format("VScaling"), V),
        (SGM.format("EpsScaling"), EPSILON),
        (COMPVIS.format("eps"), {"prediction_type": "epsilon"}),
        (COMPVIS.format("v") + "    linear_start: 0.001\n    timesteps: 500\n",
         {**V, "beta_start": 0.001, "num_train_timesteps": 500}),
        ("", {}),
        ("- a\n- list", {}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["m.yaml", "m.yml", "m.YAML", "model.yaml", "model.YML"])
def test_a_yaml_beside_the_file_says_it_too(tmp_path, name, content, changes):
    (tmp_path / "m.ckpt").touch()
    (tmp_path / name).write_text(content)
    assert scheduler_changes(tmp_path / "m.ckpt", [], {}) == changes


def test_a_model_yaml_that_can_mean_another_file_is_not_taken(tmp_path):
    for name in ("m.ckpt", "n.ckpt"):
        (tmp_path / name).touch()
    (tmp_path / "model.yaml").write_text(COMPVIS.format("v"))
    assert scheduler_changes(tmp_path / "m.ckpt", [], {}) == {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (COMPVIS.format("flow"), "m.yaml: parameterization is 'flow'; it can be eps, v, x0"),
        ("a: [", "m.yaml cannot be read"),
        ("model: {params: {linear_start: -1}}", "linear_start is -1, not a number above 0"),
        ("parameterization: !!python/object/apply:os.system [true]", "m.yaml cannot be read"),
    ],
)
def test_a_yaml_that_says_nonsense_is_refused_by_name(tmp_path, content, sentence):
    (tmp_path / "m.yaml").write_text(content)
    with pytest.raises(ModelError, match=sentence) as caught:
        scheduler_changes(tmp_path / "m.ckpt", [], {})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
@pytest.mark.parametrize(("marks", "last"), [((), False), (("v_pred",), False), (("v_pred", "ztsnr"), True)])
def test_a_marked_file_is_loaded_as_what_it_predicts(small, tmp_path, suffix, marks, last):
    folder, tensors = small
    path, content = tmp_path / f"m{suffix}", {**tensors, **dict.fromkeys(marks, EMPTY)}
    save_file(content, path) if suffix == ".safetensors" else torch.save({"state_dict": content}, path)
    facts = load_single_file(path, "m", CPU, FLOAT, folder).facts
    assert facts.prediction == ("v_prediction" if marks else "epsilon")
    assert (facts.alphas_cumprod[-1] == 0) == last


@pytest.mark.parametrize("name", ["noise-vpred-1.0", "Mix V-Prediction", "x_v_pred"])
def test_a_name_that_says_v_where_nothing_else_does_is_warned_of(small, tmp_path, name, caplog):
    folder, tensors = small
    path = tmp_path / f"{name}.safetensors"
    save_file(tensors, path)
    assert load_single_file(path, "m", CPU, FLOAT, folder).facts.prediction == "epsilon"
    assert f"{name}.yaml beside it with `parameterization: v` says otherwise" in caplog.text
    caplog.clear()
    path.with_suffix(".yaml").write_text("parameterization: v")
    assert load_single_file(path, "m", CPU, FLOAT, folder).facts.prediction == "v_prediction"
    assert caplog.text == ""


def frames(bundle, sampler, num=2):
    animation = prepare({"max_frames": num, "sampler": sampler, "seed": 3}, Setup("tiny-sd", 64, 64, 4, 7, "cpu"))
    animation.bundle = bundle
    return [frame.image for frame in animation]


def test_a_file_is_drawn_as_v_because_of_the_yaml_beside_it(small, tmp_path):
    folder, tensors = small
    path = tmp_path / "m.safetensors"
    save_file(tensors, path)
    eps = frames(load_single_file(path, "m", CPU, FLOAT, folder), "ddim", 1)
    before = weights_digest(catalog.locate(str(path)))
    (tmp_path / "m.yaml").write_text(COMPVIS.format("v"))
    v = frames(load_single_file(path, "m", CPU, FLOAT, folder), "ddim", 1)
    assert (eps[0] != v[0]).any()
    assert weights_digest(catalog.locate(str(path))) != before


@pytest.mark.parametrize("sampler", ["euler", "ddim", "klms", "heun", "dpm2_ancestral"])
def test_a_folder_that_says_v_and_zero_snr_draws_with_every_clock(tmp_path, sampler):
    folder = shutil.copytree(catalog.locate("tiny-sd").path, tmp_path / "v")
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **ZERO_SNR}))
    bundle = load_diffusers_dir(folder, "v", CPU, FLOAT)
    assert bundle.facts.prediction == "v_prediction"
    assert bundle.facts.alphas_cumprod[-1] == 0
    images = frames(bundle, sampler)
    assert all(image.std() > 1 for image in images)  # finite, and no even field


@torch.inference_mode()
def test_a_call_is_computed_alike_by_a_bundle_and_by_hand():
    bundle = tiny.bundle()
    animation = tiny.animation()
    conds = Cond(bundle.embed([""])), Cond(bundle.embed(["a red circle"]))
    x = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(1))
    from dataclasses import replace

    noised = replace(animation.space.schedule, prediction="v_prediction")
    call = predicted_at(noised, Guidance(conds, (3.0,)))(x, 500.0)
    from dreamreel.engine.checkpoint import backend_of

    found = backend_of(bundle).answer(call)
    said = bundle.modules.unet(torch.cat([x, x]), torch.full((2,), 500.0), torch.cat([each.rows for each in conds]))
    alpha = float(noised.alphas_cumprod[500])
    without, prompted = (alpha**0.5 * x - (1 - alpha) ** 0.5 * said).chunk(2)
    assert torch.allclose(found, without + 3.0 * (prompted - without), atol=1e-4)
