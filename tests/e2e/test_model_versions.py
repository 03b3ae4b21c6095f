"""Each model of a server is a version of the API that its worker draws."""

from tests.e2e.model_versions import each_version_is_drawn_by_its_own_model


def test_each_version_is_drawn_by_its_own_model(tmp_path):
    each_version_is_drawn_by_its_own_model(tmp_path, "--threads", "1")
