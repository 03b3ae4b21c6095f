// The camera move of one frame as a matrix, as imaging/warp2d.py makes it (a test holds the two together).
// A matrix is [a, b, c, d, e, f] in canvas order: x' = a x + c y + e, y' = b x + d y + f.

/**
 * Source pixel -> target pixel: translate, then rotate (degrees, counter-clockwise) and zoom about the centre, which is
 * told in parts of the picture's sides. move: what the schema calls the parts of the camera's move (x-role).
 * @param {number} width @param {number} height @param {Record<string, number>} move @returns {import("./types.d.ts").Matrix}
 */
export function buildMatrix(width, height, move) {
  const { turn, scale, shift_x: tx, shift_y: ty, center_x: right = 0.5, center_y: down = 0.5 } = move
  const radians = (turn * Math.PI) / 180
  const alpha = scale * Math.cos(radians)
  const beta = scale * Math.sin(radians)
  const [x, y] = [right * width, down * height].map(Math.fround)
  const e = (1 - alpha) * x - beta * y
  const f = beta * x + (1 - alpha) * y
  // OpenCV's [[alpha, beta, e], [-beta, alpha, f]] after [[1, 0, tx], [0, 1, ty]].
  return [alpha, -beta, beta, alpha, alpha * tx + beta * ty + e, -beta * tx + alpha * ty + f]
}

/**
 * The same move on a picture `scale` times as large, in a canvas's coordinates. OpenCV counts from the
 * middle of a pixel, a canvas from its corner: half a pixel of the original size apart.
 * @param {import("./types.d.ts").Matrix} matrix @param {number} scale @returns {import("./types.d.ts").Matrix}
 */
export function onCanvas([a, b, c, d, e, f], scale) {
  return [
    a,
    b,
    c,
    d,
    scale * (e + 0.5 - 0.5 * (a + c)),
    scale * (f + 0.5 - 0.5 * (b + d)),
  ]
}

/** No move at all. @type {import("./types.d.ts").Matrix} */
export const REST = [1, 0, 0, 1, 0, 0]

/**
 * The second move, then the first: the product of both.
 * @param {import("./types.d.ts").Matrix} after @param {import("./types.d.ts").Matrix} before @returns {import("./types.d.ts").Matrix}
 */
export function compose([a, b, c, d, e, f], [p, q, r, s, t, u]) {
  return [a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f]
}
