// However fast a machine draws, the pictures of its film take no more of the line than they may.
import assert from "node:assert/strict"
import { test } from "node:test"

const { Allowance } = await import(process.env.STUDIO + "allowance.js")

test("one picture is asked for at a time, and the next one when the last one is paid for", () => {
  const allowance = new Allowance(1000)
  assert.equal(allowance.waits(0), 0)
  allowance.ask(0, 0)
  assert.equal(allowance.waits(100), Infinity)
  allowance.came(0, 2000)
  assert.equal(allowance.waits(100), 1900)
  assert.equal(allowance.waits(2500), 0)
})

test("a picture that nobody asked for here costs nothing, and one that fails holds nothing up", () => {
  const allowance = new Allowance(1000)
  allowance.came(5, 9000)
  assert.equal(allowance.waits(0), 0)
  allowance.ask(6, 0)
  allowance.came(6, 0)
  assert.equal(allowance.waits(0), 0)
})

test("pictures of 2 kB from a machine that draws 30 a second come to the rate, and not above it", () => {
  const allowance = new Allowance(1600)
  let bytes = 0
  for (let now = 0; now < 60_000; now += 33) {
    if (allowance.waits(now) > 0) continue
    allowance.ask(now, now)
    allowance.came(now, 2000)
    bytes += 2000
  }
  assert.ok(bytes / 60 <= 1650, `${bytes / 60} bytes a second`)
  assert.ok(bytes / 60 > 1500)
})
