// One schedule's lane: the curve that the server worked out, and its keyframes to drag.

import { html, useRef, useState } from "./html.js"
import { frameAt, percent } from "./axis.js"
import { TextField } from "./fields.js"
import { edit, endEdit } from "./history.js"
import { Icon } from "./icons.js"
import { checked, frame, inputs, label, numFrames, problemOf } from "./state.js"
import { addKey, format, moveKey, removeKey } from "./texts.js"

/** [lowest, highest] value of a lane: all of the curve with some air, never a line in a void. */
export function rangeOf(values, keys) {
  const all = [...values, ...keys.map((key) => key.value).filter((value) => value !== null)]
  let [low, high] = [Math.min(...all), Math.max(...all)]
  const least = Math.max(Math.abs(low), Math.abs(high)) * 0.1 || 1
  const air = Math.max((high - low) * 0.18, least - (high - low) / 2)
  return [low - air, high + air]
}

/** Frame 0 has no frame before it, so no value of it is ever used: the curve begins with frame 1's. */
function drawn(values) {
  return values.length > 1 ? [values[1], ...values.slice(1)] : values
}

export function CurveLane({ name }) {
  const lane = useRef()
  const [held, setHeld] = useState(null)
  const known = checked.value?.schedules[name]
  const text = inputs.value[name]
  const current = known && checked.value.sent[name] === text
  const values = known ? drawn(known.values) : []
  const range = held?.range ?? rangeOf(values.length ? values : [0], known?.keys ?? [])
  const span = range[1] - range[0]
  const put = (at, value) => {
    if (current && !known.keys.some((key) => key.frame === at))
      edit({ [name]: addKey(text, known.keys, at, format(value, span)) })
  }
  const onDblClick = (event) => {
    const box = lane.current.getBoundingClientRect()
    put(frameAt(event, lane.current), range[1] - ((event.clientY - box.top) / box.height) * span)
  }
  const at = Math.min(frame.value, Math.max(values.length - 1, 0))
  const parts = { name, lane, range, setHeld, known, held, text, current }
  return html`<div class=${`lane curve ${problemOf(name) ? "broken" : ""}`}>
    <div class="lane-head">
      <span class="lane-name">${label(name)}</span>
      <output class="lane-value" aria-label=${`${label(name)} at the playhead`}>
        ${values.length ? format(values[at], span / 10) : "–"}
      </output>
      <button
        class="quiet add"
        title="Add a keyframe at the playhead"
        aria-label=${`Add a keyframe of ${label(name)} at the playhead`}
        onClick=${() => put(frame.value, values[at])}
      >
        <${Icon} name="plus" />
      </button>
      <${TextField} name=${name} />
    </div>
    <div class="lane-body" ref=${lane} onDblClick=${onDblClick} title="Double-click to add a keyframe">
      <${Curve} values=${values} range=${range} name=${name} />
      ${known && (held?.keys ?? known.keys).map((key, idx) => html`<${Key} key=${idx} idx=${idx} data=${key} ...${parts} />`)}
    </div>
  </div>`
}

function Curve({ values, range, name }) {
  const [low, high] = range
  const y = (value) => ((100 * (high - value)) / (high - low)).toFixed(2)
  const step = Math.max(Math.floor(values.length / 1000), 1)
  const points = []
  for (let idx = 0; idx < values.length; idx += step) points.push(`${idx},${y(values[idx])}`)
  const last = values.length - 1
  if (last > 0) points.push(`${last},${y(values[last])}`, `${last + 1},${y(values[last])}`)
  const line = `M${points.join("L")}`
  const rest = low < 0 && high > 0 ? 0 : low < 1 && high > 1 ? 1 : null
  return html`<svg
    class="curve-plot"
    viewBox=${`0 0 ${Math.max(values.length, 1)} 100`}
    preserveAspectRatio="none"
    role="img"
    aria-label=${`Curve of ${label(name)}`}
  >
    ${rest !== null && html`<line class="rest" x1="0" x2=${values.length} y1=${y(rest)} y2=${y(rest)} />`}
    ${points.length > 1 && html`<path class="fill" d=${`${line}L${last + 1},100L0,100Z`} /><path class="line" d=${line} />`}
  </svg>`
}

/** A keyframe: drag it, or move it with the arrow keys; Delete removes it. */
function Key({ data, idx, name, lane, range, setHeld, known, held, text, current }) {
  const [low, high] = range
  const span = high - low
  const isFormula = data.value === null
  const value = data.value ?? known.values[Math.min(data.frame, known.values.length - 1)]
  const last = numFrames.value - 1
  // While it is dragged: the text and the keys as they were at the start, which every move begins from.
  const from = () => held ?? { text, keys: known.keys, range, key: data }
  const move = (at, to) => {
    const { text: base, keys, key } = from()
    const taken = keys.some((other) => other !== key && other.frame === at)
    const spot = taken ? key.frame : at
    edit({ [name]: moveKey(base, key, spot, isFormula ? undefined : format(to, span)) }, `${name} key ${idx}`)
    return { ...data, frame: spot, value: isFormula ? null : to }
  }
  const onDown = (event) => {
    if (!current || event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    setHeld({ text, keys: known.keys, range, key: data })
  }
  const onMove = (event) => {
    if (!held || event.buttons !== 1) return
    const box = lane.current.getBoundingClientRect()
    const moved = move(frameAt(event, lane.current), high - ((event.clientY - box.top) / box.height) * span)
    const keys = held.shown ?? held.keys
    setHeld({ ...held, shown: keys.map((key, each) => (each === idx ? moved : key)) })
  }
  const onUp = () => {
    setHeld(null)
    endEdit()
  }
  const onKey = (event) => {
    const factor = event.shiftKey ? 10 : 1
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? []
    if (!current || (dx === undefined && event.key !== "Delete" && event.key !== "Backspace")) return
    event.preventDefault()
    event.stopPropagation()
    if (dx !== undefined) {
      const at = Math.min(Math.max(data.frame + dx * factor, 0), Math.max(last, data.frame))
      move(at, value + (dy * factor * span) / 100)
    } else if (known.keys.length > 1) edit({ [name]: removeKey(text, known.keys, data) })
  }
  const shown = Math.min(Math.max((high - value) / span, 0), 1)
  const now = held?.shown?.[idx] ?? data
  return html`<button
    class=${`key ${isFormula ? "formula" : ""} ${held ? "held" : ""}`}
    style=${{ left: percent(Math.min(now.frame, last) + 0.5), top: `${(100 * shown).toFixed(2)}%` }}
    aria-label=${`${label(name)} keyframe at frame ${now.frame}: ${isFormula ? "a formula" : format(value, span / 10)}`}
    title="Drag, or use the arrow keys; Delete removes it"
    onPointerDown=${onDown}
    onPointerMove=${onMove}
    onPointerUp=${onUp}
    onPointerCancel=${onUp}
    onDblClick=${(event) => event.stopPropagation()}
    onKeyDown=${onKey}
  ></button>`
}
