"""What a model cannot take of a prompt is known without its weights, and without the libraries that load them."""

import random
import shutil
import subprocess
import sys

import pytest

from dreamreel.models import catalog
from dreamreel.models.prompt_reader import load_prompt_reader
from dreamreel.models.tokenizer import load_tokenizer


def remarks(prompt, model="builtin"):
    return list(load_prompt_reader(catalog.locate(model).path).remarks(prompt))


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("лиса в лесу", '"лиса", "в", "лесу"'),
        ("赤い城、夜", '"赤い城", "夜"'),
        ("हिन्दी", '"हिन्दी"'),
        ("a 🦊 in the snow ❤️", '"🦊", "❤️"'),
        ("a 👨‍👩‍👧", '"👨‍👩‍👧"'),
        ("un café", '"un", "café"'),
        ("a fox, 8k, 1girl", '"8k", "1girl"'),
        ("FOX zzyzx", '"zzyzx"'),
    ],
)
def test_unknown_words_of_any_script_are_named_as_written(prompt, named):
    assert remarks(prompt)[0] == f"the model was not trained on {named}"


@pytest.mark.parametrize(
    "prompt",
    ["a red fox", "A Red Fox's forest, 2022", "the castle’s sea", "(a fox), [a castle]!", "", "a fox — a castle…"],
)
def test_known_words_numbers_and_marks_are_not_named(prompt):
    assert remarks(prompt) == []


def test_what_is_cut_off_is_shown_as_it_was_written():
    assert remarks("a red fox in a snowy forest, " * 3 + "BY the Sea")[-1] == (
        'the text encoder takes 24 tokens; cut off: "forest, BY the Sea"'
    )


def test_a_checkpoint_file_reads_prompts_as_stable_diffusion_does(tmp_path):
    reader = load_prompt_reader(tmp_path / "model.safetensors")
    assert list(reader.remarks("word " * 75)) == []
    assert list(reader.remarks("word " * 76)) == ['the text encoder takes 77 tokens; cut off: "word"']


@pytest.mark.parametrize("model", ["builtin", "tiny-sd"])
def test_tokens_are_those_of_transformers(model):
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    folder = catalog.locate(model).path / "tokenizer"
    theirs, ours = CLIPTokenizer.from_pretrained(folder, local_files_only=True), load_tokenizer(folder)
    words = "a Fox's don't, лиса 赤い城 🦊 it’s 8k !!! (x:1.2) <|endoftext|> é e\u0301 \n हिन्दी".split(" ")  # noqa: SIM905
    draw = random.Random(1)
    for _ in range(100):
        text = " ".join(draw.choices(words, k=draw.randint(0, 40)))
        assert ours.ids(text) == theirs(text, truncation=False, verbose=False).input_ids, text


def test_models_share_a_tokenizer_of_the_same_files_and_one_that_changed_is_read_anew(tmp_path):
    folder = shutil.copytree(catalog.locate("tiny-sd").path / "tokenizer", tmp_path / "tokenizer")
    (tmp_path / "link").symlink_to(folder)
    first = load_tokenizer(folder)
    assert load_tokenizer(tmp_path / "link") is first
    assert load_tokenizer(folder, limit=10) is not first
    assert load_tokenizer(folder, pad_with="!") is not first
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 20}')
    assert (first.limit, load_tokenizer(folder).limit) == (77, 20)


def test_check_loads_no_library_of_networks():
    program = (
        "import sys\nfrom dreamreel.cli.main import app\n"
        "app(['check', '-p', 'лиса', '-n', '3'], standalone_mode=False)\n"
        "print([name for name in ('torch', 'diffusers', 'transformers') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    assert 'the model was not trained on "лиса"' in ran.stderr
