// The composer's stage: the motion preview, its transport, and the picture that is moved.

import { html, effect, signal, useEffect, useRef } from "./html.js"
import { library } from "./library.js"
import { MOTION, Preview } from "./preview.js"
import { frameAddress, framesDone } from "./runs.js"
import { checked, fps, frame, notice, numFrames, playing } from "./state.js"
import { Transport } from "./transport.js"

/** What is moved: {kind, image}; without an image the test picture. */
export const picture = signal({ kind: "test", image: null })
const replays = signal(true)
const calm = matchMedia("(prefers-reduced-motion: reduce)")

export function Stage() {
  const canvas = useRef()
  useEffect(() => run(canvas.current), [])
  const size = checked.value?.canvas ?? { width: 1, height: 1 }
  return html`<section class="stage" aria-label="Motion preview">
    <div class="screen">
      <canvas
        ref=${canvas}
        id="preview"
        role="img"
        aria-label="Motion preview"
        style=${{ aspectRatio: `${size.width} / ${size.height}` }}
      ></canvas>
      <div class="screen-note">
        <b>Motion preview</b>
        <span>${size.width > 1 && `${size.width} × ${size.height}`}</span>
      </div>
      <div class="screen-tools">
        <${Pictures} />
        <button
          class="quiet toggle"
          aria-pressed=${replays.value}
          title="Play whenever a schedule is edited"
          onClick=${() => (replays.value = !replays.value)}
        >
          Play on edit
        </button>
      </div>
      <p class="caption">${promptAt(checked.value?.prompts ?? [], frame.value)}</p>
    </div>
    <${Transport}
      at=${frame.value}
      total=${numFrames.value}
      done=${numFrames.value}
      marks=${checked.value?.prompts ?? []}
      isPlaying=${playing.value}
      toggle=${() => (playing.value = !playing.value)}
      seek=${(at) => {
        playing.value = false
        frame.value = at
      }}
    />
  </section>`
}

export function promptAt(prompts, at) {
  return (prompts.filter((prompt) => prompt.frame <= at).at(-1) ?? prompts[0])?.text ?? ""
}

/** Keeps the canvas at the playhead until the returned function is called. */
function run(canvas) {
  const preview = new Preview(canvas)
  let awake = false
  let last = 0
  let behind = false
  let edited = false
  const tick = (now) => {
    // Behind the playhead (after a jump or an edit) the film waits, and more time goes into catching up.
    last = playing.peek() && !behind ? advance(now, last) : now
    const there = preview.plan ? preview.show(frame.peek(), behind ? 24 : 10) : true
    behind = !there
    if (edited && there) performance.measure("edit to preview", "edit")
    edited &&= !there
    awake = playing.peek() || !there
    if (awake) requestAnimationFrame(tick)
  }
  const wake = () => {
    if (awake) return
    awake = true
    last = performance.now()
    requestAnimationFrame(tick)
  }
  const stops = [
    effect(() => {
      const plan = planOf(checked.value)
      if (!plan) return
      edited = preview.plan !== null && performance.getEntriesByName("edit").length > 0
      const moves = edited && motionDiffers(preview.plan, plan)
      preview.setPlan(plan)
      if (frame.peek() >= plan.total) frame.value = plan.total - 1
      if (moves && replays.peek() && !calm.matches) playing.value = true
      wake()
    }),
    effect(() => {
      preview.setPicture(picture.value.image)
      wake()
    }),
    effect(() => [frame.value, playing.value] && wake()),
  ]
  return () => {
    awake = true
    playing.value = false
    stops.forEach((stop) => stop())
  }
}

/** Moves the playhead as far as time did; returns the time up to which it did. */
function advance(now, last) {
  const due = Math.floor(((now - last) / 1000) * fps.peek())
  if (due <= 0) return last
  frame.value = (frame.peek() + due) % numFrames.peek()
  return last + (due / fps.peek()) * 1000
}

function planOf(answer) {
  if (!answer) return null
  const series = Object.fromEntries(MOTION.map((name) => [name, answer.schedules[name].values]))
  const { width, height } = answer.canvas
  return { width, height, series, border: answer.input.border, total: answer.input.max_frames }
}

function motionDiffers(before, after) {
  return MOTION.some((name) => before.series[name].some((value, idx) => value !== after.series[name][idx]))
}

function Pictures() {
  const upload = useRef()
  const choose = (kind, image) => (picture.value = { kind, image })
  const latest = library.value.find((each) => framesDone(each) > 0)
  const takeUpload = async (event) => {
    const [file] = event.currentTarget.files
    event.currentTarget.value = "" // so that the same file can be chosen again
    if (!file) return
    try {
      choose("upload", await createImageBitmap(file))
    } catch {
      notice.value = `${file.name} is not a picture that this browser can show`
    }
  }
  const option = (kind, words, onClick, title) =>
    html`<button class="quiet" aria-pressed=${picture.value.kind === kind} onClick=${onClick} title=${title}>${words}</button>`
  return html`<div class="segments" role="group" aria-label="Picture to move">
    ${option("test", "Test picture", () => choose("test", null), "A landscape drawn by this page")}
    ${latest && option("last", "Last result", () => moveLastFrame(latest), "The last frame of the newest prediction")}
    ${option("upload", "Your own…", () => upload.current.click(), "It stays in this browser")}
    <input ref=${upload} class="hidden" type="file" accept="image/*" tabindex="-1" aria-hidden="true" onChange=${takeUpload} />
  </div>`
}

/** Takes the last finished frame of a prediction as the picture to move. */
export async function moveLastFrame(prediction) {
  const image = new Image()
  image.src = frameAddress(prediction, framesDone(prediction) - 1)
  try {
    await image.decode()
    picture.value = { kind: "last", image }
  } catch {
    notice.value = "That frame is no longer kept"
  }
}

