// The picture that the preview moves, drawn here so that nothing has to be loaded.

/**
 * The radius of the hole in its middle, in parts of its shorter side: the sun, in which the whole picture is again, a
 * quarter as large. A power of two, so that the dots of drawGrid are where they were.
 */
export const HOLE = 1 / 8

const HILLS = [
  { base: 0.7, height: 0.07, waves: 2.2, shift: 0.6, colour: "#5d6f8f" },
  { base: 0.79, height: 0.07, waves: 3.1, shift: 2.1, colour: "#41556f" },
  { base: 0.89, height: 0.055, waves: 4.3, shift: 4.0, colour: "#2b3a4c" },
]

/**
 * A small landscape: it shows what is up, how far and how fast. lens: {x, y, radius} of the hole in its middle, which
 * gets its rim here and the same picture, smaller, from whoever draws it.
 */
export function drawTestPicture(context, width, height, lens) {
  const sky = context.createLinearGradient(0, 0, 0, height)
  sky.addColorStop(0, "#1f2c4f")
  sky.addColorStop(0.45, "#a86a86")
  sky.addColorStop(0.72, "#f2b27c")
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  drawGlow(context, lens)
  for (const hill of HILLS) drawHill(context, width, height, hill)
  drawTrees(context, width, height)
  context.strokeStyle = "#ffe3b0"
  context.lineWidth = lens.radius * 0.09
  context.beginPath()
  context.arc(lens.x, lens.y, lens.radius * 1.02, 0, 2 * Math.PI)
  context.stroke()
}

function drawGlow(context, { x, y, radius }) {
  const glow = context.createRadialGradient(x, y, radius, x, y, radius * 2.3)
  glow.addColorStop(0, "rgba(255, 227, 176, 0.75)")
  glow.addColorStop(1, "rgba(255, 227, 176, 0)")
  context.fillStyle = glow
  disc(context, x, y, radius * 2.3)
}

function drawHill(context, width, height, { base, height: rise, waves, shift, colour }) {
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(0, height)
  for (let x = 0; x < width + 4; x += 4) {
    context.lineTo(x, height * (base - rise * Math.sin((x / width) * waves * Math.PI + shift)))
  }
  context.lineTo(width, height)
  context.fill()
}

function drawTrees(context, width, height) {
  context.fillStyle = "#1b2733"
  for (let idx = 0; idx < 9; idx++) {
    const x = width * (0.06 + 0.11 * idx)
    const size = height * (0.045 + 0.03 * ((idx * 7) % 3))
    const y = height * (0.95 - 0.025 * ((idx * 5) % 4))
    context.beginPath()
    context.moveTo(x, y - size * 1.6)
    context.lineTo(x + size * 0.45, y)
    context.lineTo(x - size * 0.45, y)
    context.fill()
  }
}

function disc(context, x, y, radius) {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

// On a canvas of 512 pixels.
const WIDEST = 96
const DOT = 2.8
const MOST_DOTS = 1500

/**
 * Dots that lie on the picture and move with it, some 50 to 100 pixels apart at any scale: as a zoom goes in, finer
 * ones fade in between, wherever it goes. Drawing gives a film new detail in just this way; a warp alone only loses it.
 * middle: {x, y}, of the picture. from: the scale from which there are any.
 */
export function drawGrid(context, matrix, width, height, middle, from = 0) {
  const scale = Math.hypot(matrix[0], matrix[1])
  if (!(scale >= from)) return
  const unit = Math.max(width, height) / 512
  const [widest, far, size] = [width / 8, WIDEST * unit, DOT * unit]
  const step = widest / 2 ** Math.ceil(Math.log2((scale * widest) / far))
  const fresh = Math.min(Math.max((2 * step * scale) / far - 1, 0), 1)
  const dots = dotsOf(matrix, step, width, height, middle)
  for (const [isOld, opacity] of [[true, 0.5], [false, 0.5 * fresh]]) {
    context.fillStyle = `rgba(255, 255, 255, ${opacity})`
    // Squares, softened by lying between pixels: hundreds of discs cost more than the picture.
    for (const dot of dots) if (dot.isOld === isOld) context.fillRect(dot.x - size / 2, dot.y - size / 2, size, size)
  }
}

/**
 * The dots in sight, `step` apart on the picture: {x, y, isOld} on the canvas; every second one of every second row is
 * old. They are counted from the one that is nearest to the canvas's middle: however far away the picture's middle is,
 * the numbers stay small.
 * @param {number[]} matrix
 */
export function dotsOf([a, b, c, d, e, f], step, width, height, middle) {
  const [origin, area] = [[a * middle.x + c * middle.y + e, b * middle.x + d * middle.y + f], (a * d - b * c) * step]
  /** A point of the canvas in columns and rows of dots, from an origin. @param {number[]} origin */
  const countFrom = ([ox, oy], x, y) => [(d * (x - ox) - c * (y - oy)) / area, (a * (y - oy) - b * (x - ox)) / area]
  const nearest = countFrom(origin, width / 2, height / 2).map((count) => 2 * Math.round(count / 2))
  const shift = (column, row) => [(a * column + c * row) * step, (b * column + d * row) * step]
  const [sx, sy] = shift(nearest[0], nearest[1])
  const begin = [origin[0] + sx, origin[1] + sy]
  const corners = [[0, 0], [width, 0], [0, height], [width, height]].map(([x, y]) => countFrom(begin, x, y))
  const range = (axis) => [Math.floor(Math.min(...corners.map((each) => each[axis]))), Math.max(...corners.map((each) => each[axis]))]
  const [[left, right], [top, bottom]] = [range(0), range(1)]
  if (!((right - left) * (bottom - top) < MOST_DOTS)) return []
  const dots = []
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const [dx, dy] = shift(column, row)
      dots.push({ x: begin[0] + dx, y: begin[1] + dy, isOld: row % 2 === 0 && column % 2 === 0 })
    }
  }
  return dots
}

/** A picture of any shape, cut to fill. */
export function drawCovering(context, image, width, height) {
  const scale = Math.max(width / image.width, height / image.height)
  const [w, h] = [image.width * scale, image.height * scale]
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h)
}
