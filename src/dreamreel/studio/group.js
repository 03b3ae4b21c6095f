// Several films side by side, or two of them with a line between, in step: every one at the same frame.

import { html, effect, signal, useEffect, useRef } from "./html.js"
import { get } from "./api.js"
import { Allowance, PICTURE_RATE } from "./allowance.js"
import { fit } from "./canvases.js"
import { drag } from "./drag.js"
import { fpsOf, framesDone, isOver, known, learn, previewAddress, seedOf, titleOf, totalOf } from "./films.js"
import { Icon } from "./icons.js"
import { defaultsIn } from "./inputs.js"
import { animation, Clock, frameAfter, rangeOf } from "./playback.js"
import { open } from "./runs.js"
import { Stills } from "./stills.js"
import { Variations } from "./variations.js"
import { following, frame, label, marks, opened, playing, run, schemaOf, speed } from "./state.js"

/** Where the line between two films is, from 0 to 1; side by side while it is null. */
export const wipe = signal(null)

const filmOf = (id) => (run.value?.prediction?.id === id ? run.value.prediction : known.value.get(id))
function doneOf(film) {
  if (!film) return 0
  return run.value?.prediction?.id === film.id ? run.value.done : framesDone(film)
}

export function Group() {
  const ids = opened.value
  const all = ids.map(filmOf)
  const screens = useRef([])
  const isWiped = ids.length === 2 && wipe.value !== null
  useEffect(() => {
    // What the library has not loaded is asked for.
    for (const id of ids.slice(1)) if (!filmOf(id)) get(`/v1/predictions/${encodeURIComponent(id)}`).then(learn, () => {})
  }, [ids.join()])
  useEffect(() => playInStep(ids, screens.current), [ids.join()])
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

/** Plays films by their finished frames: none goes on before all have the next one. Returns a function that ends it. */
export function playInStep(ids, screens) {
  const clock = new Clock()
  const allowances = ids.map(() => new Allowance(PICTURE_RATE))
  const stills = ids.map((id, each) => {
    const came = (idx, bytes = 0) => (allowances[each].came(idx, bytes), loop.wake())
    return new Stills((idx) => previewAddress(filmOf(id), idx), came, came)
  })
  let timer = 0
  /** Milliseconds until a picture of each film may be asked for; 0 if they are from now on. at: of which frame, -1 for none. */
  const waitsFor = (at, now) => {
    const isNew = at.map((idx, each) => idx >= 0 && !stills[each].isAsked(idx))
    const waits = Math.max(0, ...allowances.map((each, idx) => (isNew[idx] ? each.waits(now) : 0)))
    if (!waits) allowances.forEach((each, idx) => isNew[idx] && each.ask(at[idx], now))
    return waits
  }
  const loop = animation((now) => {
    clearTimeout(timer)
    const all = ids.map(filmOf)
    const ends = all.map((film) => doneOf(film) - 1)
    const newest = Math.max(...ends)
    const total = Math.max(...all.map((film) => (film ? totalOf(film) : 0)))
    let soonest = Infinity
    const mayShow = (at) => {
      const waits = waitsFor(at, now)
      if (waits) soonest = Math.min(soonest, waits)
      return !waits
    }
    if (following.peek() && !playing.peek() && newest >= 0 && newest !== frame.peek() && mayShow(ends)) frame.value = newest
    if (playing.peek() && newest >= 0) {
      const due = clock.due(now, fpsOf(all[0] ?? all.find(Boolean)) * speed.peek())
      const next = frameAfter(frame.peek(), due, rangeOf(marks.peek(), total), newest)
      const isHere = stills.map((each, idx) => ends[idx] < 0 || each.take(Math.min(next, ends[idx]), ends[idx]))
      if (due && isHere.every(Boolean)) frame.value = next
    } else clock.stop()
    stills.forEach((each, idx) => {
      const at = Math.min(frame.peek(), ends[idx])
      // One that has not come to the playhead shows its newest frame, and so another one with each that is drawn.
      const isBehind = at < frame.peek() && !playing.peek()
      if (at >= 0 && (!isBehind || mayShow(ids.map((_, other) => (other === idx ? at : -1))))) paint(screens[idx], each.take(at))
    })
    if (soonest < Infinity) timer = setTimeout(() => loop.wake(), soonest)
    return playing.peek()
  })
  const stop = effect(() => {
    void [frame.value, playing.value, run.value, known.value, marks.value]
    loop.wake()
  })
  return () => {
    stop()
    clearTimeout(timer)
    loop.stop()
  }
}

function paint(canvas, still) {
  if (!canvas || !still) return
  fit(canvas, still.image)
  canvas.getContext("2d").drawImage(still.image, 0, 0)
}
