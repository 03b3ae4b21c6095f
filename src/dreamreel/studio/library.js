// The library: what was made, newest first, searched and narrowed. Only the cards in sight are in the document.

import { html, signal, useEffect, useMemo, useRef, useState } from "./html.js"
import { Card } from "./card.js"
import { Icon } from "./icons.js"
import { isSearched, loaded, loadMore, query, search, shown, STATES } from "./listing.js"
import { itemsOf } from "./stacks.js"
import { TagFilter } from "./tags.js"
import { heightOf, inSight, layoutOf, placeOf } from "./window.js"

const KEY = "dreamreel.library"
const TYPED_MS = 250

const isList = signal(localStorage.getItem(KEY) === "list")
/** The stacks whose films are shown one by one: keys. */
const spread = signal(new Set())

function setSpread(key, isOn) {
  const all = new Set(spread.peek())
  all[isOn ? "add" : "delete"](key)
  spread.value = all
}

function turnView() {
  isList.value = !isList.value
  localStorage.setItem(KEY, isList.value ? "list" : "grid")
}

export function Library() {
  return html`<nav class="library" aria-label="Library">
    <header class="library-head">
      <h2>Library</h2>
      <button class="quiet" aria-pressed=${query.value.starred} title="Only those with a star" aria-label="Only those with a star" onClick=${() => search({ starred: !query.peek().starred })}>
        <${Icon} name="star" solid=${query.value.starred} />
      </button>
      <button class="quiet" title=${isList.value ? "As pictures" : "As a list"} aria-label=${isList.value ? "As pictures" : "As a list"} onClick=${turnView}>
        <${Icon} name=${isList.value ? "grid" : "list"} />
      </button>
      <${Search} />
      <select class="plain" aria-label="State" value=${query.value.state} onChange=${(event) => search({ state: event.currentTarget.value })}>
        ${Object.entries(STATES).map(([state, words]) => html`<option key=${state} value=${state} selected=${state === query.value.state}>${words}</option>`)}
      </select>
      <${TagFilter} />
    </header>
    <${Cards} />
  </nav>`
}

function Search() {
  const timer = useRef(0)
  const onInput = (event) => {
    const text = event.currentTarget.value.trim()
    clearTimeout(timer.current)
    timer.current = setTimeout(() => text !== query.peek().text && search({ text }), TYPED_MS)
  }
  return html`<input type="search" class="search" placeholder="Search" aria-label="Search names and prompts" maxlength="200" onInput=${onInput} />`
}

function Cards() {
  const box = useRef()
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [row, setRow] = useState(0)
  const items = useMemo(() => itemsOf(shown.value, spread.value), [shown.value, spread.value])
  const layout = layoutOf(size.width, isList.value)
  const onScroll = () => setRow(Math.floor(box.current.scrollTop / layout.step))
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setSize({ width: Math.floor(entry.contentRect.width), height: entry.contentRect.height }))
    watch.observe(box.current)
    return () => watch.disconnect()
  }, [])
  const [first, end] = inSight(layout, items.length, row * layout.step, size.height)
  useEffect(() => {
    if (end >= items.length) loadMore()
  }, [end, items.length])
  // Whoever deletes one by keys goes on with the one that comes after it.
  const gone = useRef(-1)
  useEffect(() => {
    if (gone.current < 0) return
    cardAt(box.current, Math.min(gone.current, items.length - 1))?.focus()
    gone.current = -1
  }, [items])
  const onKey = (event) => walk(event, box.current, layout.columns, items.length)
  return html`<div class="cards" ref=${box} onScroll=${onScroll} onKeyDown=${onKey}>
    ${items.length > 0 &&
    size.width > 0 &&
    html`<ul style=${{ height: `${heightOf(layout, items.length)}px` }}>
      ${items.slice(first, end).map((item, at) => html`<${Card} key=${item.key} item=${item} idx=${first + at} place=${styleOf(layout, first + at)} isList=${isList.value} setSpread=${setSpread} goes=${(at) => (gone.current = at)} />`)}
    </ul>`}
    ${loaded.value &&
    !items.length &&
    html`<p class="empty">${isSearched.value ? "Nothing like that is here." : "Nothing here yet. What you run stays here, with its video and everything it was made from."}</p>`}
  </div>`
}

function styleOf(layout, idx) {
  const { left, top } = placeOf(layout, idx)
  return { transform: `translate(${left}px, ${top}px)`, width: `${layout.width}px`, height: `${layout.height}px` }
}

/** The arrow keys go from card to card; what is not in sight comes into it. */
function walk(event, box, columns, count) {
  const card = event.target.closest(".card")
  const by = { ArrowUp: -columns, ArrowDown: columns, ...(columns > 1 && { ArrowLeft: -1, ArrowRight: 1 }) }[event.key]
  if (!card || !by) return
  event.preventDefault()
  event.stopPropagation()
  const to = Math.min(Math.max(Number(card.dataset.idx) + by, 0), count - 1)
  cardAt(box, to)?.focus()
}

const cardAt = (box, idx) => box.querySelector(`.card[data-idx="${idx}"]`)
