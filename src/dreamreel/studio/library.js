// The library: what was made, newest first, page by page.

import { get, local } from "./api.js"
import { html, effect, signal, useRef, useState } from "./html.js"
import { framesDone, isOver, open, previewAddress, videoAddress } from "./runs.js"
import { notice, opened, schema } from "./state.js"

const PAGE = 24
const LOOK_AGAIN_MS = 1500
export const library = signal([])
const loaded = signal(false)
const next = signal("")

/** The newest page again, in front of what was loaded before. */
export async function refresh() {
  const page = await get(`/v1/predictions?limit=${PAGE}`)
  const ids = new Set(page.results.map((prediction) => prediction.id))
  const others = library.peek().filter((prediction) => !ids.has(prediction.id))
  const isFirst = !loaded.peek()
  library.value = newestFirst([...page.results, ...others])
  if (isFirst) next.value = page.next ? local(page.next) : ""
  loaded.value = true
}

const newestFirst = (predictions) => predictions.sort((a, b) => (a.created_at < b.created_at ? 1 : -1))

async function loadMore() {
  try {
    const page = await get(next.peek())
    const ids = new Set(library.peek().map((prediction) => prediction.id))
    library.value = [...library.peek(), ...page.results.filter((prediction) => !ids.has(prediction.id))]
    next.value = page.next ? local(page.next) : ""
  } catch (error) {
    notice.value = error.message
  }
}

/** Takes a newer form of one prediction over. */
export function replace(prediction) {
  const others = library.peek().filter((each) => each.id !== prediction.id)
  library.value = newestFirst([...others, prediction])
}

/** Looks again while something is being drawn or the server is away, and when the page is looked at again. */
export function keepFresh() {
  let timer = 0
  const lookLater = () => {
    clearTimeout(timer)
    timer = setTimeout(look, LOOK_AGAIN_MS)
  }
  const look = () => (document.hidden ? lookLater() : refresh().catch(lookLater))
  effect(() => {
    clearTimeout(timer)
    if (library.value.some((prediction) => !isOver(prediction))) lookLater()
  })
  look()
  addEventListener("visibilitychange", () => document.hidden || look())
}

export function Library() {
  return html`<nav class="library" aria-label="Library">
    <header>
      <h2>Library</h2>
    </header>
    <ul class="cards">
      ${library.value.map((prediction) => html`<${Card} key=${prediction.id} prediction=${prediction} />`)}
    </ul>
    ${next.value && html`<button class="quiet more" onClick=${loadMore}>Load more</button>`}
    ${loaded.value &&
    !library.value.length &&
    html`<p class="empty">Nothing here yet. What you run stays here, with its video and everything it was made from.</p>`}
  </nav>`
}

/** A text for people that names a prediction: its first prompt. */
export function titleOf(prediction) {
  const text = String(prediction.input.animation_prompts ?? schema.value.animation_prompts?.default ?? "")
  return text.split("|")[0].replace(/^\s*\d+\s*:\s*/, "").trim() || "without a prompt"
}

export const seedOf = (prediction) =>
  prediction.logs?.match(/^Using seed: (\d+)/m)?.[1] ?? prediction.input.seed ?? null

export const valueOf = (prediction, name) => prediction.input[name] ?? schema.value[name]?.default

function Card({ prediction }) {
  const [hovered, setHovered] = useState(false)
  const video = useRef()
  const isOpen = opened.value === prediction.id
  const frames = framesDone(prediction)
  const canPlay = isOver(prediction) && frames > 0
  const length = (valueOf(prediction, "max_frames") / valueOf(prediction, "fps")).toFixed(1)
  const seed = seedOf(prediction)
  return html`<li>
    <button
      class=${`card ${isOpen ? "open" : ""}`}
      aria-current=${isOpen}
      aria-label=${`${titleOf(prediction)}: ${STATUS[prediction.status]}`}
      data-id=${prediction.id}
      onClick=${() => open(prediction.id)}
      onPointerEnter=${(event) => event.pointerType === "mouse" && setHovered(true)}
      onPointerLeave=${() => setHovered(false)}
    >
      <span class="thumb">
        ${frames > 0 && html`<img alt="" loading="lazy" src=${previewAddress(prediction, isOver(prediction) ? Math.floor(frames / 3) : frames - 1)} />`}
        ${canPlay && hovered && html`<video ref=${video} src=${videoAddress(prediction)} muted autoplay loop playsinline></video>`}
        ${!isOver(prediction) && html`<i class="thumb-progress" style=${{ width: `${(100 * frames) / valueOf(prediction, "max_frames")}%` }}></i>`}
      </span>
      <span class="card-text">
        <span class="card-title">${titleOf(prediction)}</span>
        <span class="card-facts"><${Status} status=${prediction.status} /> <span>${length} s</span>${seed !== null && html` <span class="card-seed" title=${`Seed ${seed}`}>#${seed}</span>`}</span>
      </span>
    </button>
  </li>`
}

const STATUS = {
  starting: "queued",
  processing: "drawing",
  succeeded: "done",
  failed: "failed",
  canceled: "canceled",
}

export function Status({ status }) {
  return html`<span class=${`status ${status}`}>${STATUS[status] ?? status}</span>`
}
