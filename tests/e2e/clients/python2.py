"""Checks with Replicate's Python client 2.x, used as its documentation does. Run by test_clients.py."""

import asyncio
import os
from pathlib import Path

import replicate
from driver import drive
from replicate import AsyncReplicate, Replicate

client = Replicate(bearer_token="r8_any", base_url=os.environ["ORIGIN"] + "/v1")
PROMPT = {"animation_prompts": "0: a red circle", "sampler": "euler"}


def run_returns_the_video_as_a_file(facts):
    output = client.run(facts["ref"], input=PROMPT)
    assert type(output).__name__ == "FileOutput", output
    assert output.read()[4:8] == b"ftyp"


def the_other_models_draw_by_their_own_inputs(facts):
    for other in facts["others"]:
        output = client.run(other["ref"], input={**PROMPT, **other["input"]})
        assert output.read()[4:8] == b"ftyp", other


def use_makes_a_function_of_the_model(facts):
    os.environ["REPLICATE_BASE_URL"] = os.environ["ORIGIN"] + "/v1"
    os.environ["REPLICATE_API_TOKEN"] = "r8_any"
    draw = replicate.use(facts["ref"])
    run = draw.create(**PROMPT)
    assert run.logs() is not None
    path = run.output()
    saved = Path(os.fspath(path))
    assert saved.name == "out.mp4"
    assert saved.read_bytes()[4:8] == b"ftyp"


def a_prediction_is_created_reloaded_and_canceled(facts):
    prediction = client.predictions.create(version=facts["version"], input={**PROMPT, "max_frames": 1000})
    assert prediction.status == "starting"
    assert client.predictions.get(prediction_id=prediction.id).status in ("starting", "processing")
    client.predictions.cancel(prediction_id=prediction.id)
    ended = client.predictions.wait(prediction.id)
    assert (ended.status, ended.output, ended.error) == ("canceled", None, None)


def a_wait_that_runs_out_says_starting(facts):
    big = {**PROMPT, "max_frames": 1000}
    prediction = client.predictions.create(version=facts["version"], input=big, prefer="wait=1")
    assert prediction.status == "starting"
    client.predictions.cancel(prediction_id=prediction.id)


def a_deadline_is_shown(facts):
    prediction = client.predictions.create(version=facts["version"], input=PROMPT, cancel_after="1h")
    assert (prediction.deadline - prediction.created_at).total_seconds() == 3600
    client.predictions.cancel(prediction_id=prediction.id)


def a_prediction_can_be_made_of_a_model(facts):
    owner, name = facts["model"].split("/")
    prediction = client.models.predictions.create(model_owner=owner, model_name=name, input=PROMPT)
    client.predictions.cancel(prediction_id=prediction.id)
    assert prediction.model == facts["model"]


def a_finished_prediction_has_everything(facts):
    prediction = client.predictions.get(prediction_id=facts["done"])
    assert (prediction.status, prediction.version) == ("succeeded", facts["version"])
    assert prediction.metrics.total_time > 0
    assert prediction.created_at < prediction.started_at < prediction.completed_at
    assert prediction.urls.web.endswith(prediction.id)


def pages_are_followed_to_the_last(facts):
    seen = [prediction.id for prediction in client.predictions.list()]
    assert len(seen) == len(set(seen)) > 100
    assert facts["done"] in seen


def a_list_can_be_narrowed(facts):
    prediction = client.predictions.get(prediction_id=facts["done"])
    found = list(client.predictions.list(created_before=prediction.created_at))
    assert facts["done"] not in [each.id for each in found]


def models_and_versions_are_looked_up(facts):
    owner, name = facts["model"].split("/")
    model = client.models.get(model_owner=owner, model_name=name)
    assert model.latest_version.id == facts["version"]
    versions = list(client.models.versions.list(model_owner=owner, model_name=name))
    assert [version.id for version in versions] == [facts["version"]]
    version = client.models.versions.get(model_owner=owner, model_name=name, version_id=facts["version"])
    assert version.cog_version
    assert [each.name for each in client.models.list()] == [name, "deforum-stable-diffusion", "animate"]
    assert [each.name for each in client.models.search(body="deforum")] == [name, "deforum-stable-diffusion"]
    (example,) = client.models.examples.list(model_owner=owner, model_name=name)
    assert (example.id, example.output) == (model.default_example["id"], None)
    assert "dreamreel" in client.models.readme.get(model_owner=owner, model_name=name)
    assert client.search(query="deforum").models[0].model.name == name


def files_are_sent_listed_and_deleted(_facts):
    metadata = {"a": "1", "n": {"x": "2"}}
    file = client.files.create(content=b"words", filename="a.txt", type="text/plain", metadata=metadata)
    assert (file.name, file.size, file.metadata) == ("a.txt", 5, metadata)
    assert client.files.get(file_id=file.id).checksums.sha256 == file.checksums.sha256
    assert file.id in [each.id for each in client.files.list()]
    assert client.files.delete(file_id=file.id) is None


def the_small_things_are_there(_facts):
    account = client.account.get()
    assert account.type == "user"
    assert account.username
    assert client.hardware.list()[0].sku
    assert client.webhooks.default.secret.get().key.startswith("whsec_")
    assert list(client.trainings.list()) == []
    assert list(client.collections.list()) == []


def a_deployment_is_looked_up_and_a_prediction_made_of_it(facts):
    for owner, name in (facts["model"].split("/"), ("acme", "films")):
        names = {"deployment_owner": owner, "deployment_name": name}
        release = client.deployments.get(**names).current_release
        assert (release.model, release.version) == (facts["model"], facts["version"])
        prediction = client.deployments.predictions.create(**names, input=PROMPT)
        client.predictions.cancel(prediction_id=prediction.id)
        assert prediction.model == facts["model"]
    assert [each.name for each in client.deployments.list()] == [facts["model"].split("/")[1], "films"]
    unknown = {"deployment_owner": "acme", "deployment_name": "others"}
    assert (
        type(_error_of(lambda: client.deployments.predictions.create(**unknown, input={}))) is replicate.NotFoundError
    )


def errors_can_be_read(facts):
    error = _error_of(lambda: client.predictions.create(version=facts["version"], input={"fps": 61}))
    assert type(error) is replicate.UnprocessableEntityError
    assert error.body["invalid_fields"][0]["field"] == "input.fps"
    assert type(_error_of(lambda: client.predictions.get(prediction_id="nothing"))) is replicate.NotFoundError


def _error_of(action):
    try:
        action()
    except replicate.APIStatusError as error:
        return error
    raise AssertionError("no error")


def it_works_asynchronously(facts):
    async def check():
        async with AsyncReplicate(bearer_token="r8_any", base_url=os.environ["ORIGIN"] + "/v1") as asynchronous:
            prediction = await asynchronous.predictions.create(version=facts["version"], input=PROMPT)
            return (await asynchronous.predictions.cancel(prediction_id=prediction.id)).id == prediction.id

    assert asyncio.run(check())


if __name__ == "__main__":
    drive(globals())
