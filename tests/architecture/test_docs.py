"""Documentation is complete: what exists is described, and what is described exists."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from fastapi import FastAPI

from dreamreel.animation.fields import FIELDS
from dreamreel.cli.commands import SENTENCES, load
from dreamreel.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
COMMANDS = {name: load(name) for name in SENTENCES}


def text(name):
    return (DOCS / name).read_text("utf-8")


def is_named(flag, document):
    """Whether a flag stands there by itself: --no-x and --x-y do not name --x."""
    return re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", document) is not None


def test_every_input_has_a_section():
    sections = re.findall(r"^### (\w+)$", text("inputs.md"), re.MULTILINE)
    assert sorted(sections) == sorted(FIELDS)  # each once; their order there is by what they are for


def test_the_sections_of_a_group_of_inputs_stand_together():
    named = re.findall(r"^### (\w+)$", text("inputs.md"), re.MULTILINE)
    groups = [FIELDS[name].group for name in named]
    assert len([group for group, before in zip(groups, ["", *groups], strict=False) if group != before]) == len(
        set(groups)
    )


def test_every_choice_of_an_input_is_named_in_its_section():
    for name, field in FIELDS.items():
        section = text("inputs.md").split(f"### {name}\n")[1].split("\n#")[0]
        for choice in field.choices:
            assert f"`{choice}`" in section, f"{name}: {choice}"


def test_every_command_has_a_section_and_every_option_is_named():
    for name, command in COMMANDS.items():
        assert f"## dreamreel {name}\n" in text("cli.md")
        for option in (each for each in command.params if each.param_type_name == "option"):
            for flag in option.opts:
                pages = text("cli.md") + text("settings.md")
                assert is_named(flag, pages) or flag.startswith("--help"), f"{name} {flag}"


@pytest.mark.parametrize("group", ["models", "predictions", "token", "webhooks"])
def test_every_subcommand_is_described(group):
    for name in COMMANDS[group].commands:
        assert f"dreamreel {group} {name}" in text("cli.md").replace("\n", " ")


def test_every_setting_is_described_with_its_default():
    rows = dict(re.findall(r"^\| `--([a-z-]+)` \| `DREAMREEL_\w+` \| ([^|]+) \|", text("settings.md"), re.MULTILINE))
    for setting in fields(Settings):
        default = str(setting.default).lower() if isinstance(setting.default, bool) else str(setting.default)
        assert rows[setting.name.replace("_", "-")].strip() == (f"`{default}`" if default else "none"), setting.name
    assert len(rows) == len(fields(Settings))


def test_every_endpoint_is_described():
    for path, operations in documented_paths().items():
        for method in operations:
            assert f"`{method.upper()} {path}`" in text("api.md"), f"{method} {path}"


def documented_paths():
    from dreamreel.api.app import MODULES

    app = FastAPI()
    for module in MODULES:
        app.include_router(module.router)
    return app.openapi()["paths"]


def test_every_environment_variable_of_ours_is_described():
    found = set()
    for path in [*(ROOT / "src").rglob("*.py"), ROOT / "run"]:
        found |= set(re.findall(r"DREAMREEL_[A-Z_]+", path.read_text("utf-8")))
    pages = text("cli.md") + text("settings.md")
    assert found - {"DREAMREEL_"} <= set(re.findall(r"`(DREAMREEL_[A-Z_]+)`", pages))


def test_every_dependency_has_a_sentence():
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = (
        project.split("dependencies = [")[1].split("]")[0]
        + project.split("optional-dependencies]")[1].split("[project.scripts]")[0]
    )
    for name in re.findall(r'"([a-z_-]+)[><]', listed):
        assert re.search(rf"(\| |\*\*|, ){re.escape(name)}( \||\*\*|,)", text("dependencies.md")), name


PAGES = pytest.mark.parametrize("page", [ROOT / "README.md", *sorted(DOCS.glob("*.md"))], ids=lambda page: page.name)


@PAGES
def test_files_of_ours_that_a_page_names_exist(page):
    for name in re.findall(r"`((?:src|tests|bench|deploy|tools|training)/[\w./-]+)`", page.read_text("utf-8")):
        assert (ROOT / name).exists(), f"{page.name}: {name}"


@PAGES
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
