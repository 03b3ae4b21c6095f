// Edits of texts at places: what is written, and what stays as it was typed.
import assert from "node:assert/strict"
import { test } from "node:test"

const { addKey, format, moveKey, offsetOf, removeKey, writePrompts } = await import(process.env.STUDIO + "texts.js")

const text = "🌲 0: (1.0),  50: (1.1)"
// Places count characters, as the server does: the tree is one.
const keys = [
  { frame: 0, value: 1, place: [2, 10], frame_place: [2, 3], value_place: [6, 9] },
  { frame: 50, value: 1.1, place: [13, 22], frame_place: [13, 15], value_place: [18, 21] },
]

test("a moved key changes its own numbers and nothing else", () => {
  assert.equal(moveKey(text, keys[1], 7, "2"), "🌲 0: (1.0),  7: (2)")
  assert.equal(moveKey(text, keys[1], 7), "🌲 0: (1.0),  7: (1.1)")
})

test("a new key stands behind the one before it", () => {
  assert.equal(addKey(text, keys, 20, "3"), "🌲 0: (1.0), 20: (3),  50: (1.1)")
  assert.equal(addKey(text, keys.slice(1), 20, "3"), "🌲 0: (1.0),  20: (3), 50: (1.1)")
})

test("a removed key takes one separator with it", () => {
  assert.equal(removeKey(text, keys, keys[0]), "🌲 50: (1.1)")
  assert.equal(removeKey(text, keys, keys[1]), "🌲 0: (1.0)")
})

test("columns are found in a string of JavaScript's", () => {
  assert.equal(offsetOf("🌲a", 2), 2)
  assert.equal(offsetOf("ab", 2), 1)
})

test("one prompt needs no frame, several are sorted, and none holds a separator", () => {
  assert.equal(writePrompts([{ frame: 5, text: " a | b " }]), "a , b")
  assert.equal(writePrompts([{ frame: 9, text: "b" }, { frame: 0, text: "" }]), "0: ... | 9: b")
})

test("a value has as many digits as a span asks for", () => {
  assert.equal(format(1.23456, 2), "1.23")
  assert.equal(format(1.2, 0.001), "1.2")
  assert.equal(format(-0.001, 100), "0")
  assert.equal(format(1234.5, 5000), "1235")
})

test("a bar ends a prompt, but for one in brackets where brackets mean something", () => {
  const all = [{ frame: 0, text: "a [cow|horse] | b" }, { frame: 9, text: "(x|y" }]
  assert.equal(writePrompts(all), "0: a [cow,horse] , b | 9: (x,y")
  assert.equal(writePrompts(all, true), "0: a [cow|horse] , b | 9: (x,y")
})
