"""Replicate's own clients, unchanged, against a real server behind TLS. The checks are in clients/."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.e2e.clients.install import folder_of
from tests.e2e.receivers import receiving
from tests.e2e.server import MODEL, VERSION, serving, wait_for
from tests.e2e.tls import front

from dreamreel.animation.views import ANIMATE, OTHER

# A short film of each model beside the first, by inputs that this one does not have.
OTHERS = (
    (OTHER, {"max_frames": 2, "width": 128, "height": 128, "num_inference_steps": 2, "negative_prompts": "0: blurry"}),
    (ANIMATE, {"max_frames": 2, "profile": "dreamreel", "steps": 2, "noise_type": "perlin", "fps": 23.976}),
)
SCRIPTS = Path(__file__).parent / "clients"


def checks_of(script, pattern):
    return re.findall(pattern, (SCRIPTS / script).read_text("utf-8"), re.MULTILINE)


PYTHON = r"^def (\w+)\(_?facts\)"


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[dict[str, object]]:
    """Facts of a server that holds a finished prediction and more than a page of others."""
    folder = tmp_path_factory.mktemp("clients")
    options = ("--steps", "2", "--deployments", "acme/films")
    with front(folder) as outside, serving(folder / "data", *options, "--public-url", outside.url) as server:
        outside.behind = int(server.url.rsplit(":", 1)[1])
        done = server.create(seed=7)["id"]
        for _ in range(105):
            server.cancel(server.create()["id"])
        assert server.wait(done)["status"] == "succeeded"
        yield {
            "delivery": delivered(server),
            "origin": outside.url,
            "certificate": str(outside.certificate),
            "done": done,
            "model": MODEL,
            "version": VERSION,
            "ref": f"{MODEL}:{VERSION}",
            "others": [{"ref": f"{model.name}:{model.version}", "input": each} for model, each in OTHERS],
        }


def delivered(server):
    """A webhook as it came: its headers and its body."""
    with receiving() as receiver:
        body = {"version": VERSION, "input": {}, "webhook": receiver.url, "webhook_events_filter": ["start"]}
        server.cancel(server.http.post("/v1/predictions", json=body).json()["id"])
        message = wait_for(receiver.accepted, "a webhook")[0]
    return {"headers": message.headers, "body": message.body.decode()}


@pytest.fixture(scope="module")
def ask(service):
    """ask(client, check): runs a check in a process that stays for the module; fails with what went wrong there."""
    processes = {}

    def run(client, check):
        if client not in processes:
            processes[client] = start(client, service)
        process = processes[client]
        process.stdin.write(json.dumps({"check": check, "facts": service}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, f"{client} ended"
        if trouble := json.loads(line):
            pytest.fail(trouble, pytrace=False)

    yield run
    for process in processes.values():
        process.stdin.close()
        process.wait(60)


def start(client, service):
    """The process that runs a client's checks."""
    if client == "node" and shutil.which("npm") is None:
        pytest.skip("node and npm are needed for the JavaScript client")
    try:
        folder = folder_of(client)
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"the client cannot be fetched: {error}")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("REPLICATE_")},
        "ORIGIN": service["origin"],
        "CLIENT": str(folder),
        "PYTHONPATH": str(folder),
        "SSL_CERT_FILE": service["certificate"],
        "NODE_EXTRA_CA_CERTS": service["certificate"],
    }
    script = SCRIPTS / ("javascript.mjs" if client == "node" else f"{client}.py")
    program = ["node"] if client == "node" else [sys.executable, "-W", "ignore"]
    return subprocess.Popen(
        [*program, str(script)], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


@pytest.mark.parametrize("check", checks_of("python1.py", PYTHON))
def test_python_1(ask, check):
    ask("python1", check)


@pytest.mark.parametrize("check", checks_of("python2.py", PYTHON))
def test_python_2(ask, check):
    ask("python2", check)


@pytest.mark.parametrize("check", checks_of("javascript.mjs", r"^  async (\w+)\("))
def test_javascript(ask, check):
    ask("node", check)
