"""Checks with Replicate's Python client 1.x, used as its documentation does. Run by test_clients.py."""

import asyncio
import io
import os

import replicate
from driver import drive
from replicate.exceptions import ReplicateError
from replicate.webhook import InvalidSignatureError, Webhooks

client = replicate.Client(api_token="r8_any", base_url=os.environ["ORIGIN"])
PROMPT = {"animation_prompts": "0: a red circle", "sampler": "euler"}


def run_returns_the_video_as_a_file(facts):
    output = client.run(facts["ref"], input=PROMPT)
    assert type(output).__name__ == "FileOutput", output
    assert str(output).endswith("/out.mp4")
    assert output.read()[4:8] == b"ftyp"


def the_other_models_draw_by_their_own_inputs(facts):
    for other in facts["others"]:
        output = client.run(other["ref"], input={**PROMPT, **other["input"]})
        assert output.read()[4:8] == b"ftyp", other


def run_polls_when_its_wait_runs_out(facts):
    output = client.run(facts["model"], input=PROMPT, wait=1)
    assert b"".join(output)[4:8] == b"ftyp"


def a_prediction_is_created_reloaded_and_canceled(facts):
    prediction = client.predictions.create(version=facts["version"], input={**PROMPT, "max_frames": 1000})
    assert prediction.status == "starting"
    prediction.reload()
    assert prediction.status in ("starting", "processing")
    prediction.cancel()
    prediction.wait()
    assert (prediction.status, prediction.output, prediction.error) == ("canceled", None, None)
    assert client.predictions.cancel(prediction.id).status == "canceled"


def a_wait_that_runs_out_says_starting(facts):
    prediction = client.predictions.create(version=facts["version"], input={**PROMPT, "max_frames": 1000}, wait=1)
    assert prediction.status == "starting"
    prediction.cancel()


def a_prediction_can_be_made_of_a_model(facts):
    prediction = client.models.predictions.create(model=facts["model"], input=PROMPT)
    prediction.cancel()
    assert prediction.model == facts["model"]


def a_finished_prediction_has_everything(facts):
    prediction = client.predictions.get(facts["done"])
    assert prediction.status == "succeeded"
    assert prediction.version == facts["version"]
    assert prediction.progress.percentage == 1.0
    assert (prediction.progress.current, prediction.progress.total) == (100, 100)
    assert prediction.metrics["predict_time"] > 0
    assert prediction.created_at < prediction.started_at < prediction.completed_at


def a_stream_tells_the_output_and_the_end(facts):
    prediction = client.predictions.get(facts["done"])
    events = list(prediction.stream(use_file_output=False))
    assert [event.event.value for event in events] == ["output", "done"]
    assert str(events[0].data) == prediction.output, (events[0], prediction.output)


def a_model_can_be_streamed(facts):
    events = list(client.stream(facts["ref"], input=PROMPT))
    assert [event.event.value for event in events] == ["output", "done"]
    assert type(events[0].data).__name__ == "FileOutput", events[0]
    assert events[0].data.read()[4:8] == b"ftyp"


def a_webhook_verifies_and_another_does_not(facts):
    secret, delivery = client.webhooks.default.secret(), facts["delivery"]
    Webhooks.validate(headers=delivery["headers"], body=delivery["body"], secret=secret, tolerance=3600)
    try:
        Webhooks.validate(headers=delivery["headers"], body=delivery["body"] + " ", secret=secret)
    except InvalidSignatureError:
        return
    raise AssertionError("a changed body was taken for genuine")


def pages_are_followed_to_the_last(facts):
    page, seen = client.predictions.list(), []
    while True:
        seen += [prediction.id for prediction in page]
        if page.next is None:
            break
        page = client.predictions.list(page.next)
    assert len(seen) == len(set(seen)) > 100
    assert facts["done"] in seen


def models_and_versions_are_looked_up(facts):
    model = client.models.get(facts["model"])
    assert model.latest_version.id == facts["version"]
    assert model.default_example.input["max_frames"] == 100
    assert [version.id for version in model.versions.list()] == [facts["version"]]
    version = model.versions.get(facts["version"])
    assert version.openapi_schema["components"]["schemas"]["Input"]["properties"]["fps"]["maximum"] == 60
    assert [each.name for each in client.models.list()] == [model.name, "deforum-stable-diffusion", "animate"]
    assert [each.name for each in client.models.search("deforum")] == [model.name, "deforum-stable-diffusion"]


def files_are_sent_listed_and_deleted(_facts):
    file = client.files.create(io.BytesIO(b"words"), filename="a.txt", content_type="text/plain", metadata={"a": 1})
    assert (file.name, file.size, file.metadata) == ("a.txt", 5, {"a": 1})
    assert client.files.get(file.id).checksums == file.checksums
    assert file.id in [each.id for each in client.files.list()]
    assert client.files.delete(file.id) is True


def a_file_given_as_an_input_becomes_its_address(facts):
    source = io.BytesIO(b"words")
    source.name = "a.txt"
    prediction = client.predictions.create(version=facts["version"], input={**PROMPT, "init": source})
    prediction.cancel()
    assert "/v1/files/" in prediction.input["init"]


def the_small_things_are_there(_facts):
    assert client.accounts.current().name
    assert client.hardware.list()[0].sku
    assert client.webhooks.default.secret().key.startswith("whsec_")
    assert client.trainings.list().results == []
    assert client.collections.list().results == []


def a_deployment_is_looked_up_and_a_prediction_made_of_it(facts):
    for name in (facts["model"], "acme/films"):
        deployment = client.deployments.get(name)
        assert (deployment.id, deployment.current_release.version) == (name, facts["version"])
        prediction = deployment.predictions.create(input=PROMPT)
        client.predictions.cancel(prediction.id)
        owner, short = name.split("/")
        prediction = client.deployments.predictions.create((owner, short), input=PROMPT)
        client.predictions.cancel(prediction.id)
        assert (prediction.model, prediction.version) == (facts["model"], facts["version"])
    assert [each.id for each in client.deployments.list().results] == [facts["model"], "acme/films"]
    assert _error_of(lambda: client.deployments.get("acme/others")).status == 404


def errors_can_be_read(facts):
    error = _error_of(lambda: client.predictions.create(version=facts["version"], input={"fps": 61}))
    assert (error.status, error.detail) == (422, "- input.fps: Must be less than or equal to 60\n")
    assert _error_of(lambda: client.predictions.get("nothing")).status == 404


def _error_of(action):
    try:
        action()
    except ReplicateError as error:
        return error
    raise AssertionError("no error")


def it_works_asynchronously(facts):
    async def check():
        prediction = await client.predictions.async_create(version=facts["version"], input=PROMPT)
        await prediction.async_cancel()
        await prediction.async_reload()
        found = await client.predictions.async_get(facts["done"])
        return [event.event.value async for event in found.async_stream(use_file_output=False)]

    assert asyncio.run(check()) == ["output", "done"]


if __name__ == "__main__":
    drive(globals())
