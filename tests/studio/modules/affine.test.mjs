// Matrices of the camera's moves. That they are the renderer's is shown in a browser (test_preview.py).
import assert from "node:assert/strict"
import { test } from "node:test"

const { buildMatrix, compose, onCanvas, REST } = await import(process.env.STUDIO + "affine.js")

const still = { turn: 0, scale: 1, shift_x: 0, shift_y: 0 }
const near = (found, expected) => found.forEach((value, idx) => assert.ok(Math.abs(value - expected[idx]) < 1e-9))

test("no move is the identity", () => near(buildMatrix(64, 48, still), REST))

test("a move after another is their product", () => {
  const [zoom, shift] = [buildMatrix(64, 48, { ...still, scale: 2 }), buildMatrix(64, 48, { ...still, shift_x: 5 })]
  near(compose(zoom, REST), zoom)
  const both = compose(zoom, shift)
  assert.equal(both[4] - zoom[4], 10) // what is shifted first is enlarged with the rest
})

test("a zoom about the middle leaves the middle's pixel where it is, at every size of the canvas", () => {
  const [a, b, c, d, e, f] = onCanvas(buildMatrix(64, 48, { ...still, scale: 3 }), 8)
  const [x, y] = [(32 + 0.5) * 8, (24 + 0.5) * 8]
  near([a * x + c * y + e, b * x + d * y + f], [x, y])
})
