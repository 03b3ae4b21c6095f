// Words that films are sorted by: given and taken away beside a film, chosen in the library.

import { html, computed, useRef } from "./html.js"
import { films } from "./films.js"
import { Icon } from "./icons.js"
import { mark } from "./keeping.js"
import { query, search } from "./listing.js"

const LONGEST = 50

/** Every tag of the films that are known, in order. */
const allTags = computed(() => [...new Set(films.value.flatMap((film) => film.tags ?? []))].sort((a, b) => a.localeCompare(b)))

/** A film's tags, each with a way to its like and away, and a field for another one. Commas part several. */
export function Tags({ film }) {
  const field = useRef()
  const tags = film.tags ?? []
  const add = (event) => {
    event.preventDefault()
    const more = field.current.value.split(",").map((tag) => tag.trim()).filter((tag) => tag && !tags.includes(tag))
    field.current.value = ""
    if (more.length) mark(film, { tags: [...tags, ...more] })
  }
  const remove = (tag) => {
    mark(film, { tags: tags.filter((each) => each !== tag) })
    field.current.focus()
  }
  return html`<form class="tags" aria-label="Tags" onSubmit=${add}>
    ${tags.map(
      (tag) => html`<span class="tag" key=${tag}>
        <button type="button" class="quiet" title="All films with this tag" onClick=${() => search({ tag })}>${tag}</button>
        <button type="button" class="quiet" title="Take it away" aria-label=${`Take the tag ${tag} away`} onClick=${() => remove(tag)}><${Icon} name="close" /></button>
      </span>`,
    )}
    <input ref=${field} type="text" class="tag-field" list="known-tags" maxlength=${LONGEST} placeholder="Add a tag" aria-label="Add a tag" />
    <datalist id="known-tags">${allTags.value.filter((tag) => !tags.includes(tag)).map((tag) => html`<option key=${tag} value=${tag} />`)}</datalist>
  </form>`
}

/** Which tag the library shows; nothing where no film has any. */
export function TagFilter() {
  const chosen = query.value.tag
  const all = chosen && !allTags.value.includes(chosen) ? [chosen, ...allTags.value] : allTags.value
  if (!all.length) return null
  return html`<select class="plain" aria-label="Tag" value=${chosen} onChange=${(event) => search({ tag: event.currentTarget.value })}>
    <option value="" selected=${!chosen}>Any tag</option>
    ${all.map((tag) => html`<option key=${tag} value=${tag} selected=${tag === chosen}>${tag}</option>`)}
  </select>`
}
