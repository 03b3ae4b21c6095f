// Frames along the timeline and along a scrubber.

import { drag } from "./drag.js"
import { numFrames } from "./state.js"

/** Where a frame begins, in percent of the width of total frames; its middle is at frame + 0.5. */
export const percent = (at, total = numFrames.value) => `${((100 * at) / Math.max(total, 1)).toFixed(3)}%`

function placeOf(event, element, total) {
  const { left, width } = element.getBoundingClientRect()
  return ((event.clientX - left) / width) * total
}

/** The frame under a pointer, within element. */
export function frameAt(event, element, total = numFrames.value) {
  return Math.min(Math.max(Math.floor(placeOf(event, element, total)), 0), Math.max(total - 1, 0))
}

/** The frame whose beginning is nearest to a pointer, for what begins where it stands. */
export const edgeAt = (event, element) => Math.round(placeOf(event, element, numFrames.value))

/** Handlers of a bar that is scrubbed: seek(frame) is told what is under the pointer while it is held down. */
export function scrubbed(bar, total, seek) {
  const scrub = (event) => seek(frameAt(event, bar.current, total))
  const onPointerDown = (event) => {
    if (event.button !== 0) return
    scrub(event)
    drag(event, scrub)
  }
  return { onPointerDown }
}
