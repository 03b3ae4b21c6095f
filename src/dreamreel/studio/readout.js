// The playhead for numbers and marks. Nobody reads sixty numbers a second, and each would lay the page out anew: while
// it plays they follow eight times a second, and marks glide between. At rest they are exact.

import { effect, signal } from "./html.js"
import { calm, frame, playing } from "./state.js"

/** Milliseconds from one to the next. */
export const READOUT_MS = 125
/** The frame to tell. */
export const readout = signal(0)
/** Whether marks glide to it. */
export const glides = () => playing.peek() && !calm.matches

let timer = 0

function rest() {
  timer = 0
  if (readout.peek() !== frame.peek()) follow()
}

function follow() {
  readout.value = frame.peek()
  timer = setTimeout(rest, READOUT_MS)
}

effect(() => {
  const at = frame.value
  if (!playing.value) {
    clearTimeout(timer)
    timer = 0
    readout.value = at
  } else if (!timer) follow()
})
