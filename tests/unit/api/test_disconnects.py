"""Clients that hang up while they send."""

import asyncio
import logging

import pytest


@pytest.mark.parametrize("path", ["/v1/predictions", "/v1/validate"])
def test_one_that_hangs_up_in_its_body_is_one_debug_line(client, caplog, path):
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    scope = {"type": "http", "method": "POST", "path": path, "headers": [(b"host", b"127.0.0.1")], "query_string": b""}
    scope |= {"scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": ""}

    async def receive():
        return next(messages)

    async def send(_message):
        pass

    with caplog.at_level(logging.DEBUG, "dreamreel"):
        asyncio.run(client.app({**scope, "http_version": "1.1", "raw_path": path.encode()}, receive, send))
    assert [record.levelname for record in caplog.records if record.name.startswith("dreamreel")] == ["DEBUG"]
