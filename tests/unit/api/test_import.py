"""`POST /import`: a file itself as a body, a request as the answer."""

import json
import time

import pytest
from tests.unit.importers.corpus import extension, manifest, settings_files

from dreamreel.animation.views import ANIMATE
from dreamreel.importers.reading import MOST_BYTES, MOST_SIGNS
from dreamreel.video.provenance import append_manifest


def sent(client, content, **headers):
    return client.post("/v1/import", content=content, headers=headers)


@pytest.mark.parametrize("content_type", [None, "application/json", "text/plain", "application/octet-stream"])
def test_a_settings_file_becomes_a_request_that_validates(client, content_type):
    headers = {"content-type": content_type} if content_type else {}
    answer = sent(client, settings_files()["UTF-16"], **headers)
    assert answer.status_code == 200
    document = answer.json()
    assert (document["kind"], document["unsupported"]) == ("settings of the A1111 extension", {})
    assert document["model"] == ANIMATE.name
    checked = client.post("/v1/validate", json={"input": document["input"], "version": ANIMATE.version})
    assert checked.status_code == 200, checked.text


def test_a_film_is_a_request(client, tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom\0\0\0\0isomiso2")
    given = {"zoom": "0: (1.1)", "max_frames": 9, "seed": 3}
    append_manifest(path, {"input": given, "model": "builtin", "width": 256, "height": 256, "steps": 8})
    document = sent(client, path.read_bytes()).json()
    assert (document["kind"], document["used"]["zoom"]) == ("the manifest of a film", "zoom")
    assert {name: document["input"][name] for name in given} == given


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (b'{"init_image": "C:\\Users"}', 422, 'write \\"\\\\\\\\\\" for a backslash'),
        (b"", 422, "it is empty"),
        (b"\x89PNG....", 422, "is not JSON"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", 422, "does not say what it was made from"),
        (b"[" * 200_000, 422, "too deep"),
        (b"[0" + b",0" * MOST_SIGNS + b"]", 422, "holds more than"),
        (json.dumps(dict.fromkeys(map(str, range(20_000)))).encode(), 422, "keys; 5000 are the most"),
        (b" " * (MOST_BYTES + 1), 413, "less than 8MB in size of a file to import"),
    ],
    ids=["backslash", "empty", "png", "mp4", "deep", "many", "keys", "large"],
)
def test_what_cannot_be_imported_is_refused_in_a_sentence(client, content, status, words):
    answer = sent(client, content)
    assert answer.status_code == status
    assert words in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "document",
    [
        extension(zoom="1" * 250_000 + "x", angle=":" * 200_000, angle_=") " * 100_000),
        extension(prompts={str(number): "a" for number in range(4000)}),
        extension(prompts={"0": [[["a"]]], "1": "`" * 100_000}),
        extension(animation_mode=[0] * 200_000),
        extension(prompts=json.loads("[" * 300 + "]" * 300)),
        extension(init_images="x" * 1_000_000, mask_schedule="0:" * 100_000, use_mask=True),
    ],
    ids=["digits", "prompts", "nested", "long list", "deep", "long texts"],
)
def test_hostile_files_end_soon(client, document):
    started = time.process_time()
    answer = sent(client, json.dumps(document).encode())
    assert answer.status_code in (200, 422)
    assert time.process_time() - started < 5


def test_a_manifest_of_ten_thousand_frames_is_read(client):
    written = manifest(10_000)
    written["rendered_frames"] = [{"frame": entry["frame"], "zoom_delta": 1.01} for entry in written["rendered_frames"]]
    document = sent(client, json.dumps(written).encode()).json()
    assert document["input"]["zoom"] == "0: (1.01)"
    assert document["changed"]["rendered_frames"] == "10000 is cut to 1000, the most there is"


def test_what_a_file_holds_beside_settings_is_bounded_wherever_it_stands(client):
    """Names that do not exist, wrapped in an `input`; prompts without number; keys that are formulas."""
    inner = json.dumps({"version": "x", "input": {f"zoom_{idx}": 1 for idx in range(6000)}}).encode()
    assert "keys; 5000 are the most" in sent(client, inner).text
    for prompts, sentence in (
        ({f"max_f-{idx}": "a" for idx in range(1001)}, "more than 1000 formulas as keys"),
        ({str(idx): "a" for idx in range(10_001)}, "has more than 10000 prompts"),
        (["a"] * 10_001, "has more than 10000 prompts"),
    ):
        answer = sent(client, json.dumps(extension(prompts=prompts)).encode())
        assert sentence in json.dumps(answer.json()["unsupported"])


def test_names_without_end_get_hints_only_at_first(client):
    given = {f"zoo_{idx}m": 1 for idx in range(4900)}
    lists = sent(client, json.dumps({"zom": 1, **given}).encode()).json()
    assert lists["inert"]["zom"] == "there is no such input; did you mean zoom?"
    started = time.process_time()
    sent(client, json.dumps(given).encode())
    assert time.process_time() - started < 1.0
