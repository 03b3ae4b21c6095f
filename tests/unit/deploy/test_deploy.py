"""The files in deploy/ are whole: they fit schemas of what we use of each format, and name settings that exist.

The schemas say less than Kubernetes and Docker do, but refuse what they do not know, so a typing error shows.
"""

import configparser
import re
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest
import yaml

from dreamreel.cli.commands import SENTENCES, load
from dreamreel.settings import PREFIX, Settings

DEPLOY = Path(__file__).parents[3] / "deploy"
VARIABLES = {PREFIX + each.name.upper() for each in fields(Settings)}
COMMANDS = {name: load(name) for name in SENTENCES}
MANIFESTS = [
    pytest.param(document, id=f"{path.name} {document['kind']}")
    for path in sorted(DEPLOY.glob("kubernetes/*.yaml"))
    for document in yaml.safe_load_all(path.read_text("utf-8"))
]


def closed(required, **properties):
    """An object with these properties and no others. required: names of those that must be there."""
    return {"type": "object", "properties": properties, "required": required.split(), "additionalProperties": False}


def many(item):
    return {"type": "array", "items": item, "minItems": 1}


TEXT, NUMBER, TRUTH = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}, {"type": "boolean"}
NAME = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
QUANTITIES = {"type": "object", "additionalProperties": {"type": "string", "pattern": r"^\d+(m|[KMGT]i)?$"}}
META = closed("name", name=NAME, namespace=NAME, annotations=TEXTS, labels=TEXTS)
PROBE = closed(
    "httpGet",
    httpGet=closed("path port", path={"type": "string", "pattern": "^/"}, port=TEXT),
    periodSeconds=NUMBER,
    failureThreshold=NUMBER,
)
CONTAINER = closed(
    "name image",
    name=NAME,
    image=TEXT,
    command=many(TEXT),
    args=many(TEXT),
    env=many(closed("name value", name=TEXT, value=TEXT)),
    envFrom=many(closed("secretRef", secretRef=closed("name", name=NAME))),
    ports=many(closed("name containerPort", name=NAME, containerPort=NUMBER)),
    readinessProbe=PROBE,
    livenessProbe=PROBE,
    resources=closed("requests", requests=QUANTITIES, limits=QUANTITIES),
    volumeMounts=many(closed("name mountPath", name=NAME, mountPath=TEXT)),
)
POD = closed(
    "containers",
    containers=many(CONTAINER),
    restartPolicy={"enum": ["Always", "OnFailure", "Never"]},
    terminationGracePeriodSeconds=NUMBER,
    securityContext=closed("", runAsNonRoot=TRUTH, runAsUser=NUMBER, fsGroup=NUMBER),
    volumes=many(closed("name emptyDir", name=NAME, emptyDir={"type": "object", "maxProperties": 0})),
)
TEMPLATE = closed("spec", metadata=closed("labels", labels=TEXTS, annotations=TEXTS), spec=POD)
# Source: the custom resource definition of KubeRay, ray.io/v1.
RAY = closed(
    "rayVersion headGroupSpec workerGroupSpecs",
    rayVersion={"type": "string", "pattern": r"^\d+\.\d+\.\d+$"},
    enableInTreeAutoscaling=TRUTH,
    autoscalerOptions=closed("", idleTimeoutSeconds=NUMBER),
    headGroupSpec=closed("rayStartParams template", rayStartParams=TEXTS, template=TEMPLATE),
    workerGroupSpecs=many(
        closed(
            "groupName rayStartParams template",
            groupName=NAME,
            replicas=NUMBER,
            minReplicas=NUMBER,
            maxReplicas=NUMBER,
            rayStartParams=TEXTS,
            template=TEMPLATE,
        )
    ),
)
SPECS = {
    ("v1", "Namespace"): None,
    ("v1", "Secret"): None,
    ("v1", "Service"): closed(
        "selector ports",
        selector=TEXTS,
        ports=many(closed("name port targetPort", name=NAME, port=NUMBER, targetPort=TEXT)),
    ),
    ("batch/v1", "Job"): closed("template", backoffLimit=NUMBER, template=TEMPLATE),
    ("apps/v1", "Deployment"): closed(
        "selector template", replicas=NUMBER, selector=closed("matchLabels", matchLabels=TEXTS), template=TEMPLATE
    ),
    ("ray.io/v1", "RayCluster"): RAY,
}
SERVICE = closed(
    "image restart",
    image=TEXT,
    build=closed("context dockerfile", context=TEXT, dockerfile=TEXT),
    command=many(TEXT),
    restart={"enum": ["no", "always", "unless-stopped", "on-failure"]},
    depends_on={
        "type": "object",
        "additionalProperties": closed(
            "condition",
            condition={"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
        ),
    },
    environment=TEXTS,
    volumes=many({"type": "string", "pattern": "^[a-z]+:/"}),
    ports=many({"type": "string", "pattern": r"^\d+(-\d+)?:\d+$"}),
    healthcheck=closed("test interval retries", test=many(TEXT), interval=TEXT, retries=NUMBER),
    stop_grace_period=TEXT,
    deploy=closed("replicas", replicas=NUMBER),
)


def check_command(words):
    """A command of dreamreel and options that it has."""
    command = COMMANDS[words[0]]
    if hasattr(command, "commands"):
        command, words = command.commands[words[1]], words[1:]
    options = {flag for option in command.params for flag in [*option.opts, *option.secondary_opts]}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_every_manifest_fits_the_schema_of_its_kind(manifest):
    spec = SPECS[manifest["apiVersion"], manifest["kind"]]
    shape = {"apiVersion": TEXT, "kind": TEXT, "metadata": META, "stringData": TEXTS, "spec": spec or {}}
    wanted = "apiVersion kind metadata" + (" spec" if spec else "")
    jsonschema.validate(manifest, closed(wanted, **shape))


@pytest.mark.parametrize("manifest", MANIFESTS)
def test_manifests_name_settings_commands_and_each_other(manifest):
    text = yaml.safe_dump(manifest)
    assert set(re.findall(r"DREAMREEL_\w+", text)) <= VARIABLES
    assert set(re.findall(r"secretRef:\s+name: (\S+)", text)) <= {"dreamreel"}
    for words in re.findall(r"dreamreel (serve [^'\"\n]*(?:\n +--.*)*)", text):
        check_command(words.split())
    if manifest["kind"] in ("Deployment", "Job"):
        check_command(manifest["spec"]["template"]["spec"]["containers"][0]["args"])
    if manifest["kind"] == "Deployment":
        labels = manifest["spec"]["template"]["metadata"]["labels"]
        assert manifest["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_every_manifest_but_the_namespace_lies_in_it():
    found = [each.values[0] for each in MANIFESTS]
    assert {each["metadata"].get("namespace") for each in found if each["kind"] != "Namespace"} == {"dreamreel"}


def test_compose_is_whole_and_names_settings_and_commands():
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    services = document["services"]
    jsonschema.validate(services, {"type": "object", "additionalProperties": SERVICE})
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(document["volumes"]), name
        assert {key for key in service["environment"] if key.startswith(PREFIX)} <= VARIABLES
        if service["image"] == "dreamreel":
            check_command(service["command"])


def test_the_unit_starts_what_exists_with_settings_that_exist():
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(DEPLOY / "dreamreel.service")
    assert set(unit.sections()) == {"Unit", "Service", "Install"}
    program, *words = unit["Service"]["ExecStart"].split()
    assert program.endswith("/dreamreel")
    check_command(words)
    assert set(re.findall(r"DREAMREEL_\w+", (DEPLOY / "dreamreel.service").read_text())) <= VARIABLES
    assert int(unit["Service"]["LimitNOFILE"]) >= 65536


def test_the_image_is_made_from_files_that_exist():
    for line in re.findall(r"^COPY (.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE):
        for name in line.split():
            assert (DEPLOY.parent / name).exists(), name
