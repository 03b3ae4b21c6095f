// The picture that the preview moves, drawn here so that nothing has to be loaded.

const HILLS = [
  { base: 0.62, height: 0.1, waves: 2.2, shift: 0.6, colour: "#5d6f8f" },
  { base: 0.72, height: 0.09, waves: 3.1, shift: 2.1, colour: "#41556f" },
  { base: 0.84, height: 0.07, waves: 4.3, shift: 4.0, colour: "#2b3a4c" },
]

/** A small landscape with a fine grid over it: it shows what is up, how far, and how fast. */
export function drawTestPicture(context, width, height) {
  const sky = context.createLinearGradient(0, 0, 0, height)
  sky.addColorStop(0, "#27375a")
  sky.addColorStop(0.45, "#b0738b")
  sky.addColorStop(0.7, "#f2b27c")
  context.fillStyle = sky
  context.fillRect(0, 0, width, height)
  context.fillStyle = "#ffe3b0"
  disc(context, width * 0.5, height * 0.47, Math.min(width, height) * 0.12)
  for (const hill of HILLS) drawHill(context, width, height, hill)
  drawTrees(context, width, height)
  drawGrid(context, width, height)
}

function drawHill(context, width, height, { base, height: rise, waves, shift, colour }) {
  context.fillStyle = colour
  context.beginPath()
  context.moveTo(0, height)
  for (let x = 0; x <= width; x += 4) {
    context.lineTo(x, height * (base - rise * Math.sin((x / width) * waves * Math.PI + shift)))
  }
  context.lineTo(width, height)
  context.fill()
}

function drawTrees(context, width, height) {
  context.fillStyle = "#1b2733"
  for (let idx = 0; idx < 9; idx++) {
    const x = width * (0.06 + 0.11 * idx)
    const size = height * (0.05 + 0.035 * ((idx * 7) % 3))
    const y = height * (0.93 - 0.03 * ((idx * 5) % 4))
    context.beginPath()
    context.moveTo(x, y - size * 1.6)
    context.lineTo(x + size * 0.45, y)
    context.lineTo(x - size * 0.45, y)
    context.fill()
  }
}

function drawGrid(context, width, height) {
  const step = Math.max(width, height) / 16
  context.fillStyle = "rgba(255, 255, 255, 0.4)"
  for (let x = step / 2; x < width; x += step) {
    for (let y = step / 2; y < height; y += step) disc(context, x, y, step / 26)
  }
}

function disc(context, x, y, radius) {
  context.beginPath()
  context.arc(x, y, radius, 0, 2 * Math.PI)
  context.fill()
}

/** A picture of any shape, cut to fill. */
export function drawCovering(context, image, width, height) {
  const scale = Math.max(width / image.width, height / image.height)
  const [w, h] = [image.width * scale, image.height * scale]
  context.drawImage(image, (width - w) / 2, (height - h) / 2, w, h)
}

const DUST = ["#ffe3b0", "#f6f1e6", "#ff9a52", "#9fc3d9"]

/**
 * Fresh specks where the move has stretched the picture: drawing restores detail, a warp alone only
 * loses it, and the eye needs some to see motion by. The same frame always gets the same ones.
 */
export function scatterDust(context, width, height, frame, speed) {
  const count = Math.min(Math.round(speed * 90), 14)
  for (let idx = 0; idx < count; idx++) {
    const random = scramble(frame * 31 + idx)
    context.fillStyle = DUST[random % DUST.length]
    const x = ((random >>> 3) % 4096) / 4096
    const y = ((random >>> 15) % 4096) / 4096
    disc(context, x * width, y * height, Math.max(width, height) * (0.0022 + 0.002 * (random % 2)))
  }
}

function scramble(number) {
  let x = Math.imul(number + 0x9e37, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
