// Of more variations than fit beside each other: which are shown.

import { html, useMemo } from "./html.js"
import { films, seedOf } from "./films.js"
import { Icon } from "./icons.js"
import { MOST_OPEN, open } from "./runs.js"
import { stacksOf, turned } from "./stacks.js"

/** ids: of the films on the stage. Nothing where all of their stack are there. */
export function Variations({ ids }) {
  const all = useMemo(() => stacksOf(films.value).find((stack) => stack.films.some((film) => film.id === ids[0]))?.films.toReversed() ?? [], [films.value, ids[0]])
  if (all.length <= MOST_OPEN) return null
  const every = all.map((film) => film.id)
  const places = ids.map((id) => every.indexOf(id)).filter((at) => at >= 0)
  const [first, last] = [Math.min(...places), Math.max(...places)]
  const page = (from) => open(...every.slice(Math.max(Math.min(from, every.length - MOST_OPEN), 0)).slice(0, MOST_OPEN))
  return html`<div class="variations-shown" role="group" aria-label="Variations on the stage">
    <button class="quiet" aria-label="The variations before" disabled=${first === 0} onClick=${() => page(first - MOST_OPEN)}><${Icon} name="back" /></button>
    ${all.map(
      (film, at) => html`<button
        class="quiet"
        key=${film.id}
        aria-pressed=${ids.includes(film.id)}
        aria-label=${`Variation ${at + 1}, seed ${seedOf(film) ?? "not told"}`}
        title=${`Seed ${seedOf(film) ?? "not told"}`}
        onClick=${() => open(...turned(ids, film.id, every, MOST_OPEN))}
      >
        ${at + 1}
      </button>`,
    )}
    <button class="quiet" aria-label="The variations after" disabled=${last === every.length - 1} onClick=${() => page(last + 1)}><${Icon} name="on" /></button>
  </div>`
}
