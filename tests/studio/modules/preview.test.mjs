// The preview's moves over a thousand frames: what stands still stays, and nothing takes for ever.
import assert from "node:assert/strict"
import { test } from "node:test"

const { lensOf, matricesOf } = await import(process.env.STUDIO + "preview.js")
const { dotsOf } = await import(process.env.STUDIO + "picture.js")

const TOTAL = 1000
const still = { turn: 0, scale: 1, shift_x: 0, shift_y: 0 }

function movesOf(side, changes, isHollow) {
  const scale = 512 / side
  const lens = lensOf(side, side, scale)
  const series = Object.fromEntries(Object.entries({ ...still, ...changes }).map(([name, value]) => [name, Array(TOTAL).fill(value)]))
  return { lens, matrices: matricesOf({ width: side, height: side, series, total: TOTAL }, scale, lens, isHollow) }
}

for (const side of [32, 64, 256]) {
  for (const zoom of [1.04, 1.5, 10]) {
    test(`a zoom of ${zoom} at ${side} pixels stays at the hole for ${TOTAL} frames, and never grows out of it`, () => {
      const { lens, matrices } = movesOf(side, { scale: zoom, turn: 7 }, true)
      for (const [a, b, c, d, e, f] of matrices) {
        assert.ok(Math.abs(a * lens.x + c * lens.y + e - lens.x) < 1e-6)
        assert.ok(Math.abs(b * lens.x + d * lens.y + f - lens.y) < 1e-6)
        assert.ok(Math.hypot(a, b) < 8 * zoom)
      }
    })
  }
}

test("moves add up as the renderer adds them", () => {
  const { matrices } = movesOf(512, { shift_x: 3, shift_y: -2 }, false)
  assert.deepEqual(matrices[10].map((value) => Math.round(1e6 * value) / 1e6), [1, 0, 0, 1, 30, -20])
})

test("dots are in sight at every scale and distance, and not too many", () => {
  for (const exponent of [-3, 0, 3, 15, 40, 150]) {
    for (const far of [0, 1, 1e6, 1e18]) {
      const scale = 1.5 ** exponent
      const step = 64 / 2 ** Math.ceil(Math.log2((scale * 64) / 96))
      const dots = dotsOf([scale, 0, 0, scale, far, -far], step, 512, 512, { x: 256, y: 256 })
      assert.ok(dots.length > 20 && dots.length < 1500, `${exponent} ${far}: ${dots.length}`)
      assert.ok(dots.some(({ isOld }) => isOld) && dots.some(({ isOld }) => !isOld))
    }
  }
})
