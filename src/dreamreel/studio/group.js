// Several films side by side, or two of them with a line between, in step: every one at the same frame.

import { html, signal, useEffect, useRef } from "./html.js"
import { get } from "./api.js"
import { drag } from "./drag.js"
import { doneOf, filmOf, isOver, learn, seedOf, titleOf, totalOf } from "./films.js"
import { Icon } from "./icons.js"
import { defaultsIn } from "./inputs.js"
import { open } from "./runs.js"
import { StepPlayer } from "./stepplayer.js"
import { Variations } from "./variations.js"
import { label, opened, schemaOf } from "./state.js"

/** Where the line between two films is, from 0 to 1; side by side while it is null. */
export const wipe = signal(null)

export function Group() {
  const ids = opened.value
  const all = ids.map(filmOf)
  const screens = useRef([])
  const isWiped = ids.length === 2 && wipe.value !== null
  useEffect(() => {
    // What the library has not loaded is asked for.
    for (const id of ids.slice(1)) if (!filmOf(id)) get(`/v1/predictions/${encodeURIComponent(id)}`).then(learn, () => {})
  }, [ids.join()])
  useEffect(() => {
    const player = new StepPlayer(ids, screens.current)
    return () => player.close()
  }, [ids.join()])
  return html`<div class="screen group-screen">
    <div class="group-tools">
      ${ids.length === 2 &&
      html`<div class="segments" role="group" aria-label="Compare">
        <button class="quiet" aria-pressed=${!isWiped} onClick=${() => (wipe.value = null)}>Side by side</button>
        <button class="quiet" aria-pressed=${isWiped} onClick=${() => (wipe.value = 0.5)}>Wipe</button>
      </div>`}
      <${Variations} ids=${ids} />
    </div>
    <div class=${`group count-${ids.length} ${isWiped ? "wiped" : ""}`} style=${{ "--wipe": `${100 * (wipe.value ?? 0.5)}%` }}>
      ${ids.map((id, idx) => html`<${Cell} key=${id} id=${id} idx=${idx} film=${all[idx]} differences=${differences(all, idx)} keep=${(canvas) => (screens.current[idx] = canvas)} />`)}
      ${isWiped && html`<${Line} />`}
    </div>
  </div>`
}

function Cell({ id, idx, film, differences: differing, keep }) {
  const canvas = useRef()
  useEffect(() => keep(canvas.current), [])
  const done = doneOf(film)
  const others = opened.value.filter((each) => each !== id)
  return html`<figure class="cell" data-id=${id}>
    <canvas ref=${canvas} role="img" aria-label=${film ? `${titleOf(film)}, seed ${seedOf(film) ?? "not told"}` : "A film"}></canvas>
    <figcaption>
      <b>${"ABCD"[idx]}</b>
      ${film ? html`<span class="cell-differs">${differing || titleOf(film)}</span>` : html`<span>…</span>`}
      ${film && !isOver(film) && html`<span>${done} / ${totalOf(film)}</span>`}
      <button class="quiet" title="Show this one alone" onClick=${() => open(id)}>Keep</button>
      <button class="quiet" aria-label="Take it away" title="Take it away" onClick=${() => open(...others)}><${Icon} name="close" /></button>
    </figcaption>
  </figure>`
}

/** The value of each input of a film, by name. */
function valuesOf(film) {
  const schema = schemaOf(film.model)
  const usual = defaultsIn(schema, film.input)
  return Object.fromEntries(Object.keys(schema).map((name) => [name, name === "seed" ? seedOf(film) : (film.input[name] ?? usual[name])]))
}

/** In words, which inputs of a film are not those of the first; of the first, those in which any other differs. */
function differences(all, idx) {
  if (!all[idx] || all.some((film) => !film)) return ""
  const [at, first] = [all[idx], all[0]].map(valuesOf)
  const others = idx === 0 ? all.slice(1).map(valuesOf) : [first]
  const differ = (name) => others.some((other) => (other[name] ?? null) !== (at[name] ?? null))
  const names = Object.keys({ ...at, ...first }).filter(differ)
  return names.map((name) => `${label(name)} ${String(at[name] ?? "not told").slice(0, 60)}`).join(" · ")
}

/** The line between two films: dragged, or moved with the arrow keys. */
function Line() {
  const onDown = (event) => {
    const before = wipe.value
    const { left, width } = event.currentTarget.parentElement.getBoundingClientRect()
    const move = (moved) => (wipe.value = Math.min(Math.max((moved.clientX - left) / width, 0), 1))
    drag(event, move, (isKept) => isKept || (wipe.value = before))
  }
  const onKey = (event) => {
    const by = { ArrowLeft: -0.02, ArrowRight: 0.02 }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    wipe.value = Math.min(Math.max(wipe.value + by, 0), 1)
  }
  return html`<div
    class="wipe-line"
    role="slider"
    tabindex="0"
    aria-label="Line between A and B"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(100 * wipe.value)}
    onPointerDown=${onDown}
    onKeyDown=${onKey}
  ></div>`
}
