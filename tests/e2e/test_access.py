"""Who may do what, and how much of it: tokens, isolation, limits. A server of its own, with tight limits."""

import re
import subprocess
import sys

import pytest
from tests.e2e.server import HTTP, MODEL, VERSION, serving, token_for
from typer.testing import CliRunner

from dreamreel.cli.main import app

LIMITS = ("--require-auth", "--max-unfinished", "2", "--requests-per-minute", "40", "--creates-per-minute", "3")


NAMES = ("anna", "ben", "cleo")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return tmp_path_factory.mktemp("access") / "data"


@pytest.fixture(scope="module")
def tokens(data):
    made = [CliRunner().invoke(app, ["token", "create", "--name", name, "--data", str(data)]) for name in NAMES]
    return [each.stdout.strip() for each in made]


@pytest.fixture(scope="module")
def server(data, tokens):
    with serving(data, *LIMITS, token=tokens[0]) as running:
        yield running


@pytest.fixture(scope="module")
def anna(server):
    """Anna's prediction and her file."""
    file = server.http.post("/v1/files", files={"content": ("a.txt", b"words")}).json()
    return server.cancel(server.create()["id"]), file


def detail(answer):
    return answer.status_code, answer.json()["detail"]


PATHS = f"/predictions /predictions/x /models /models/{MODEL} /files /account /hardware /webhooks/default/secret"


@pytest.mark.parametrize("path", PATHS.split())
def test_without_a_token_nothing_is_told(server, path):
    answer = HTTP.get(f"{server.url}/v1{path}")
    assert detail(answer) == (401, "You did not pass an authentication token")
    assert answer.json()["title"] == "Unauthenticated"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer", "Basic YTpi", "Bearer r8_" + "x" * 37, "Bearer \xff"])
def test_what_is_no_token_opens_nothing(server, header):
    answer = HTTP.get(f"{server.url}/v1/account", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "Token", "TOKEN"])
def test_a_token_comes_under_either_name(server, tokens, scheme):
    answer = HTTP.get(f"{server.url}/v1/account", headers={"Authorization": f"{scheme} {tokens[0]}"})
    assert answer.json()["username"] == "anna"


def test_tokens_look_like_replicates_and_only_their_hashes_are_kept(data, tokens):
    assert all(re.fullmatch(r"r8_\w{37}", token) for token in tokens)
    stored = b"".join(path.read_bytes() for path in data.glob("dreamreel.db*"))
    assert b"anna" in stored
    assert not any(token.encode() in stored for token in tokens)


def test_one_token_sees_nothing_of_anothers(server, tokens, anna):
    prediction, file = anna
    with server.client(tokens[1]) as ben:
        assert ben.get("/v1/predictions").json()["results"] == []
        assert ben.get("/v1/files").json()["results"] == []
        for path in ("", "/frames", "/manifest", "/events"):
            assert ben.get(f"/v1/predictions/{prediction['id']}{path}").status_code == 404
        assert ben.post(f"/v1/predictions/{prediction['id']}/cancel").status_code == 404
        assert ben.get(f"/v1/files/{file['id']}").status_code == 404
        assert ben.delete(f"/v1/files/{file['id']}").status_code == 404
        ours = server.http.get("/v1/webhooks/default/secret").json()
        assert ben.get("/v1/webhooks/default/secret").json() != ours
    assert server.get(prediction["id"])["id"] == prediction["id"]


def test_addresses_that_are_keys_need_no_token(anna):
    prediction, file = anna
    with HTTP.stream("GET", prediction["urls"]["stream"]) as answer:
        assert answer.headers["content-type"].partition(";")[0] == "text/event-stream"
        assert "event: done" in answer.read().decode()
    assert HTTP.get(file["urls"]["get"]).content == b"words"
    assert HTTP.get(file["urls"]["get"].replace("signature=", "signature=x")).status_code == 404
    assert HTTP.get(prediction["urls"]["events"]).status_code == 200
    assert HTTP.get(prediction["urls"]["events"] + "x").status_code == 401


def test_a_token_that_was_deleted_opens_nothing(server, data):
    token = token_for(data, "dora")
    with server.client(token) as dora:
        token_id = dora.get("/v1/account").status_code == 200
        assert token_id
        listed = subprocess.run(
            [sys.executable, "-m", "dreamreel", "token", "list", "--data", str(data)],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        number = next(line.split("\t")[0] for line in listed.splitlines() if line.endswith("dora"))
        subprocess.run([sys.executable, "-m", "dreamreel", "token", "delete", number, "--data", str(data)], check=True)
        assert dora.get("/v1/account").status_code == 401


def test_limits_say_when_to_come_back(server, tokens):
    body = {"version": VERSION, "input": {"max_frames": 1000}}
    with server.client(tokens[2]) as cleo:
        answers = [cleo.post("/v1/predictions", json=body) for _ in range(4)]
        # Two may be unfinished, three created in a minute.
        assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
        for answer in answers[2:]:
            seconds = int(answer.headers["retry-after"])
            assert answer.json()["retry_after"] == seconds > 0
        assert "2 of your predictions are unfinished" in answers[2].json()["detail"]
        assert answers[3].json()["detail"] == f"Request was throttled. Your rate limit resets in ~{seconds}s."
        for answer in answers[:2]:
            assert cleo.post(answer.json()["urls"]["cancel"]).status_code == 200
        codes = [cleo.get("/v1/account").status_code for _ in range(45)]
        assert codes[0] == 200
        assert codes[-1] == 429
    assert server.http.get("/v1/account").status_code == 200


@pytest.mark.parametrize("options", [("--host", "0.0.0.0"), ("--require-auth",)])
def test_nobody_serves_everybody_by_mistake(tmp_path, options):
    command = [sys.executable, "-m", "dreamreel", "serve", "--port", "0", "--model", "tiny-sd", "--data", str(tmp_path)]
    ran = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 2
    assert "make a token first" in ran.stderr
