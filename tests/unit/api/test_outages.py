"""What is answered while something that the service needs is out of order."""

import pytest

from dreamreel.predictions.files import UPLOADS, FilesError
from dreamreel.predictions.store import StoreError


def failing(error):
    def fail(*_arguments, **_options):
        raise error

    return fail


def test_a_database_that_does_not_answer_is_a_503_that_says_when_to_come_back(context, client, monkeypatch):
    monkeypatch.setattr(context.service.store, "get", failing(StoreError("the connection is closed")))
    answer = client.get("/v1/predictions/x")
    assert (answer.status_code, answer.json()["status"], answer.headers["retry-after"]) == (503, 503, "2")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FilesError("the bucket is gone"), 503),
        (OSError(5, "Input/output error"), 503),
        (OSError(28, "No space left on device"), 507),
    ],
)
def test_an_upload_that_cannot_be_kept_says_why_and_leaves_nothing_behind(context, client, monkeypatch, error, status):
    monkeypatch.setattr(context.files, "put", failing(error))
    answer = client.post("/v1/files", files={"content": b"abc"})
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert list((context.settings.data / UPLOADS).iterdir()) == []
    assert client.get("/v1/files").json()["results"] == []
