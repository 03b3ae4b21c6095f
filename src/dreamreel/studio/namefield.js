// Where a film is given a name of its own.

import { html, useLayoutEffect, useRef } from "./html.js"
import { titleOf } from "./films.js"
import { rename } from "./keeping.js"

/** An empty name takes the name away: the film is called by its first prompt again. done(): called at the end. */
export function NameField({ film, done }) {
  const field = useRef()
  const isOver = useRef(false)
  // Before the browser paints: no key that is typed meanwhile is lost.
  useLayoutEffect(() => {
    field.current.focus()
    field.current.select()
  }, [])
  const finish = (isKept) => {
    if (isOver.current) return
    isOver.current = true
    const name = field.current.value
    if (isKept && name.trim() !== (film.name ?? "")) rename(film, name)
    done()
  }
  const onKey = (event) => {
    event.stopPropagation()
    if (event.isComposing) return
    if (event.key === "Escape") finish(false)
    else if (event.key === "Enter") finish(true)
  }
  return html`<input
    class="name-field"
    type="text"
    ref=${field}
    maxlength="200"
    value=${film.name ?? ""}
    placeholder=${titleOf(film)}
    aria-label="Name of the film; Enter keeps it, Escape does not"
    onKeyDown=${onKey}
    onBlur=${() => finish(true)}
  />`
}
