"""Paths as clients ask for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamreel.api.http.prefix import bare_path


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/predictions", "/predictions"),
        ("/v1/predictions", "/predictions"),
        ("/v1/v1/predictions", "/predictions"),
        ("/v1/v1/v1/predictions", "/v1/predictions"),
        ("/v1" * 20_000, "/v1" * 19_998),
        ("/v1", "/"),
        ("/v1/", "/"),
        ("/v10/predictions", "/v10/predictions"),
        ("/models/v1/x", "/models/v1/x"),
        ("/v1/http://127.0.0.1:8000/v1/predictions", "/predictions"),
        ("/v1/https:/films.example.com/v1/predictions", "/predictions"),
    ],
)
def test_what_clients_put_before_a_path_is_stripped(asked, meant):
    assert bare_path(asked) == meant


@given(st.text("/v1ahtps:.", max_size=60))
def test_what_is_left_of_a_path_is_its_end(path):
    bare = bare_path(path)
    assert path == bare or path.endswith(bare) or bare == "/"
