// What inputs are by themselves, what another model takes of them, and how they are found.
import assert from "node:assert/strict"
import { test } from "node:test"

const { begunIn, changedIn, defaultsIn, edited, foundIn, slides, stepOf, takenOver } = await import(process.env.STUDIO + "inputs.js")

const ours = {
  zoom: { type: "string", default: "0: (1.04)", description: "how the picture grows", "x-syntax": "schedule" },
  rules: { type: "string", default: "plain", enum: ["plain", "wide"], "x-defaults": { plain: {}, wide: { zoom: "0: (1)", noise: "perlin" } }, "x-begin": "wide" },
  noise: { type: "string", default: "gaussian", enum: ["gaussian", "perlin"], description: "what each picture gets" },
  frames: { type: "integer", default: 100, minimum: 1, maximum: 1000 },
  seed: { type: "integer", minimum: -1, maximum: 2 ** 32 - 1 },
}
const theirs = { zoom: ours.zoom, noise: { ...ours.noise, enum: ["gaussian"] }, frames: { ...ours.frames, minimum: 100 } }

test("a choice moves the defaults of others", () => {
  assert.equal(defaultsIn(ours).zoom, "0: (1.04)")
  assert.equal(defaultsIn(ours, { rules: "wide" }).zoom, "0: (1)")
  assert.deepEqual(begunIn(ours), { rules: "wide" })
  assert.deepEqual([...changedIn(ours, { ...defaultsIn(ours, { rules: "wide" }), rules: "wide" })], ["rules"])
})

test("what nobody touched goes along with the default, what somebody chose stays", () => {
  const before = defaultsIn(ours)
  assert.equal(edited(ours, before, { rules: "wide" }).zoom, "0: (1)")
  assert.equal(edited(ours, { ...before, zoom: "0: (1.1)" }, { rules: "wide" }).zoom, "0: (1.1)")
  assert.equal(edited(ours, before, { rules: "wide", noise: "gaussian" }).noise, "gaussian")
  assert.equal(edited(ours, edited(ours, before, { rules: "wide" }), { rules: "plain" }).zoom, "0: (1.04)")
})

test("another model takes what was chosen and it has, within its limits", () => {
  const chosen = { ...defaultsIn(ours), zoom: "0: (2)", noise: "perlin", frames: 12, seed: 7 }
  assert.deepEqual(takenOver(chosen, ours, theirs), { zoom: "0: (2)", frames: 100 })
  assert.deepEqual(takenOver(defaultsIn(ours), ours, theirs), {})
})

test("inputs are found by their names first, then by what they do", () => {
  const label = (name) => ({ noise: "Noise type" })[name] ?? name
  assert.deepEqual(foundIn(ours, "noise_type", label), ["noise"])
  assert.deepEqual(foundIn(ours, "perlin", label), ["noise"])
  assert.deepEqual(foundIn(ours, "picture", label), ["zoom", "noise"])
  assert.deepEqual(foundIn(ours, "zoom", label)[0], "zoom")
  assert.deepEqual(foundIn(ours, "picture zebra", label), [])
  assert.deepEqual(foundIn(ours, "  ", label), [])
})

test("a whole name comes before names that hold its words apart", () => {
  const field = { type: "string", description: "" }
  const names = { noise_scheduler: "Noise levels of a schedule", noise_schedule: "Noise", noise_schedule_max: "Most noise" }
  const all = Object.fromEntries(Object.keys(names).map((name) => [name, field]))
  assert.deepEqual(foundIn(all, "noise_schedule", (name) => names[name])[0], "noise_schedule")
  assert.equal(foundIn(all, "Noise", (name) => names[name])[0], "noise_schedule")
})

test("a slider is for numbers that a hand can set", () => {
  assert.equal(slides(ours.frames), true)
  assert.equal(slides(ours.seed), false)
  assert.equal(slides({ type: "number", minimum: 0, maximum: 100, default: 0.5 }), false)
  assert.equal(slides({ type: "number", minimum: 1, maximum: 120, default: 15 }), true)
  assert.equal(stepOf({ type: "number", minimum: 0, maximum: 1 }), 0.01)
  assert.equal(stepOf({ type: "number", minimum: 1, maximum: 120 }), 0.1)
})
