// The library: what was made, newest first, page by page.

import { html, effect, useRef, useState } from "./html.js"
import { Status } from "./details.js"
import { films, framesDone, isOver, loaded, loadMore, next, previewAddress, refresh, seedOf, STATUS, titleOf, totalOf, valueOf, videoAddress } from "./films.js"
import { open } from "./runs.js"
import { showDetails } from "./side.js"
import { calm, opened } from "./state.js"

const LOOK_AGAIN_MS = 3000

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
    if (films.value.some((prediction) => !isOver(prediction))) lookLater()
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
      ${films.value.map((prediction) => html`<${Card} key=${prediction.id} prediction=${prediction} />`)}
    </ul>
    ${next.value && html`<button class="quiet more" onClick=${loadMore}>Load more</button>`}
    ${loaded.value &&
    !films.value.length &&
    html`<p class="empty">Nothing here yet. What you run stays here, with its video and everything it was made from.</p>`}
  </nav>`
}

function Card({ prediction }) {
  const [hovered, setHovered] = useState(false)
  const video = useRef()
  const isOpen = opened.value.includes(prediction.id)
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
      onClick=${() => (open(prediction.id), showDetails())}
      onPointerEnter=${(event) => event.pointerType === "mouse" && !calm.matches && setHovered(true)}
      onPointerLeave=${() => setHovered(false)}
    >
      <span class="thumb">
        ${frames > 0 && html`<img alt="" loading="lazy" src=${previewAddress(prediction, isOver(prediction) ? Math.floor(frames / 3) : frames - 1)} />`}
        ${canPlay && hovered && html`<video ref=${video} src=${videoAddress(prediction)} muted autoplay loop playsinline></video>`}
        ${!isOver(prediction) && html`<i class="thumb-progress" style=${{ width: `${(100 * frames) / totalOf(prediction)}%` }}></i>`}
      </span>
      <span class="card-text">
        <span class="card-title">${titleOf(prediction)}</span>
        <span class="card-facts"><${Status} status=${prediction.status} /> <span>${length} s</span>${seed !== null && html` <span class="card-seed" title=${`Seed ${seed}`}>#${seed}</span>`}</span>
      </span>
    </button>
  </li>`
}
