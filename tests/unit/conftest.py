import pytest
from tests import checkpoints


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A small SD 1.x model in diffusers' layout, with random weights."""
    return checkpoints.with_weights(tmp_path_factory.mktemp("small"))
