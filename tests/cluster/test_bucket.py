"""Files in a real bucket: what the API serves from it, and that a prediction goes on from it."""

import hashlib

import httpx2
import pytest
from tests.cluster.servers import Bucket, digests
from tests.contract.files_contract import FilesContract
from tests.e2e.server import serving
from typer.testing import CliRunner

from dreamreel.api.http.signing import Signer
from dreamreel.api.wire import Wire
from dreamreel.cli.main import app
from dreamreel.predictions.files import FilesError
from dreamreel.storage.files import open_files


@pytest.fixture(scope="module")
def files(bucket, tmp_path_factory):
    return open_files(f"{bucket.url}/contract", tmp_path_factory.mktemp("none"))


class TestBucketFiles(FilesContract):
    @pytest.fixture
    def files(self, files):
        return files

    @pytest.fixture
    def broken(self, bucket, tmp_path, monkeypatch):
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
        return open_files(f"{bucket.url}/contract", tmp_path)


def test_an_address_opens_a_file_to_whoever_has_it_ranges_included_and_a_changed_one_does_not(files):
    files.put("predictions/x/out.mp4", b"0123456789", "video/mp4")
    address = files.address("predictions/x/out.mp4", 60)
    answer = httpx2.get(address, headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (206, b"234", "video/mp4")
    assert httpx2.get(address.replace("out.mp4", "other.mp4")).status_code == 403


@pytest.mark.usefixtures("bucket")
def test_a_bucket_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(FilesError, match="s3://nowhere cannot be reached"):
        open_files("s3://nowhere", tmp_path).check()


def test_prune_refuses_to_pick_frames_out_of_a_bucket(bucket, tmp_path):
    command = ["prune", "--data", str(tmp_path), "--files-url", bucket.url, "--keep-frames-hours", "1"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code != 0
    assert "keep_frames_hours: frames in a bucket are removed by a lifecycle rule" in ran.stderr


@pytest.fixture(scope="module")
def drawn(bucket: Bucket, tmp_path_factory):
    """(a server whose files lie in a bucket, a prediction it has finished)."""
    folder = tmp_path_factory.mktemp("service")
    with serving(folder / "data", "--files-url", f"{bucket.url}/served") as server:
        prediction = server.create(seed=7)
        yield server, server.wait(prediction["id"])


def test_a_prediction_in_a_bucket_has_the_frames_of_one_drawn_alone(drawn):
    server, prediction = drawn
    assert prediction["status"] == "succeeded", server.said()
    manifest = server.http.get(f"/v1/predictions/{prediction['id']}/manifest").json()
    assert manifest["frames"] == digests(7)


def test_nothing_of_it_is_left_on_the_machine(drawn):
    server, prediction = drawn
    assert not (server.data / "predictions" / prediction["id"]).exists()


def test_videos_are_passed_on_with_ranges(drawn):
    server, prediction = drawn
    whole = server.http.get(prediction["output"])
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    assert int(whole.headers["content-length"]) == len(whole.content)
    part = server.http.get(prediction["output"], headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    beyond = server.http.get(prediction["output"], headers={"Range": f"bytes={len(whole.content)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole.content)}")
    head = server.http.head(prediction["output"])
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert server.http.get(prediction["urls"]["video"]).content == whole.content


def test_frames_pictures_and_the_playlist_come_from_it_too(drawn):
    server, prediction = drawn
    listed = server.http.get(f"/v1/predictions/{prediction['id']}/frames").json()
    assert server.http.get(listed["poster"]).headers["content-type"] == "image/jpeg"
    frame = server.http.get(listed["frames"][99]["url"])
    assert (frame.headers["content-type"], frame.content[:4]) == ("image/png", b"\x89PNG")
    playlist = server.http.get(prediction["urls"]["video"].replace("video.mp4", "video.m3u8")).text
    assert playlist.count("#EXTINF") == 7
    assert playlist.rstrip().endswith("#EXT-X-ENDLIST")


def test_uploads_go_into_it_and_come_back(drawn):
    server, _ = drawn
    content = b"some bytes" * 1000
    made = server.http.post("/v1/files", files={"content": ("ü.bin", content)}).json()
    assert made["checksums"]["sha256"] == hashlib.sha256(content).hexdigest()
    answer = server.http.get(made["urls"]["get"])
    assert answer.content == content
    assert "%C3%BC.bin" in answer.headers["content-disposition"]
    assert server.http.delete(f"/v1/files/{made['id']}").status_code == 204
    assert server.http.get(made["urls"]["get"]).status_code == 404
    assert not list((server.data / "uploads").iterdir())


def test_with_presign_the_output_is_an_address_of_the_bucket_itself(drawn, bucket, tmp_path):
    server, prediction = drawn
    wire = Wire(Signer("secret"), open_files(f"{bucket.url}/served", tmp_path), 24, presign=True)
    output = wire.output_url(prediction["id"], "out.mp4", server.url)
    assert output.startswith(bucket.environment["AWS_ENDPOINT_URL"])
    assert httpx2.get(output).content == server.http.get(prediction["output"]).content
    assert wire.output_url(prediction["id"], "video.mp4", server.url).startswith(server.url)
