// Moves a picture by the schedules as the renderer moves the frame before: no diffusion.
// All moves up to a frame are one matrix, so that every frame is one drawing, sharp, however far the playhead jumps.

import { buildMatrix, compose, onCanvas, REST } from "./affine.js"
import { drawCovering, drawGrid, drawTestPicture, HOLE } from "./picture.js"

// Pixels of the longer side: as many as are shown, within bounds. Each of them costs time at each frame.
const [LEAST_SIDE, SIDE] = [128, 512]
const SMALLEST = 1 / 48
const LARGEST = 48
// Nothing shows through: the browser need not blend it with the page.
const OPAQUE = { alpha: false }
/** The parts of the camera's move, as the schema calls them (x-role); the last two a model may have besides. */
export const MOVES = ["turn", "scale", "shift_x", "shift_y", "center_x", "center_y"]

/**
 * plan: {width, height, series, total}. scale: how much larger the canvas is. lens: the picture's round hole, see
 * lensOf; isHollow: whether it has one. The matrix of each frame, from the picture to the canvas: all moves up to it, in
 * turn. What has gone through the hole as a whole begins again with the picture in it, which looks the same.
 *
 * Moves are added up about the lens, where a zoom stands still: about the corner, a rounding of the last digit would
 * grow with each frame as the picture does, and be what one sees after a hundred.
 */
export function matricesOf({ width, height, series, total }, scale, lens, isHollow) {
  const matrices = [REST]
  let [turn, at] = [REST, [0, 0]]
  const told = MOVES.filter((part) => part in series)
  for (let idx = 1; idx < total; idx++) {
    const move = onCanvas(buildMatrix(width, height, Object.fromEntries(told.map((part) => [part, series[part][idx]]))), scale)
    const [dx, dy] = place(move, lens.x, lens.y)
    const [a, b, c, d] = move
    const next = [a * at[0] + c * at[1] + still(dx - lens.x), b * at[0] + d * at[1] + still(dy - lens.y)]
    let turned = compose([a, b, c, d, 0, 0], turn)
    while (isHollow && isWithin(turned, next, lens, width * scale, height * scale)) turned = compose(turned, scaling(2 * HOLE, 0, 0))
    const matrix = about(turned, next, lens)
    if (matrix.every(Number.isFinite) && scaleOf(turned) > 0) [turn, at] = [turned, next]
    matrices.push(about(turn, at, lens))
  }
  return matrices
}

// Pixels: what is less is rounding.
const LEAST = 1e-6
const still = (shift) => (Math.abs(shift) < LEAST ? 0 : shift)

/**
 * The move that turns and scales about the lens and then shifts.
 * @param {number[]} turn @param {number[]} shift @returns {import("./types.d.ts").Matrix}
 */
function about([a, b, c, d], [dx, dy], { x, y }) {
  return [a, b, c, d, x + dx - a * x - c * y, y + dy - b * x - d * y]
}

/** The hole in the middle of the test picture: where the zoom's own middle is, which never moves. */
export function lensOf(width, height, scale) {
  const [x, y] = [(Math.floor(width / 2) + 0.5) * scale, (Math.floor(height / 2) + 0.5) * scale]
  const side = Math.min(width, height) * scale
  return { x, y, radius: HOLE * side, inward: scaling(2 * HOLE, x, y) }
}

/**
 * Whether nothing but the hole is in sight. shift: of its middle, from where it began.
 * @param {number[]} matrix @param {number[]} shift
 */
function isWithin(matrix, [dx, dy], lens, width, height) {
  const [x, y] = [lens.x + dx, lens.y + dy]
  const far = Math.hypot(Math.max(x, width - x), Math.max(y, height - y))
  return far < lens.radius * scaleOf(matrix)
}

/** @param {number[]} matrix */
const place = ([a, b, c, d, e, f], x, y) => [a * x + c * y + e, b * x + d * y + f]
/** @param {number[]} matrix */
const scaleOf = ([a, b]) => Math.hypot(a, b)
/** @returns {import("./types.d.ts").Matrix} */
const scaling = (by, x, y) => [by, 0, 0, by, x - by * x, y - by * y]

export class Preview {
  /** shown: the canvas to draw on, of the page or of a worker. */
  constructor(shown) {
    this.shown = shown
    this.plan = null
    this.picture = null
    this.side = SIDE
    /** The frame that is on the canvas; -1 when it has to be drawn. */
    this.shownAt = -1
  }

  /** plan: {width, height, border, total, series: by part of the move}. */
  setPlan(plan) {
    const before = this.plan
    this.plan = plan
    if (before?.width !== plan.width || before?.height !== plan.height) this.setSize(plan)
    else this.work()
  }

  /** side: how many pixels of the screen the longer side of the canvas takes. */
  setSide(side) {
    const fits = Math.min(Math.max(Math.round(side), LEAST_SIDE), SIDE)
    if (fits === this.side) return
    this.side = fits
    if (this.plan) this.setSize(this.plan)
  }

  setSize({ width, height }) {
    this.scale = this.side / Math.max(width, height)
    this.shown.width = Math.round(width * this.scale)
    this.shown.height = Math.round(height * this.scale)
    this.source = new OffscreenCanvas(this.shown.width, this.shown.height)
    this.lens = lensOf(width, height, this.scale)
    this.paint()
  }

  /** image: something drawable, or null for the test picture. */
  setPicture(image) {
    this.picture = image
    if (this.plan) this.paint()
  }

  paint() {
    const context = this.source.getContext("2d", OPAQUE)
    if (this.picture) drawCovering(context, this.picture, this.source.width, this.source.height)
    else {
      drawTestPicture(context, this.source.width, this.source.height, this.lens)
      this.disc = fillHole(context, this.source, this.lens)
    }
    this.work()
  }

  work() {
    this.matrices = matricesOf(this.plan, this.scale, this.lens, !this.picture)
    this.shownAt = -1
  }

  /** Shows a frame; what is shown already is not drawn again: a screen asks for more pictures than a film has. */
  show(at) {
    const idx = Math.min(at, this.matrices.length - 1)
    if (idx === this.shownAt) return
    this.shownAt = idx
    const matrix = this.matrices[idx]
    const context = this.shown.getContext("2d", OPAQUE)
    warp(context, this.source, bounded(matrix, this.source), this.plan.border)
    if (!this.picture) drawWithin(context, this.disc, matrix, this.lens)
    drawGrid(context, matrix, this.source.width, this.source.height, this.lens, this.picture ? 4 : 0)
  }
}

/** The same move, no smaller or larger than can be seen. */
function bounded(matrix, { width, height }) {
  const scale = scaleOf(matrix)
  const fits = Math.min(Math.max(scale, SMALLEST), LARGEST) / scale
  return fits === 1 ? matrix : compose(scaling(fits, width / 2, height / 2), matrix)
}

/**
 * Draws what a canvas holds into its own hole, again and again, until what is in the holes is too small to see. Returns
 * the picture as it lies in a hole. It is cut once: a clip at each frame costs more, and its edge is not soft everywhere.
 */
function fillHole(context, source, lens) {
  const disc = new OffscreenCanvas(source.width, source.height)
  const cut = disc.getContext("2d")
  const again = () => {
    cut.globalCompositeOperation = "copy"
    cut.drawImage(source, 0, 0)
    cut.globalCompositeOperation = "destination-in"
    cut.beginPath()
    cut.arc(lens.x, lens.y, lens.radius / (2 * HOLE), 0, 2 * Math.PI)
    cut.fill()
  }
  context.imageSmoothingQuality = "high"
  for (let radius = lens.radius; radius > 1; radius *= scaleOf(lens.inward)) {
    again()
    drawThrough(context, disc, lens.inward)
  }
  again()
  return disc
}

/** The picture within its own hole, where it is larger than it was painted; and so on. */
function drawWithin(context, disc, matrix, lens) {
  for (let at = matrix; scaleOf(at) > 1; at = compose(at, lens.inward)) drawThrough(context, disc, compose(at, lens.inward))
}

function drawThrough(context, disc, matrix) {
  context.save()
  context.setTransform(...matrix)
  context.drawImage(disc, 0, 0)
  context.restore()
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
 * The picture over its own rim, which is drawn out to the sides that are in sight. Each part reaches beneath the next
 * one: where parts only met, their softened edges would let through what the canvas held before.
 */
function warpReplicated(context, source, matrix) {
  const { width, height } = source
  const [, , , , e, f] = matrix
  const scale = scaleOf(matrix)
  const far = (width + height + Math.hypot(e, f)) / scale
  const beneath = (side) => Math.min(side / 2, 2 / scale)
  const [xs, ys] = seen(matrix, width, height)
  // So near to a side its softened edge can be in sight.
  const near = 1 + 1 / scale
  // Spans along one axis: [from, length] in the source, [from, length] in the target.
  /** @typedef {[number, number, number, number]} Span */
  /** @returns {Span} */
  const whole = (side) => [0, side, 0, side]
  /** @param {number} side @param {number[]} sight @returns {Span[]} */
  const rims = (side, [least, most]) => [
    ...(least < near ? [/** @type {Span} */ ([0, 1, -far, far + beneath(side)])] : []),
    ...(most > side - near ? [/** @type {Span} */ ([side - 1, 1, side - beneath(side), far + beneath(side)])] : []),
  ]
  const draw = ([sx, sw, dx, dw], [sy, sh, dy, dh]) => context.drawImage(source, sx, sy, sw, sh, dx, dy, dw, dh)
  context.save()
  context.setTransform(...matrix)
  const [columns, rows] = [rims(width, xs), rims(height, ys)]
  for (const x of columns) for (const y of rows) draw(x, y)
  for (const x of columns) draw(x, whole(height))
  for (const y of rows) draw(whole(width), y)
  draw(whole(width), whole(height))
  context.restore()
}

/**
 * What of the source is in sight: [least, most] of x and of y.
 * @param {number[]} matrix
 */
function seen([a, b, c, d, e, f], width, height) {
  const area = a * d - b * c
  const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) => [
    (d * (x - e) - c * (y - f)) / area,
    (a * (y - f) - b * (x - e)) / area,
  ])
  const span = (axis) => [Math.min(...corners.map((each) => each[axis])), Math.max(...corners.map((each) => each[axis]))]
  return [span(0), span(1)]
}
