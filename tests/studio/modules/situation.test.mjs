// What the matter is with a film, in each state that it can be in.
import assert from "node:assert/strict"
import { test } from "node:test"

const { minutes, situationOf } = await import(process.env.STUDIO + "situation.js")

const facts = { film: { status: "processing" }, done: 10, total: 100, eta: 45, heard: 0, now: 0, ahead: 0, workers: 1, isAway: false }
const of = (changes) => situationOf({ ...facts, ...changes })

test("while it is drawn there is one number for the time that is left", () => {
  assert.deepEqual(of({}), { state: "drawing", words: "Frame 10 of 100", more: "45 s left" })
})

test("nothing pretends: no server, no worker, a queue, silence", () => {
  assert.equal(of({ isAway: true }).state, "away")
  assert.equal(of({ workers: 0 }).state, "stopped")
  assert.match(of({ workers: 0, loading: 1, film: { status: "starting" }, done: 0 }).words, /getting ready/)
  assert.match(of({ film: { status: "starting" }, done: 0, ahead: 3 }).words, /3 films are drawn before it/)
  assert.equal(of({ now: 60_000 }).state, "quiet")
  // A slow model is not a silent one.
  assert.equal(of({ now: 60_000, eta: 9000 }).state, "drawing")
})

test("the end says what is kept", () => {
  assert.equal(of({ film: { status: "succeeded" } }).state, "done")
  assert.equal(of({ film: { status: "succeeded", data_removed: true } }).state, "removed")
  assert.equal(of({ film: { status: "failed", error: "out of memory" } }).words, "out of memory")
  assert.match(of({ film: { status: "canceled" }, done: 0 }).words, /before its first frame/)
})

test("a length of time is told as people do", () => {
  assert.equal(minutes(52.2), "53 s")
  assert.equal(minutes(600), "10 min")
  assert.equal(minutes(7200), "2.0 h")
})
