// A mark that travels along a bar with the playhead. The compositor moves it: nothing is laid out or painted anew.

import { html, computed, useMemo } from "./html.js"

/** name: its class. at: a signal of the frame in whose middle it stands. total: frames along the bar. */
export function Traveler({ name, at, total }) {
  const style = useMemo(() => computed(() => `transform: translateX(${((100 * (at.value + 0.5)) / Math.max(total, 1)).toFixed(3)}%)`), [at, total])
  return html`<span class="travel" aria-hidden="true"><span class="traveler" style=${style}><i class=${name}></i></span></span>`
}
