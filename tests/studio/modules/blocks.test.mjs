// Prompts as blocks: where they lie, and what becomes of the others when one is moved, doubled or removed.
import assert from "node:assert/strict"
import { test } from "node:test"

const { added, arranged, blocksOf, doubled, rankOf, reordered, without } = await import(process.env.STUDIO + "blocks.js")

const prompts = [
  { frame: 0, text: "a" },
  { frame: 20, text: "b" },
  { frame: 80, text: "c" },
]
const blocks = blocksOf(prompts, 100)
const told = (all) => all.map(({ frame, text }) => `${frame}: ${text}`).join(" | ")

test("blocks leave no gap: the first prompt holds before its own frame, the last one to the end", () => {
  assert.deepEqual(blocksOf([{ frame: 5, text: "a" }, { frame: 20, text: "b" }], 100).map(({ from, to }) => [from, to]), [[0, 20], [20, 100]])
})

test("a block that is put at another place keeps its length, and so do the others", () => {
  assert.equal(told(reordered(blocks, 0, 1)), "0: b | 60: a | 80: c")
  assert.equal(told(reordered(blocks, 0, 2)), "0: b | 60: c | 80: a")
  assert.equal(told(reordered(blocks, 2, 0)), "0: c | 20: a | 40: b")
  assert.equal(told(reordered(blocks, 1, 1)), "0: a | 20: b | 80: c")
  assert.deepEqual(arranged(blocks, 0, 1).map(({ from, to }) => [from, to]), [[60, 80], [0, 60], [80, 100]])
})

test("a prompt that is never shown gets a frame, so that no two begin at the same", () => {
  const all = blocksOf([{ frame: 0, text: "a" }, { frame: 100, text: "b" }], 100)
  assert.equal(told(reordered(all, 1, 0)), "0: b | 1: a")
})

test("a block changes places with a neighbour when its edge has passed the neighbour's middle", () => {
  assert.equal(rankOf(blocks, 0, 29), 0)
  assert.equal(rankOf(blocks, 0, 31), 1)
  assert.equal(rankOf(blocks, 0, 75), 2)
  assert.equal(rankOf(blocks, 0, -10), 0)
  assert.equal(rankOf(blocks, 1, -9), 1)
  assert.equal(rankOf(blocks, 1, -11), 0)
  assert.equal(rankOf(blocks, 2, -31), 1)
  assert.equal(rankOf(blocks, 2, -75), 0)
})

test("a new prompt begins at its frame, a doubled one in the middle, and one that is removed leaves its frames to the one before", () => {
  assert.deepEqual(added(blocks, 50, "new"), [[prompts[0], prompts[1], { frame: 50, text: "new" }, prompts[2]], 50])
  assert.equal(added(blocks, 20, "new")[1], 50)
  const close = [{ frame: 0, text: "a" }, { frame: 1, text: "b" }]
  assert.deepEqual(added(blocksOf(close, 9), 0, "new"), [close, 0])
  assert.equal(told(doubled(blocks, 1)), "0: a | 20: b | 50: b | 80: c")
  assert.equal(told(doubled(blocksOf(prompts, 81), 2)), told(prompts))
  assert.equal(told(without(blocks, 0)), "20: b | 80: c")
})
