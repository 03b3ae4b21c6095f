// Checks with Replicate's JavaScript client, used as its documentation does. Run by test_clients.py under node.
import assert from "node:assert/strict"
import { createRequire } from "node:module"
import readline from "node:readline"

const Replicate = createRequire(`${process.env.CLIENT}/`)("replicate")
const { validateWebhook } = Replicate
const replicate = new Replicate({ auth: "r8_any", baseUrl: `${process.env.ORIGIN}/v1` })
const PROMPT = { animation_prompts: "0: a red circle", sampler: "euler" }
const is_mp4 = (bytes) => assert.equal(new TextDecoder().decode(bytes.slice(4, 8)), "ftyp")

const checks = {
  async run_returns_the_video_as_a_file({ ref }) {
    const statuses = []
    const output = await replicate.run(ref, { input: PROMPT }, (each) => statuses.push(each.status))
    assert.equal(output.constructor.name, "FileOutput")
    assert.match(output.url().href, /\/out\.mp4$/)
    const blob = await output.blob()
    assert.equal(blob.type, "video/mp4")
    is_mp4(await blob.arrayBuffer())
    assert.equal(statuses.at(-1), "succeeded")
  },

  async the_other_models_draw_by_their_own_inputs({ others }) {
    for (const other of others) {
      const output = await replicate.run(other.ref, { input: { ...PROMPT, ...other.input } })
      is_mp4(await (await output.blob()).arrayBuffer())
    }
  },

  async run_polls_when_its_wait_runs_out({ model }) {
    const output = await replicate.run(model, { input: PROMPT, wait: { mode: "block", timeout: 1 } })
    is_mp4(await (await output.blob()).arrayBuffer())
  },

  async run_can_poll_and_show_its_progress_and_be_stopped({ ref }) {
    const controller = new AbortController()
    let progress = 0
    const output = await replicate.run(
      ref,
      { input: { ...PROMPT, max_frames: 1000 }, wait: { mode: "poll", interval: 50 }, signal: controller.signal },
      (each) => {
        const shown = parse_progress(each.logs)
        if (shown) {
          progress = shown.current
          controller.abort()
        }
      },
    ).catch((error) => error.name)
    assert.ok(progress > 0)
    assert.ok(output === null || output === undefined || output === "AbortError")
    for await (const page of replicate.paginate(replicate.predictions.list)) {
      const running = page.filter((each) => ["starting", "processing"].includes(each.status))
      await Promise.all(running.map((each) => replicate.predictions.cancel(each.id)))
      break
    }
  },

  async a_prediction_is_created_got_and_canceled({ version }) {
    const prediction = await replicate.predictions.create({ version, input: { ...PROMPT, max_frames: 1000 } })
    assert.equal(prediction.status, "starting")
    const found = await replicate.predictions.get(prediction.id)
    assert.ok(["starting", "processing"].includes(found.status))
    await replicate.predictions.cancel(prediction.id)
    const ended = await replicate.wait(prediction, { interval: 50 })
    assert.deepEqual([ended.status, ended.output, ended.error], ["canceled", null, null])
  },

  async a_wait_that_runs_out_says_starting({ version }) {
    const input = { ...PROMPT, max_frames: 1000 }
    const prediction = await replicate.predictions.create({ version, input, wait: 1 })
    assert.equal(prediction.status, "starting")
    await replicate.predictions.cancel(prediction.id)
  },

  async a_prediction_can_be_made_of_a_model({ model }) {
    const prediction = await replicate.predictions.create({ model, input: PROMPT })
    await replicate.predictions.cancel(prediction.id)
    assert.equal(prediction.model, model)
  },

  async a_finished_prediction_has_everything({ done, version }) {
    const prediction = await replicate.predictions.get(done)
    assert.deepEqual([prediction.status, prediction.version], ["succeeded", version])
    assert.ok(prediction.metrics.predict_time > 0)
    assert.equal(parse_progress(prediction.logs).percentage, 1)
  },

  async a_stream_tells_the_output_and_the_end({ done }) {
    const prediction = await replicate.predictions.get(done)
    const { createReadableStream } = createRequire(`${process.env.CLIENT}/`)("replicate/lib/stream.js")
    const stream = createReadableStream({ url: prediction.urls.stream, fetch: globalThis.fetch, options: { useFileOutput: true } })
    const events = []
    for await (const event of stream) events.push(event)
    assert.deepEqual(events.map((event) => event.event), ["output", "done"])
    assert.equal(events[0].data.constructor.name, "FileOutput")
    assert.equal(events[0].data.url().href, prediction.output)
  },

  async a_model_can_be_streamed({ ref }) {
    const events = []
    for await (const event of replicate.stream(ref, { input: PROMPT })) events.push(event)
    assert.deepEqual(events.map((event) => event.event), ["output", "done"])
    is_mp4(new Uint8Array(await (await events[0].data.blob()).arrayBuffer()))
  },

  async a_webhook_verifies_and_another_does_not({ delivery }) {
    const { key } = await replicate.webhooks.default.secret.get()
    assert.equal(await validateWebhook(delivery, key), true)
    assert.equal(await validateWebhook({ ...delivery, body: delivery.body + " " }, key), false)
  },

  async pages_are_followed_to_the_last({ done }) {
    const seen = []
    for await (const page of replicate.paginate(replicate.predictions.list)) seen.push(...page.map((each) => each.id))
    assert.ok(seen.length > 100)
    assert.equal(new Set(seen).size, seen.length)
    assert.ok(seen.includes(done))
  },

  async models_and_versions_are_looked_up({ model, version }) {
    const [owner, name] = model.split("/")
    assert.equal((await replicate.models.get(owner, name)).latest_version.id, version)
    assert.deepEqual((await replicate.models.versions.list(owner, name)).results.map((each) => each.id), [version])
    const found = await replicate.models.versions.get(owner, name, version)
    assert.equal(found.openapi_schema.components.schemas.Input.properties.fps.maximum, 60)
    const names = ({ results }) => results.map((each) => each.name)
    assert.deepEqual(names(await replicate.models.list()), [name, "deforum-stable-diffusion", "animate"])
    assert.deepEqual(names(await replicate.models.search("deforum")), [name, "deforum-stable-diffusion"])
  },

  async files_are_sent_listed_and_deleted() {
    const file = await replicate.files.create(Buffer.from("words"), { a: { b: 1 } })
    assert.deepEqual([file.size, file.metadata], [5, { a: { b: 1 } }])
    assert.deepEqual((await replicate.files.get(file.id)).checksums, file.checksums)
    assert.ok((await replicate.files.list()).results.some((each) => each.id === file.id))
    assert.equal(await (await fetch(file.urls.get)).text(), "words")
    assert.equal(await replicate.files.delete(file.id), true)
  },

  async a_file_given_as_an_input_becomes_its_address({ version }) {
    const prediction = await replicate.predictions.create({ version, input: { ...PROMPT, init: Buffer.from("words") } })
    await replicate.predictions.cancel(prediction.id)
    assert.match(prediction.input.init, /\/v1\/files\//)
  },

  async the_small_things_are_there() {
    assert.equal((await replicate.accounts.current()).type, "user")
    assert.ok((await replicate.hardware.list())[0].sku)
    assert.match((await replicate.webhooks.default.secret.get()).key, /^whsec_/)
    assert.deepEqual((await replicate.trainings.list()).results, [])
    assert.deepEqual((await replicate.collections.list()).results, [])
  },

  async a_deployment_is_looked_up_and_a_prediction_made_of_it({ model, version }) {
    for (const [owner, name] of [model.split("/"), ["acme", "films"]]) {
      const deployment = await replicate.deployments.get(owner, name)
      assert.deepEqual([deployment.owner, deployment.name, deployment.current_release.version], [owner, name, version])
      const prediction = await replicate.deployments.predictions.create(owner, name, { input: PROMPT })
      await replicate.predictions.cancel(prediction.id)
      assert.equal(prediction.model, model)
    }
    const listed = (await replicate.deployments.list()).results
    assert.deepEqual(listed.map((each) => `${each.owner}/${each.name}`), [model, "acme/films"])
    const unknown = replicate.deployments.predictions.create("acme", "others", { input: PROMPT })
    await assert.rejects(unknown, (error) => error.response.status === 404)
  },

  async errors_can_be_read({ version }) {
    await assert.rejects(replicate.predictions.create({ version, input: { fps: 61 } }), (error) => {
      assert.equal(error.response.status, 422)
      assert.match(error.message, /input\.fps: Must be less than or equal to 60/)
      return true
    })
    await assert.rejects(replicate.predictions.get("nothing"), (error) => error.response.status === 404)
  },
}

function parse_progress(logs) {
  const { parseProgressFromLogs } = createRequire(`${process.env.CLIENT}/`)("replicate")
  return parseProgressFromLogs(logs ?? "")
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { check, facts } = JSON.parse(line)
  let answer = null
  try {
    await checks[check](facts)
  } catch (error) {
    answer = error.stack ?? String(error)
  }
  console.log(JSON.stringify(answer))
}
