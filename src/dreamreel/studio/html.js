// What every component imports: htm bound to Preact, hooks, signals, and what is done with a signal of a set.

import { h } from "./vendor/preact.js"
import htm from "./vendor/htm.js"

export const html = htm.bind(h)
export { render } from "./vendor/preact.js"
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js"
export { batch, computed, effect, signal } from "./vendor/signals.js"

/** Takes one out of the set that a signal holds, or puts it in. */
export function toggle(held, one) {
  const all = new Set(held.peek())
  if (!all.delete(one)) all.add(one)
  held.value = all
}
