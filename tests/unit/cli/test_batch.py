"""Several films in one command."""

import json
import re
from pathlib import Path

import av
import pytest
from tests.unit.importers.corpus import extension
from typer.testing import CliRunner

from dreamreel.cli.batch import batch_of
from dreamreel.cli.film import Wanted
from dreamreel.cli.main import app
from dreamreel.importers.recognise import import_document
from dreamreel.models import catalog
from dreamreel.video.provenance import read_manifest

SMALL = ["--model", "tiny-sd", "--size", "64x64", "--steps", "1", "--plain"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def render(*arguments):
    return CliRunner().invoke(app, ["render", *SMALL, *map(str, arguments)])


def test_one_film_that_fails_stops_none_and_a_summary_names_it(folder):
    (folder / "old_settings.txt").write_text(json.dumps(extension(sampler="Euler", steps=1)))
    (folder / "broken.txt").write_text('{"W": 512,}')
    inner = folder / "more"
    inner.mkdir()
    (inner / "request.json").write_text(json.dumps({"animation_prompts": "a fox", "sampler": "euler", "seed": 3}))
    (inner / "notes.md").write_text("nothing")
    ran = render("--batch", "old_settings.txt", "broken.txt", "more", "-n", "1", "-o", "{name}-{seed}.mp4")
    assert ran.exit_code == 1
    assert ran.stdout.splitlines() == ["old_settings-7.mp4", "request-3.mp4"]
    assert (folder / "old_settings-7.mp4").exists()
    assert (folder / "request-3.mp4").exists()
    assert "2 of 3 films are finished, 1 failed:" in ran.stderr
    assert re.search(r'  broken.txt: --input: broken.txt is not JSON: .* remove the comma before "}"', ran.stderr)


def test_no_film_of_a_batch_has_the_name_of_another():
    files = [Path("fox-2.txt"), Path("fox.txt"), Path("more/fox.txt"), Path("fox.json")]
    assert [film.name for film in batch_of(files, None, Wanted(Path()))] == ["fox-2", "fox", "fox-3", "fox-4"]


def test_options_win_over_every_file(folder):
    wide = {"animation_prompts": "a fox", "sampler": "euler", "max_frames": 1, "width": 128, "steps": 2}
    wide["model"] = "not/here"
    (folder / "fox.json").write_text(json.dumps(wide))
    assert render("--batch", "fox.json", "--model", "builtin").exit_code == 0
    manifest = read_manifest(folder / "fox.mp4")
    assert manifest["model"] == "builtin"
    assert (manifest["width"], manifest["height"], manifest["steps"]) == (64, 64, 1)
    drawn = import_document(manifest).input
    assert (drawn["width"], drawn["height"], drawn["steps"]) == (64, 64, 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--batch"], "--batch: needs files, such as a.txt b.json folder/"),
        (["a.json"], "FILES: are rendered with --batch; one file is --input FILE"),
        (["--batch", "a.json", "b.json", "-o", "out.mp4"], "out.mp4 is one file for 2 films; write {name} in it"),
        (["--batch", "a.json", "--frames", "frames"], "--batch: draws many films; --frames and --sheet belong to one"),
        (["--batch", "-"], "what comes on stdin is --input -"),
        (["--resume", "-o", "{seed}.mp4"], "{seed} needs a --seed with --resume"),
    ],
)
def test_what_makes_no_batch_is_refused_before_anything_is_drawn(folder, arguments, sentence):
    ran = render(*arguments)
    assert (ran.exit_code, list(folder.iterdir())) == (2, [])
    assert sentence in ran.stderr


def test_a_film_may_be_named_after_its_input_and_its_seed(folder):
    (folder / "fox.json").write_text(json.dumps({"animation_prompts": "a fox", "sampler": "euler", "max_frames": 1}))
    ran = render("-i", "fox.json", "-o", "{name}_{seed}.mp4", "--subtitles", "prompts")
    assert ran.exit_code == 0
    name = re.fullmatch(r"fox_(\d+)\.mp4\n", ran.stdout)
    assert name
    assert json.loads(CliRunner().invoke(app, ["import", f"fox_{name[1]}.mp4"]).stdout)["input"]["seed"] == int(name[1])
    assert (folder / f"fox_{name[1]}.srt").read_text().endswith("00:00:00,066\na fox\n\n")


def test_subtitles_may_be_in_a_copy_of_the_film_which_is_as_it_was(folder):
    wanted = ("-p", "0: a fox | 1: a cät", "-n", "3", "--sampler", "euler", "--seed", "1")
    assert render(*wanted, "-o", "plain.mp4").exit_code == 0
    assert render(*wanted, "-o", "film.mp4", "--subtitles", "prompts", "--embed").exit_code == 0
    assert (folder / "film.mp4").read_bytes() == (folder / "plain.mp4").read_bytes()
    with av.open("film.subtitled.mp4") as copy, av.open("plain.mp4") as plain:
        track = copy.streams.subtitles[0]
        shown = [(packet.pts, bytes(packet)) for packet in copy.demux(track) if packet.size > 2]
        copy.seek(0)
        pictures = [bytes(packet) for packet in copy.demux(video=0)]
        assert pictures == [bytes(packet) for packet in plain.demux(video=0)]
    assert track.codec_context.name == "mov_text"
    assert shown == [(0, b"\x00\x05a fox"), (66, b"\x00\x06" + "a cät".encode())]
    assert read_manifest(folder / "film.subtitled.mp4") == read_manifest(folder / "film.mp4")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--embed"], "say which: params or prompts"),
        (["--embed", "--subtitles", "params", "-o", "a.gif"], "a.gif is not one"),
    ],
)
def test_what_cannot_be_embedded_is_refused_before_anything_is_drawn(folder, arguments, sentence):
    ran = render("-p", "a fox", *arguments)
    assert (ran.exit_code, list(folder.iterdir())) == (2, [])
    assert sentence in ran.stderr


def test_films_of_one_model_load_it_once_and_are_drawn_as_alone(folder, monkeypatch):
    loads = []
    load = catalog.load
    monkeypatch.setattr(catalog, "load", lambda *given: loads.append(given[0].name) or load(*given))
    for name in ("a", "b"):
        film = {"animation_prompts": f"0: {name}", "sampler": "euler", "max_frames": 2, "seed": 1}
        (folder / f"{name}.json").write_text(json.dumps(film))
    assert render("--batch", "a.json", "b.json").exit_code == 0
    assert len(loads) == 1
    assert render("-i", "b.json", "-o", "alone.mp4").exit_code == 0
    assert (folder / "b.mp4").read_bytes() == (folder / "alone.mp4").read_bytes()
