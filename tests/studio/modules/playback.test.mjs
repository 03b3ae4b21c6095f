// How a playhead moves in time.
import assert from "node:assert/strict"
import { test } from "node:test"

const { Clock, frameAfter, rangeOf } = await import(process.env.STUDIO + "playback.js")

test("a clock gives whole frames and loses no time", () => {
  const clock = new Clock()
  assert.equal(clock.due(1000, 10), 0)
  assert.equal(clock.due(1150, 10), 1)
  assert.equal(clock.due(1210, 10), 1)
  assert.equal(clock.due(1400, 10), 2)
  clock.stop()
  assert.equal(clock.due(9000, 10), 0)
})

test("marks bound what plays, and never to nothing", () => {
  assert.deepEqual(rangeOf({ from: null, to: null }, 100), [0, 99])
  assert.deepEqual(rangeOf({ from: 20, to: 40 }, 100), [20, 40])
  assert.deepEqual(rangeOf({ from: 40, to: 20 }, 100), [40, 40])
  assert.deepEqual(rangeOf({ from: 400, to: 500 }, 100), [99, 99])
  assert.deepEqual(rangeOf({ from: null, to: null }, 0), [0, 0])
})

test("at the end it begins again", () => {
  assert.equal(frameAfter(98, 1, [0, 99], 99), 99)
  assert.equal(frameAfter(99, 1, [0, 99], 99), 0)
  assert.equal(frameAfter(99, 3, [0, 99], 99), 2)
  assert.equal(frameAfter(40, 1, [20, 40], 99), 20)
})

test("at the newest frame of a film that grows it stays, and never goes back", () => {
  assert.equal(frameAfter(30, 1, [0, 99], 30), 30)
  assert.equal(frameAfter(29, 5, [0, 99], 30), 30)
})

test("outside of what plays it goes to its beginning", () => {
  assert.equal(frameAfter(90, 1, [20, 40], 99), 20)
  assert.equal(frameAfter(5, 1, [20, 40], 99), 20)
})
