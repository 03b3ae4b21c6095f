// One film in the library, or a stack of variations.

import { html, useState } from "./html.js"
import { coverOf } from "./stacks.js"
import { framesDone, isOver, previewAddress, seedOf, STATUS, titleOf, totalOf, fpsOf, videoAddress } from "./films.js"
import { Icon } from "./icons.js"
import { remove, star } from "./keeping.js"
import { NameField } from "./namefield.js"
import { MOST_OPEN, open } from "./runs.js"
import { showDetails } from "./side.js"
import { calm, opened } from "./state.js"
import { Status } from "./status.js"

/**
 * item: see itemsOf. idx: of the item in the list. setSpread(key, on): shows the films of a stack one by one.
 * goes(idx): called when it is deleted.
 */
export function Card({ item, idx, place, isList, setSpread, goes }) {
  const [film] = item.films
  const [isNamed, setNamed] = useState(false)
  const isStack = item.films.length > 1
  const isOpen = item.films.some((each) => opened.value.includes(each.id))
  const choose = () => {
    if (isStack) open(...item.films.slice(0, MOST_OPEN).reverse().map((each) => each.id))
    else open(film.id)
    showDetails()
  }
  const go = () => {
    goes(idx)
    remove(...item.films)
  }
  const onKey = (event) => {
    const act = { Delete: () => canGo(item) && go(), s: () => star(film), F2: () => setNamed(true) }[event.key]
    if (!act || event.ctrlKey || event.metaKey || isNamed) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }
  return html`<li class="${isList ? "row" : "tile"} ${isOpen ? "open" : ""} ${isStack ? "stack" : ""}" style=${place} onKeyDown=${onKey}>
    <button
      class="card"
      aria-current=${isOpen}
      aria-label=${`${titleOf(film)}: ${isStack ? `${item.films.length} variations` : STATUS[film.status]}`}
      aria-keyshortcuts="s F2 Delete"
      data-id=${film.id}
      data-idx=${idx}
      onClick=${choose}
    >
      <${Thumb} film=${item.films.find((each) => framesDone(each) > 0) ?? film} count=${item.films.length} />
      <${Words} film=${film} item=${item} isHidden=${isNamed} />
    </button>
    <${Tools} film=${film} item=${item} setSpread=${setSpread} go=${go} name=${() => setNamed(true)} />
    ${isNamed && html`<${NameField} film=${film} done=${() => setNamed(false)} />`}
  </li>`
}

const canGo = (item) => item.films.every(isOver)

function Thumb({ film, count }) {
  const [isUnder, setUnder] = useState(false)
  const frames = framesDone(film)
  const canPlay = isOver(film) && frames > 0
  return html`<span
    class="thumb"
    onPointerEnter=${(event) => event.pointerType === "mouse" && !calm.matches && setUnder(true)}
    onPointerLeave=${() => setUnder(false)}
  >
    ${frames > 0 && html`<img alt="" decoding="async" src=${previewAddress(film, coverOf(frames, isOver(film)))} />`}
    ${frames === 0 && isOver(film) && html`<${Icon} name="film" />`}
    ${canPlay && isUnder && html`<video src=${videoAddress(film)} muted autoplay loop playsinline></video>`}
    ${!isOver(film) && html`<i class="thumb-progress" style=${{ width: `${(100 * frames) / totalOf(film)}%` }}></i>`}
    ${count > 1 && html`<b class="thumb-count">${count}</b>`}
  </span>`
}

function Words({ film, item, isHidden }) {
  const seed = seedOf(film)
  const isStack = item.films.length > 1
  const status = statusOf(item.films)
  return html`<span class="card-text">
    <span class=${isHidden ? "card-title hidden" : "card-title"}>${titleOf(film)}</span>
    <span class="card-facts">
      ${status && html`<${Status} status=${status} />`}
      ${isStack ? html`<span>${item.films.length} variations</span>` : html`<span>${(totalOf(film) / fpsOf(film)).toFixed(1)} s</span>`}
      ${!isStack && seed !== null && html`<span class="card-seed" title=${`Seed ${seed}`}>#${seed}</span>`}
    </span>
  </span>`
}

/** Of several films: that of one which is not over, or the one that all have. */
function statusOf(films) {
  const going = films.find((film) => film.status === "processing") ?? films.find((film) => !isOver(film))
  return going?.status ?? (films.every((film) => film.status === films[0].status) ? films[0].status : null)
}

function Tools({ film, item, setSpread, go, name }) {
  const isStack = item.films.length > 1
  const canAdd = !isStack && opened.value.length > 0 && opened.value.length < MOST_OPEN && !opened.value.includes(film.id)
  const tool = (icon, words, act, more = {}) =>
    html`<button class="tool" title=${words} aria-label=${`${words}: ${titleOf(film)}`} onClick=${act} ...${more}><${Icon} name=${icon} solid=${icon === "star" && Boolean(film.starred)} /></button>`
  return html`<span class="card-tools">
    ${canAdd && tool("compare", "Compare with what is on the stage", () => open(...opened.peek(), film.id))}
    ${isStack && tool("layers", "Show them one by one", () => setSpread(item.key, true))}
    ${item.spread !== null && tool("layers", "Stack the variations again", () => setSpread(item.spread, false))}
    ${!isStack && tool("edit", "Name", name)}
    ${canGo(item) && tool("trash", isStack ? "Delete all of them" : "Delete", go)}
    ${!isStack && tool("star", film.starred ? "Take the star away" : "Star", () => star(film), { class: film.starred ? "tool starred" : "tool", "aria-pressed": Boolean(film.starred) })}
  </span>`
}
