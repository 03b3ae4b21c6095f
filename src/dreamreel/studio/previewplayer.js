// Keeps the motion preview at the playhead.

import { effect } from "./html.js"
import { roleIn } from "./inputs.js"
import { animation, Clock, frameAfter, rangeOf } from "./playback.js"
import { MOVES, Preview } from "./preview.js"
import { calm, checked, fps, frame, marks, numFrames, picture, playing, replays, schema, speed, valueOfRole } from "./state.js"

/** canvas: the element to draw on. Returns a function that ends it. */
export function playPreview(canvas) {
  const preview = new Preview(canvas)
  const fit = () => preview.setSide(Math.max(canvas.clientWidth, canvas.clientHeight) * devicePixelRatio)
  fit()
  const clock = new Clock()
  let edited = false
  const loop = animation((now) => {
    if (playing.peek()) {
      const due = clock.due(now, fps.peek() * speed.peek())
      const range = rangeOf(marks.peek(), numFrames.peek())
      if (due) frame.value = frameAfter(frame.peek(), due, range, numFrames.peek() - 1)
    } else clock.stop()
    if (preview.plan) preview.show(frame.peek())
    if (edited) performance.measure("edit to preview", "edit")
    edited = false
    return playing.peek()
  })
  const watch = new ResizeObserver(() => {
    fit()
    loop.wake()
  })
  watch.observe(canvas)
  const stops = [
    effect(() => {
      const plan = planOf(checked.value)
      if (!plan) return
      edited = preview.plan !== null && performance.getEntriesByName("edit").length > 0
      const moves = edited && motionDiffers(preview.plan, plan)
      preview.setPlan(plan)
      if (frame.peek() >= plan.total) frame.value = plan.total - 1
      if (moves && replays.peek() && !calm.matches) playing.value = true
      loop.wake()
    }),
    effect(() => {
      preview.setPicture(picture.value.image)
      loop.wake()
    }),
    effect(() => {
      void [frame.value, playing.value]
      loop.wake()
    }),
  ]
  return () => {
    loop.stop()
    watch.disconnect()
    stops.forEach((stop) => stop())
  }
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
