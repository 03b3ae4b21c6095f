// The stage of one prediction: frames as they finish, the video while it grows, and a walk over both.

import { html, signal, useEffect, useRef } from "./html.js"
import { playGrowing } from "./player.js"
import { frameAddress, isOver, run, videoAddress } from "./runs.js"
import { valueOf } from "./library.js"
import { promptAt } from "./stage.js"
import { Transport } from "./transport.js"

/** The frame that is shown; null follows the newest one. */
export const shownFrame = signal(null)
export const filmPlaying = signal(false)

export function Watch() {
  const video = useRef()
  const { prediction, done, total, prompts, missing } = run.value ?? { prompts: [], done: 0, total: 0 }
  const at = Math.min(shownFrame.value ?? done - 1, Math.max(done - 1, 0))
  useEffect(() => {
    shownFrame.value = null
    filmPlaying.value = false
  }, [prediction?.id])
  useEffect(() => (filmPlaying.value ? play(video.current, prediction, Math.max(shownFrame.peek() ?? 0, 0)) : undefined), [
    filmPlaying.value,
    prediction?.id,
  ])
  const isFilm = filmPlaying.value
  return html`<section class="stage watching" aria-label="Film">
    <div class="screen">
      ${missing && html`<p class="empty">${missing}</p>`}
      <div class="film" data-frame=${at}>
        ${prediction && done > 0 && html`<img alt=${`Frame ${at + 1}`} src=${frameAddress(prediction, at)} />`}
        <video ref=${video} class=${isFilm ? "" : "hidden"} muted playsinline aria-label="Film"></video>
        ${prediction && !done && html`<${Waiting} prediction=${prediction} />`}
      </div>
      ${prediction && html`<p class="caption">${promptAt(prompts, Math.max(at, 0))}</p>`}
    </div>
    <${Transport}
      at=${Math.max(at, 0)}
      total=${total}
      done=${done}
      marks=${prompts}
      isPlaying=${isFilm}
      toggle=${toggleFilm}
      seek=${seekFilm}
    >
      ${prediction &&
      !isOver(prediction) &&
      html`<button class="quiet toggle" aria-pressed=${shownFrame.value === null && !isFilm} onClick=${followNewest} title="Show each frame as it finishes">
        Follow
      </button>`}
    <//>
  </section>`
}

function Waiting({ prediction }) {
  const words = { starting: "Waiting for a worker", processing: "Drawing the first frame" }[prediction.status]
  return html`<p class="empty">${words ?? (prediction.data_removed ? "Its files are no longer kept" : "No frame was drawn")}</p>`
}

export function toggleFilm() {
  const { done } = run.peek() ?? {}
  if (!filmPlaying.peek() && !done) return
  if (!filmPlaying.peek() && (shownFrame.peek() ?? done) >= done - 1) shownFrame.value = 0
  filmPlaying.value = !filmPlaying.peek()
}

export function seekFilm(at) {
  filmPlaying.value = false
  shownFrame.value = at
}

export function followNewest() {
  filmPlaying.value = false
  shownFrame.value = null
}

/** Plays from a frame on; the returned function stops. The frame shown follows the film. */
function play(video, prediction, from) {
  const fps = valueOf(prediction, "fps")
  const over = isOver(prediction)
  const stop = over ? undefined : playGrowing(video, videoAddress(prediction))
  if (over) video.src = videoAddress(prediction)
  const start = () => {
    video.currentTime = from / fps
    video.play().catch(() => {})
  }
  let playing = true
  // Each picture tells its time where the browser can do that; elsewhere the clock does, four times a second.
  const told = (_, picture) => {
    if (!playing) return
    shownFrame.value = Math.floor((picture?.mediaTime ?? video.currentTime) * fps + 0.01)
    video.requestVideoFrameCallback?.(told)
  }
  const ended = () => (filmPlaying.value = false)
  video.addEventListener("loadeddata", start, { once: true })
  if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(told)
  else video.addEventListener("timeupdate", told)
  video.addEventListener("ended", ended)
  return () => {
    playing = false
    stop?.()
    video.pause()
    video.removeEventListener("loadeddata", start)
    video.removeEventListener("timeupdate", told)
    video.removeEventListener("ended", ended)
    video.removeAttribute("src")
    video.load()
  }
}
