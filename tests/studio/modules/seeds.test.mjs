// Seeds are thrown by the page, so that a film's seed is known before it is drawn.
import assert from "node:assert/strict"
import { test } from "node:test"

const { LARGEST_SEED, newSeed, seedsFor } = await import(process.env.STUDIO + "seeds.js")

test("a seed that is kept is followed by its neighbours", () => {
  assert.deepEqual(seedsFor(7, 3), [7, 8, 9])
  assert.deepEqual(seedsFor(LARGEST_SEED, 2), [LARGEST_SEED, 0])
})

test("new seeds differ and are seeds", () => {
  const seeds = seedsFor(null, 50)
  assert.equal(new Set(seeds).size, 50)
  assert.ok([...seeds, newSeed()].every((seed) => Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED))
})
