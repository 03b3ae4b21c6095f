// A mark that travels along a bar with the playhead. The compositor moves it: nothing is laid out or painted anew.

import { html, effect, useEffect, useRef } from "./html.js"
import { glides, READOUT_MS } from "./readout.js"

/** name: its class. at: a signal of the frame in whose middle it stands. total: frames along the bar. */
export function Traveler({ name, at, total }) {
  /** @type {{current: HTMLElement}} */
  const mark = useRef()
  useEffect(() => {
    let before = Infinity
    return effect(() => {
      const to = at.value
      // Where the film begins again it jumps.
      mark.current.style.transition = glides() && to > before ? `transform ${READOUT_MS}ms linear` : "none"
      mark.current.style.transform = `translateX(${((100 * (to + 0.5)) / Math.max(total, 1)).toFixed(3)}%)`
      before = to
    })
  }, [at, total])
  return html`<span class="travel" aria-hidden="true"><span class="traveler" ref=${mark}><i class=${name}></i></span></span>`
}
