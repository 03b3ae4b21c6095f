// Stacks of variations, and which cards are in sight.
import assert from "node:assert/strict"
import { test } from "node:test"

const { coverOf, itemsOf, stacksOf, turned } = await import(process.env.STUDIO + "stacks.js")
const { heightOf, inSight, layoutOf, placeOf } = await import(process.env.STUDIO + "window.js")

const film = (id, seed, more = {}) => ({ id, input: { zoom: "0: (1)", seed, ...more } })

test("films that differ in their seed only are a stack, in whatever order their inputs stand", () => {
  const all = [film("d", 4), { id: "c", input: { seed: 3, zoom: "0: (1)" } }, film("b", 2, { fps: 20 }), film("a", 1)]
  assert.deepEqual(stacksOf(all).map((stack) => [stack.key, stack.films.map((each) => each.id)]), [
    ["c", ["d", "c"]],
    ["b", ["b"]],
    ["a", ["a"]],
  ])
})

test("a film with a name of its own stands alone", () => {
  assert.equal(stacksOf([film("c", 3), { ...film("b", 2), name: "final" }, film("a", 1)]).length, 3)
})

test("a stack that is spread shows its films, the first of them with the way back", () => {
  const all = [film("b", 2), film("a", 1)]
  assert.equal(itemsOf(all, new Set()).length, 1)
  assert.deepEqual(itemsOf(all, new Set(["a"])).map(({ key, spread }) => [key, spread]), [["b", "a"], ["a", null]])
})

test("one that is turned on takes the place of the one that is farthest from it", () => {
  const all = ["a", "b", "c", "d", "e", "f"]
  assert.deepEqual(turned(["a", "b", "c", "d"], "f", all, 4), ["b", "c", "d", "f"])
  assert.deepEqual(turned(["c", "d", "e", "f"], "a", all, 4), ["a", "c", "d", "e"])
  assert.deepEqual(turned(["a", "c"], "b", all, 4), ["a", "b", "c"])
  assert.deepEqual(turned(["a", "c"], "a", all, 4), ["c"])
  assert.deepEqual(turned(["a"], "a", all, 4), ["a"])
})

test("cards fill the width, and their places follow one another", () => {
  const layout = layoutOf(316, false)
  assert.equal(layout.columns, 2)
  assert.equal(layout.width, 154)
  assert.deepEqual(placeOf(layout, 3), { left: 162, top: layout.step })
  assert.equal(heightOf(layout, 5), 3 * layout.step)
  assert.equal(layoutOf(100, false).columns, 1)
  assert.equal(layoutOf(900, true).columns, 1)
})

test("of very many only those in sight and a few more are shown", () => {
  const layout = layoutOf(316, false)
  const [first, end] = inSight(layout, 1000, 40 * layout.step, 700)
  assert.ok(first <= 80 && end >= 80 + (2 * 700) / layout.step)
  assert.ok(end - first < 40)
  assert.deepEqual(inSight(layout, 3, 0, 700), [0, 3])
  assert.deepEqual(inSight(layout, 0, 0, 700), [0, 0])
})

test("a film that is drawn changes its picture as its length doubles, a whole one is seen a third into it", () => {
  const covers = new Set(Array.from({ length: 1000 }, (_, idx) => coverOf(idx + 1, false)))
  assert.ok(covers.size <= 10)
  for (const frames of [1, 2, 3, 150]) assert.ok(coverOf(frames, false) < frames)
  assert.equal(coverOf(90, true), 30)
})
