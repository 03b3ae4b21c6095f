"""Workers on Ray draw with every model of the server, each asked for by the version that it is."""

import pytest
from tests.e2e.model_versions import each_version_is_drawn_by_its_own_model

pytest.importorskip("ray", reason="pip install ray")


@pytest.mark.timeout(900)  # Ray, and a worker on it, take minutes to start on a machine that does other things
def test_a_worker_on_ray_has_every_model_and_draws_each_version_with_its_own(tmp_path):
    each_version_is_drawn_by_its_own_model(tmp_path, "--executor", "ray", "--max-workers", "1")
