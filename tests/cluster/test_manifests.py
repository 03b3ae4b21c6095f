"""deploy/ held to the formats' own rules: the published schemas of Kubernetes and Compose, and Docker's own reading.

What of it we use, and that it names settings and commands that exist, is tests/unit/deploy.
"""

import importlib.resources
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
# The oldest that the files are meant for, and the newest that there are schemas of here.
OLDEST = "1.32"
OTHERS = ("ray.io/v1",)  # KubeRay's, not Kubernetes' own
MANIFESTS = [
    pytest.param(document, id=f"{path.name} {document['kind']} {document['metadata']['name']}")
    for path in sorted(DEPLOY.glob("kubernetes/*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
    if document["apiVersion"] not in OTHERS
]


def pods_of_ray():
    """The pods in KubeRay's resource as manifests of their own: those parts are Kubernetes'."""
    for document in yaml.safe_load_all((DEPLOY / "kubernetes" / "ray.yaml").read_text("utf-8")):
        if document["apiVersion"] in OTHERS:
            groups = [document["spec"]["headGroupSpec"], *document["spec"]["workerGroupSpecs"]]
            for group in groups:
                yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": group["template"]["spec"]}


@pytest.fixture(params=[OLDEST, "newest"])
def check(request):
    kubernetes = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate")
    version = kubernetes.latest_version() if request.param == "newest" else request.param
    return lambda manifest: kubernetes.validate(manifest, version, strict=True)


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_a_manifest_is_what_kubernetes_takes(check, manifest):
    check(manifest)


def test_the_pods_of_a_ray_cluster_are_what_kubernetes_takes(check):
    pods = list(pods_of_ray())
    assert len(pods) >= 2
    for pod in pods:
        check(pod)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("containerPort:", "containerport:"), ("replicas: 2", 'replicas: "two"'), ("secretRef:", "secretref:")],
)
def test_a_typing_error_in_a_manifest_is_found(check, right, wrong):
    text = (DEPLOY / "kubernetes" / "dreamreel.yaml").read_text("utf-8")
    assert right in text

    def check_all():
        for manifest in yaml.safe_load_all(text.replace(right, wrong)):
            check(manifest)

    with pytest.raises(jsonschema.ValidationError):
        check_all()


@pytest.fixture(scope="module")
def check_compose():
    """Raises ValidationError for a text that the schema of compose-spec does not take."""
    builtin = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(builtin.read_text("utf-8"))
    return lambda text: jsonschema.validate(yaml.safe_load(text), schema)


def test_the_compose_file_fits_the_schema_of_its_specification(check_compose):
    check_compose((DEPLOY / "compose.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("healthcheck:", "healthchek:"),
        ("condition: service_healthy", "condition: healthy"),
        ("retries: 30", "retries: [30]"),
        ("restart: unless-stopped", "restart: [always]"),
    ],
)
def test_a_typing_error_in_the_compose_file_does_not_fit_it(check_compose, right, wrong):
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert right in text
    with pytest.raises(jsonschema.ValidationError):
        check_compose(text.replace(right, wrong))


def compose(path):
    """What `docker compose config` says of a file: (exit code, stderr)."""
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            asked = subprocess.run([*command, "version", "--short"], capture_output=True, text=True, timeout=60)
            if asked.returncode == 0 and re.match(r"v?([2-9]|\d\d)\.", asked.stdout):
                break
    else:
        pytest.skip("there is no docker compose 2 or newer")
    variables = {**os.environ, "POSTGRES_PASSWORD": "x", "S3_KEY": "x", "S3_SECRET": "x"}
    ran = subprocess.run(
        [*command, "-f", str(path), "config", "--quiet"], capture_output=True, text=True, timeout=60, env=variables
    )
    return ran.returncode, ran.stderr


def test_the_compose_file_is_what_docker_takes():
    assert compose(DEPLOY / "compose.yaml") == (0, "")


def test_a_typing_error_in_the_compose_file_is_found_by_docker(tmp_path):
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    (tmp_path / "compose.yaml").write_text(text.replace("healthcheck:", "healthchek:"))
    code, said = compose(tmp_path / "compose.yaml")
    assert (code != 0, "healthchek" in said) == (True, True)
