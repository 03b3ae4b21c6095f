// Keeps the motion preview at the playhead. A worker draws it, so that no edit waits for a picture.

import { effect, signal } from "./html.js"
import { roleIn } from "./inputs.js"
import { animation, Clock, frameAfter, rangeOf } from "./playback.js"
import { MOVES } from "./preview.js"
import { calm, checked, fps, frame, marks, numFrames, picture, playing, replays, schema, speed, valueOfRole } from "./state.js"

// One for the page, from its start: it takes a while to begin, and the stage would be empty for so long.
const worker = new Worker(new URL("./previewworker.js", import.meta.url), { type: "module" })
worker.onmessage = () => performance.measure("edit to preview", "edit")

/** Whether the worker could not begin, or stumbled while it drew: what the canvas shows means nothing then. */
export const isBroken = signal(false)
worker.onerror = () => (isBroken.value = true)

/** canvas: the element to draw on. Returns a function that ends it. */
export function playPreview(canvas) {
  const shown = canvas.transferControlToOffscreen()
  worker.postMessage({ canvas: shown }, [shown])
  const fit = () => worker.postMessage({ side: Math.max(canvas.clientWidth, canvas.clientHeight) * devicePixelRatio })
  fit()
  let before = null
  const loop = playheadInTime()
  const watch = new ResizeObserver(fit)
  watch.observe(canvas)
  const stops = [
    // Before the plan, with which the picture is painted: after it, it would be painted twice.
    effect(() => worker.postMessage({ image: picture.value.image })),
    effect(() => {
      const plan = planOf(checked.value)
      if (!plan) return
      const isEdited = before !== null && performance.getEntriesByName("edit").length > 0
      const moves = isEdited && motionDiffers(before, plan)
      worker.postMessage({ plan, isEdited })
      before = plan
      if (frame.peek() >= plan.total) frame.value = plan.total - 1
      if (moves && replays.peek() && !calm.matches) playing.value = true
    }),
    effect(() => worker.postMessage({ frame: frame.value })),
    effect(() => {
      if (playing.value) loop.wake()
    }),
  ]
  return () => {
    loop.stop()
    watch.disconnect()
    stops.forEach((stop) => stop())
  }
}

/** Moves the playhead on while the preview plays, once it is woken: see animation. */
function playheadInTime() {
  const clock = new Clock()
  return animation((now) => {
    if (playing.peek()) {
      const due = clock.due(now, fps.peek() * speed.peek())
      const range = rangeOf(marks.peek(), numFrames.peek())
      if (due) frame.value = frameAfter(frame.peek(), due, range, numFrames.peek() - 1)
    } else clock.stop()
    return playing.peek()
  })
}

function planOf(answer) {
  if (!answer) return null
  const values = (part) => answer.schedules[roleIn(schema.peek(), part)]?.values
  const series = Object.fromEntries(MOVES.map((part) => [part, values(part)]).filter(([, found]) => found))
  const { width, height } = answer.canvas
  return { width, height, series, border: valueOfRole(answer.input, "edge"), total: numFrames.peek() }
}

function motionDiffers(before, after) {
  return Object.keys(after.series).some((name) => !before.series[name] || before.series[name].some((value, idx) => value !== after.series[name][idx]))
}
