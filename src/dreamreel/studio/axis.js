// Frames along the timeline.

import { numFrames } from "./state.js"

/** Where a frame stands, in percent of the lanes' width. */
export const percent = (at) => `${((100 * at) / numFrames.value).toFixed(3)}%`

/** The frame at a pointer, within element. */
export function frameAt(event, element, last = numFrames.value - 1) {
  const { left, width } = element.getBoundingClientRect()
  return Math.min(Math.max(Math.round(((event.clientX - left) / width) * numFrames.value), 0), last)
}
