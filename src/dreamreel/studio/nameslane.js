// The lane of a text that gives every frame a name: a sampler, a model. Each keyframe is a part of the lane, with a choice.

import { html, useRef } from "./html.js"
import { edgeAt, percent } from "./axis.js"
import { drag } from "./drag.js"
import { TextField } from "./fields.js"
import { LaneName } from "./help.js"
import { edit, holdEdit } from "./history.js"
import { Icon } from "./icons.js"
import { checked, frame, inputs, label, numFrames, problemOf, schema, serving } from "./state.js"
import { addKey, moveKey, removeKey, tellKey } from "./texts.js"

/** The names that a frame may have, and those that the text has already. @param {import("./types.d.ts").NameKey[]} keys */
function offersOf(name, keys) {
  const offered = schema.value[name]["x-offers"] ?? (serving.value.models ?? []).map((model) => model.name)
  return [...new Set([...offered, ...keys.map((key) => key.value)])]
}

/** Keyframes as parts of the film: {key, from, to}; the first one counts from the beginning on. */
export function partsOf(keys, total) {
  const last = new Map(keys.map((key) => [key.frame, key]))
  const sorted = [...last.values()].filter((key) => key.frame < total).sort((a, b) => a.frame - b.frame)
  return sorted.map((key, idx) => ({ key, from: idx ? key.frame : 0, to: sorted[idx + 1]?.frame ?? total }))
}

export function NamesLane({ name }) {
  const lane = useRef()
  const text = inputs.value[name]
  const isUnset = text === null || text === ""
  const read = isUnset ? null : checked.value?.names?.[name]
  const isRead = Boolean(read) && checked.value.sent[name] === text
  const keys = read?.keys ?? []
  const offers = offersOf(name, keys)
  const parts = partsOf(keys, numFrames.value)
  const add = () => {
    const at = frame.peek()
    if (!offers.length) return undefined
    if (isUnset) return edit({ [name]: `0: ("${offers[0]}")` })
    if (!isRead || keys.some((key) => key.frame === at)) return undefined
    const here = parts.findLast((part) => part.from <= at)?.key.value
    edit({ [name]: addKey(text, keys, at, `"${offers.find((each) => each !== here) ?? here}"`) })
  }
  return html`<div class=${`lane names ${problemOf(name) ? "broken" : ""}`}>
    <div class="lane-head">
      <${LaneName} name=${name} />
      <button class="quiet add" title="Add a keyframe at the playhead" aria-label=${`Add a keyframe of ${label(name)} at the playhead`} onClick=${add}>
        <${Icon} name="plus" />
      </button>
      <${TextField} name=${name} placeholder=${isUnset ? "not set; + begins one" : ""} />
    </div>
    <div class="lane-body" ref=${lane} role="list" aria-label=${label(name)}>
      ${parts.map((part, idx) => html`<${Part} key=${idx} ...${{ name, lane, text, keys, offers, parts, idx, part, isRead }} />`)}
    </div>
  </div>`
}

function Part({ name, lane, text, keys, offers, parts, idx, part, isRead }) {
  const { key, from, to } = part
  const [least, most] = [(parts[idx - 1]?.from ?? -1) + 1, to - 1]
  const words = `${label(name)} from frame ${from}`
  const move = (base, at) => edit({ [name]: moveKey(base, key, Math.min(Math.max(at, least), most)) }, `${name} key ${idx}`)
  const onEdge = (event) => {
    if (!isRead || event.button !== 0) return
    const release = holdEdit()
    drag(event, (moved) => move(text, edgeAt(moved, lane.current)), release)
  }
  const onKey = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!isRead || event.ctrlKey || event.metaKey) return
    if (step) move(text, from + step * (event.shiftKey ? 10 : 1))
    else if (event.key === "Delete" || event.key === "Backspace") remove?.()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const remove = keys.length > 1 ? () => isRead && edit({ [name]: removeKey(text, keys, key) }) : () => edit({ [name]: schema.value[name].default ?? null })
  return html`<div class="part" role="listitem" style=${{ left: percent(from), width: percent(to - from) }}>
    ${idx > 0 && html`<button class="part-edge" aria-label=${`Keyframe of ${label(name)} at frame ${from}`} title="Drag, or use the arrow keys; Delete removes it" onPointerDown=${onEdge} onKeyDown=${onKey}></button>`}
    <select value=${key.value} aria-label=${words} title=${key.value} disabled=${!isRead} onChange=${(event) => edit({ [name]: tellKey(text, key, `"${event.currentTarget.value}"`) })}>
      ${offers.map((each) => html`<option key=${each} value=${each} selected=${each === key.value}>${each}</option>`)}
    </select>
    <button class="quiet part-remove" aria-label=${`Remove: ${words}`} title="Remove" onClick=${remove}><${Icon} name="close" /></button>
  </div>`
}
