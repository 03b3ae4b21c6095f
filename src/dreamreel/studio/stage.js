// The stage: the motion preview, a film, or several films in step; one transport below, one playhead for all.

import { html, computed, useEffect, useRef } from "./html.js"
import { fpsOf, framesDone, isOver, known } from "./films.js"
import { FilmPlayer } from "./filmplayer.js"
import { Group } from "./group.js"
import { roleIn } from "./inputs.js"
import { readout } from "./readout.js"
import { aheadOf, cancel, hasFrames, open, ours, renew } from "./runs.js"
import { PictureTools } from "./pictures.js"
import { isBroken, playPreview } from "./previewplayer.js"
import { loadingWorkers, now, readyWorkers, trouble } from "./link.js"
import { situationOf } from "./situation.js"
import { calm, checked, following, fps, frame, mode, label, numFrames, opened, playing, run, schema, tell, valueOfRole } from "./state.js"
import { Transport } from "./transport.js"

/** What is on the stage: "preview", "film", "group", or "missing". */
export function onStage() {
  if (mode.value === "preview" || !opened.value.length) return "preview"
  if (opened.value.length > 1) return areAllToCome(opened.value) ? "preview" : "group"
  const { prediction, missing } = run.value ?? {}
  if (missing) return "missing"
  // Something moves from the first moment: the motion that a film of ours will have.
  return prediction && !hasFrames.value && !run.value.drawing && !isOver(prediction) && ours.value.has(prediction.id) ? "preview" : "film"
}

/** Whether all of these are films of ours without a frame so far. */
const areAllToCome = (ids) =>
  !hasFrames.value && ids.every((id) => ours.value.has(id) && known.value.has(id) && !framesDone(known.value.get(id)) && !isOver(known.value.get(id)))

/** {total, done, changes, fps} of what is on the stage. */
export function reel() {
  const shows = onStage()
  if (shows === "preview") {
    return { total: numFrames.value, done: numFrames.value, changes: checked.value?.prompts ?? [], fps: fps.value }
  }
  const { prediction, total, done, prompts } = run.value ?? { total: 0, done: 0, prompts: [] }
  if (shows === "group") {
    const all = opened.value.map((id) => known.value.get(id)).filter(Boolean)
    const most = Math.max(0, ...all.map((film) => (film.id === prediction?.id ? done : framesDone(film))))
    return { total: Math.max(total, most), done: most, changes: prompts, fps: prediction ? fpsOf(prediction) : 15 }
  }
  return { total, done, changes: prompts, fps: prediction ? fpsOf(prediction) : 15 }
}

export function Stage() {
  const section = useRef()
  const shows = onStage()
  const { total, done, changes, fps: rate } = reel()
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : section.current.requestFullscreen().catch((error) => tell(error.message)))
  const Screen = { preview: PreviewScreen, film: FilmScreen, group: Group, missing: Missing }[shows]
  const isLive = shows !== "preview" && run.value?.prediction && !isOver(run.value.prediction)
  return html`<section
    class=${`stage shows-${shows} ${total === numFrames.value ? "along-ruler" : ""}`}
    id="stage"
    ref=${section}
    aria-label="Stage"
  >
    <div class="stage-head">
      <${Switch} />
      <span class="spring"></span>
      ${shows === "preview" && mode.value === "preview" && html`<${PictureTools} />`}
    </div>
    <${Screen} key=${shows === "film" ? opened.value[0] : shows} />
    <${Situation} />
    ${shows !== "missing" &&
    html`<${Transport} total=${total} done=${done} changes=${changes} fps=${rate} full=${full}>
      ${isLive &&
      html`<button class="quiet toggle" aria-pressed=${following.value} onClick=${follow} title="Show each frame as it finishes">Follow</button>`}
    <//>`}
  </section>`
}

function follow() {
  playing.value = false
  following.value = true
}

function Switch() {
  const has = opened.value.length > 0
  const to = (which) => {
    playing.value = false
    mode.value = which
  }
  return html`<div class="segments" role="group" aria-label="On the stage">
    <button class="quiet" aria-pressed=${mode.value === "film"} disabled=${!has} title=${has ? "" : "Run draws one"} onClick=${() => to("film")}>
      ${opened.value.length > 1 ? `${opened.value.length} films` : "Film"}
    </button>
    <button class="quiet" aria-pressed=${mode.value === "preview"} onClick=${() => to("preview")}>Motion preview</button>
  </div>`
}

function PreviewScreen() {
  const canvas = useRef()
  useEffect(() => playPreview(canvas.current), [])
  const size = checked.value?.canvas ?? { width: 1, height: 1 }
  return html`<div class="screen ${isBroken.value ? "missing" : ""}">
    ${isBroken.value && html`<div role="alert">
      <h2>The motion preview cannot be drawn here.</h2>
      <p>Films are drawn all the same. Loading the page again may help.</p>
    </div>`}
    <canvas ref=${canvas} id="preview" class=${isBroken.value ? "hidden" : ""} role="img" aria-label="Motion preview" style=${{ aspectRatio: `${size.width} / ${size.height}` }}></canvas>
  </div>`
}

// What goes with the playhead is told by signals of its own, so that a frame draws nothing else of the stage anew.
const shownAt = computed(() => Math.min(frame.value, (run.value?.done ?? 0) - 1))
const shownLabel = computed(() => `Frame ${readout.value}`)
const caption = computed(() => (shownAt.value < 0 ? "" : promptAt(run.value.prompts, shownAt.value)))

function FilmScreen() {
  const [canvas, video, screen] = [useRef(), useRef(), useRef()]
  const { prediction, done } = run.value ?? { done: 0 }
  const has = Boolean(prediction) && done > 0
  useEffect(() => {
    if (!has) return undefined
    let renewed = false
    const says = async ({ what }) => {
      // Addresses end some time: those of a new answer are tried before anything is said.
      if (!renewed && (renewed = true) && (await renew())) player.retry()
      else if (what === "video") tell("The video cannot be played here; its frames are shown instead")
      else if (!run.peek()?.prediction?.data_removed) tell("This frame cannot be loaded")
    }
    const player = new FilmPlayer({ canvas: canvas.current, video: video.current, run, says, isCalm: calm })
    return () => player.close()
  }, [has, prediction?.id])
  return html`<div class="screen" ref=${screen}>
    <div class="film" data-frame=${shownAt}>
      <canvas ref=${canvas} class=${has ? "" : "hidden"} role="img" aria-label=${shownLabel}></canvas>
      <video ref=${video} class="behind" muted playsinline aria-label="Film"></video>
      <${Drawing} />
    </div>
    <p class="caption">${caption}</p>
  </div>`
}

// What the frame that is being drawn is to become, over the newest one, for whoever waits for it.
const drawing = computed(() => (following.value && !playing.value ? run.value?.drawing : null))

function Drawing() {
  if (!drawing.value) return null
  const { idx, evaluation, evaluations, image } = drawing.value
  return html`<img src=${image} alt=${`Frame ${idx} after ${evaluation} of ${evaluations} evaluations`} />`
}

export function promptAt(prompts, at) {
  return (prompts.filter((prompt) => prompt.frame <= at).at(-1) ?? prompts[0])?.text ?? ""
}

function Missing() {
  const { status } = run.value.missing
  const words = status === 404
    ? ["There is no such film.", "The link may be mistyped, the film deleted, or made with another token than yours."]
    : [run.value.missing.message, "Try again in a moment."]
  return html`<div class="screen missing">
    <div>
      <h2>${words[0]}</h2>
      <p>${words[1]}</p>
      <button class="button" onClick=${() => open()}>To the motion preview</button>
    </div>
  </div>`
}

/** What the matter is with the film that is open; spoken when that changes, not with every frame. */
export function situation() {
  const { prediction, done, total, eta, heard } = run.value ?? {}
  if (!prediction) return null
  const [ahead, workers, loading] = [aheadOf(prediction), readyWorkers.value, loadingWorkers.value]
  return situationOf({ film: prediction, done, total, eta, heard, now: now.value, ahead, workers, loading, isAway: trouble.value !== "" })
}

/** The films that Cancel is about: all that are open and not over. */
const onStageNow = (first) => [first, ...opened.value.slice(1).map((id) => known.value.get(id)).filter((film) => film && !isOver(film))]

const SPOKEN = { done: "The film is done", drawing: "The film is being drawn" }

function Situation() {
  const found = mode.value === "film" ? situation() : null
  const { prediction, done, total } = run.value ?? {}
  const spoken = found && (SPOKEN[found.state] ?? `${found.words} ${found.more}`.trim())
  const isVisible = found && (found.words || found.more)
  return html`<div class=${`situation ${found?.state ?? ""}`} data-status=${prediction?.status} data-done=${done}>
    <p class="visually-hidden" role="status">${["quiet", "queued", "stopped", "failed", "removed", "canceled", "done", "drawing"].includes(found?.state) ? spoken : ""}</p>
    ${onStage() === "preview" &&
    html`<p class="situation-note">
      The camera's moves over a picture${mode.value === "film" && ", until the first frame is there"}. The model draws each
      frame anew: what stands, turns or grows in the film is up to it.${valueOfRole(checked.value?.input, "turn_in_space") === true && ` Not shown here: ${label(roleIn(schema.value, "turn_in_space"))}.`}
    </p>`}
    ${isVisible &&
    html`<div class="situation-row">
      <p><b>${found.words}</b> <span>${found.more}</span></p>
      ${!isOver(prediction) && html`<button class="button small" onClick=${() => cancel(...onStageNow(prediction))}>Cancel</button>`}
    </div>`}
    ${prediction && !isOver(prediction) && mode.value === "film" &&
    html`<progress max=${total || 1} value=${done} aria-label="Frames done"></progress>`}
  </div>`
}
