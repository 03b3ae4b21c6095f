// Canvases that show finished pictures.

/** Gives a canvas the size of a picture. */
export function fit(canvas, { naturalWidth: width, naturalHeight: height }) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height]
}

/** What a canvas shows now, as another one. */
export function copyOf(canvas) {
  const copy = document.createElement("canvas")
  ;[copy.width, copy.height] = [canvas.width, canvas.height]
  copy.getContext("2d").drawImage(canvas, 0, 0)
  return copy
}
