// The numbers of one keyframe, to be typed; where there is no keyboard, the way to remove it.

import { html, useLayoutEffect, useRef } from "./html.js"

const stay = (event) => event.stopPropagation()

/** value: null for a formula, which stays. keep(frame, value), remove(): what is to be done; remove is null for the last key. */
export function KeySheet({ words, frame, value, last, unit, keep, remove, done }) {
  const [dialog, at, to] = [useRef(), useRef(), useRef()]
  useLayoutEffect(() => dialog.current.showModal(), [])
  const submit = (event) => {
    event.preventDefault()
    const spot = Math.min(Math.max(Math.round(Number(at.current.value)), 0), Math.max(last, frame))
    keep(at.current.value === "" ? frame : spot, value === null || to.current.value === "" ? value : Number(to.current.value))
    dialog.current.close()
  }
  const act = (what) => () => {
    what?.()
    dialog.current.close()
  }
  return html`<dialog ref=${dialog} class="sheet" aria-label=${words} onClose=${done} onKeyDown=${stay} onDblClick=${stay} onPointerDown=${stay}>
    <form onSubmit=${submit}>
      <h2>${words}</h2>
      <label>Frame <input ref=${at} type="number" min="0" max=${last} step="1" value=${frame} /></label>
      ${value === null
        ? html`<p class="muted">Its value is a formula: see the text.</p>`
        : html`<label>Value ${unit && html`<small class="muted">${unit}</small>`} <input ref=${to} type="number" step="any" value=${Number(value.toPrecision(7))} autofocus /></label>`}
      <div class="actions">
        <button class="button primary">Keep</button>
        ${remove && html`<button type="button" class="button" onClick=${act(remove)}>Remove</button>`}
        <button type="button" class="button" onClick=${act(null)}>Cancel</button>
      </div>
    </form>
  </dialog>`
}
