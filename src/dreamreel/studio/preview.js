// Moves a picture by the schedules, frame by frame, as the renderer moves the previous frame: no diffusion.
// Every frame is made from the one before, so some are kept to go on from after a jump or an edit.

import { buildMatrix, onCanvas } from "./affine.js"
import { drawCovering, drawTestPicture, scatterDust } from "./picture.js"

const SIDE = 400
const KEPT_EVERY = 16
export const MOTION = ["angle", "zoom", "translation_x", "translation_y"]

function canvasOf(width, height) {
  const canvas = document.createElement("canvas")
  canvas.width = width
  canvas.height = height
  return canvas
}

export class Preview {
  /** shown: the <canvas> to draw on. */
  constructor(shown) {
    this.shown = shown
    this.plan = null
    this.picture = null
    this.frame = -1
    this.kept = new Map()
  }

  /** plan: {width, height, border, series: {angle: [...], ...}}. Frames before the first change stay. */
  setPlan(plan) {
    const before = this.plan
    this.plan = plan
    const sameShape = before && before.width === plan.width && before.height === plan.height
    if (!sameShape) return this.setSize(plan)
    const changed = before.border === plan.border ? firstChange(before.series, plan.series) : 1
    for (const frame of this.kept.keys()) if (frame >= changed) this.kept.delete(frame)
    if (this.frame >= changed) this.frame = Infinity
  }

  setSize({ width, height }) {
    this.scale = SIDE / Math.max(width, height)
    const size = [Math.round(width * this.scale), Math.round(height * this.scale)]
    ;[this.shown.width, this.shown.height] = size
    this.now = canvasOf(...size)
    this.next = canvasOf(...size)
    this.restart()
  }

  /** image: something drawable, or null for the test picture. */
  setPicture(image) {
    this.picture = image
    if (this.plan) this.restart()
  }

  restart() {
    this.kept.clear()
    this.frame = Infinity
  }

  /** Goes towards a frame for some milliseconds, shows what it has, and says whether it is there. */
  show(target, budgetMs = 10) {
    const until = performance.now() + budgetMs
    const same = this.frame === target
    if (!same) this.jump(target)
    while (this.frame < target && performance.now() < until) this.step()
    if (!same) this.shown.getContext("2d").drawImage(this.now, 0, 0)
    return this.frame === target
  }

  /** To the best frame at or before target to go on from. */
  jump(target) {
    let best = this.frame <= target ? this.frame : -1
    for (const frame of this.kept.keys()) if (frame <= target && frame > best) best = frame
    if (best === this.frame) return
    const context = this.now.getContext("2d")
    if (best >= 0) context.drawImage(this.kept.get(best), 0, 0)
    else this.drawFirst(context)
    this.frame = Math.max(best, 0)
    this.keep()
  }

  drawFirst(context) {
    const { width, height } = this.now
    if (this.picture) drawCovering(context, this.picture, width, height)
    else drawTestPicture(context, width, height)
  }

  step() {
    const frame = this.frame + 1
    const move = Object.fromEntries(MOTION.map((name) => [name, this.plan.series[name][frame]]))
    const matrix = onCanvas(buildMatrix(this.plan.width, this.plan.height, move), this.scale)
    const context = this.next.getContext("2d")
    warp(context, this.now, matrix, this.plan.border)
    const { width, height } = this.now
    const speed = Math.abs(Math.log(move.zoom)) + Math.abs(move.angle) / 90
    const slide = Math.hypot(move.translation_x, move.translation_y) / this.plan.width
    scatterDust(context, width, height, frame, speed + slide)
    ;[this.now, this.next] = [this.next, this.now]
    this.frame = frame
    this.keep()
  }

  keep() {
    if (this.frame % KEPT_EVERY || this.kept.has(this.frame)) return
    const copy = canvasOf(this.now.width, this.now.height)
    copy.getContext("2d").drawImage(this.now, 0, 0)
    this.kept.set(this.frame, copy)
  }
}

function firstChange(before, after) {
  const lengths = MOTION.map((name) => Math.min(before[name].length, after[name].length))
  for (let frame = 1; frame < Math.min(...lengths); frame++) {
    if (MOTION.some((name) => before[name][frame] !== after[name][frame])) return frame
  }
  return Math.min(...lengths)
}

/** source, moved by a matrix of onCanvas, with a border as imaging/warp2d.py has it (a test compares them). */
export function warp(context, source, matrix, border) {
  if (border === "wrap") warpWrapped(context, source, matrix)
  else warpReplicated(context, source, matrix)
}

/** What leaves on one side comes in on the other: the picture repeats without end. */
function warpWrapped(context, source, matrix) {
  const pattern = context.createPattern(source, "repeat")
  pattern.setTransform(new DOMMatrix(matrix))
  context.fillStyle = pattern
  context.fillRect(0, 0, source.width, source.height)
}

/**
 * The picture over its own rim, which is drawn out to all sides. Each part reaches beneath the next one: where
 * parts only met, their softened edges would let through what the canvas held before.
 */
function warpReplicated(context, source, matrix) {
  const { width, height } = source
  const [a, b, , , e, f] = matrix
  const scale = Math.hypot(a, b)
  const far = (width + height + Math.hypot(e, f)) / scale
  const beneath = (side) => Math.min(side / 2, 2 / scale)
  // Spans along one axis: [from, length] in the source, [from, length] in the target.
  const whole = (side) => [0, side, 0, side]
  const rims = (side) => [
    [0, 1, -far, far + beneath(side)],
    [side - 1, 1, side - beneath(side), far + beneath(side)],
  ]
  const draw = ([sx, sw, dx, dw], [sy, sh, dy, dh]) => context.drawImage(source, sx, sy, sw, sh, dx, dy, dw, dh)
  context.save()
  context.setTransform(...matrix)
  for (const x of rims(width)) for (const y of rims(height)) draw(x, y)
  for (const x of rims(width)) draw(x, whole(height))
  for (const y of rims(height)) draw(whole(width), y)
  draw(whole(width), whole(height))
  context.restore()
}
