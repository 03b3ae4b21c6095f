// One schedule's lane: the curve that the server worked out, and its keyframes to drag.

import { html, computed, useMemo, useRef, useState } from "./html.js"
import { frameAt, percent } from "./axis.js"
import { drag } from "./drag.js"
import { TextField } from "./fields.js"
import { LaneName } from "./help.js"
import { edit, holdEdit } from "./history.js"
import { Icon } from "./icons.js"
import { KeySheet } from "./keysheet.js"
import { readout } from "./readout.js"
import { checked, frame, inputs, label, numFrames, problemOf, schema, serving, unit } from "./state.js"
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
  const isRead = known && checked.value.sent[name] === text
  // Without a text the model has its own value.
  const isUnset = text === null || text === ""
  const values = useMemo(() => (known ? drawn(known.values) : []), [known])
  const range = useMemo(() => held?.range ?? rangeOf(values.length ? values : [0], known?.keys ?? []), [held, values, known])
  const span = range[1] - range[0]
  const put = (at, value) => {
    if (isUnset) edit({ [name]: `0: (${ownValue(name)})` })
    else if (isRead && !known.keys.some((key) => key.frame === at)) edit({ [name]: addKey(text, known.keys, at, format(value, span)) })
  }
  const onDblClick = (event) => {
    const box = lane.current.getBoundingClientRect()
    put(frameAt(event, lane.current), range[1] - ((event.clientY - box.top) / box.height) * span)
  }
  const parts = { name, lane, range, held, setHeld, known, text, isRead }
  return html`<div class=${`lane curve ${problemOf(name) ? "broken" : ""}`}>
    <div class="lane-head">
      <${LaneName} name=${name} />
      <${Value} name=${name} values=${values} span=${span} />
      <button
        class="quiet add"
        title="Add a keyframe at the playhead"
        aria-label=${`Add a keyframe of ${label(name)} at the playhead`}
        onClick=${() => put(frame.peek(), values[within(frame.peek(), values)])}
      >
        <${Icon} name="plus" />
      </button>
      <${TextField} name=${name} placeholder=${isUnset ? `not set; + begins at ${ownValue(name)}` : ""} />
    </div>
    <div class="lane-body" ref=${lane} onDblClick=${onDblClick} title="Double-click to add a keyframe">
      <${Curve} values=${values} range=${range} name=${name} />
      ${known && (held?.shown ?? known.keys).map((key, idx) => html`<${Key} key=${idx} idx=${idx} data=${key} ...${parts} />`)}
    </div>
  </div>`
}

/** What a schedule without a text would begin with: what is in force under its name, else the least that it may be. */
function ownValue(name) {
  const stem = name.replace(/_schedule$/, "")
  const value = checked.value?.input[stem] ?? checked.value?.canvas[stem] ?? serving.value[stem]
  return typeof value === "number" ? value : Math.max(schema.value[name]["x-minimum"] ?? 0, 0)
}

const within = (at, values) => Math.min(at, Math.max(values.length - 1, 0))

/** The value at the playhead; by itself, so that a playhead that moves draws nothing else of a lane anew. */
function Value({ name, values, span }) {
  const text = useMemo(() => computed(() => (values.length ? format(values[within(readout.value, values)], span / 10) : "–")), [values, span])
  return html`<output class="lane-value" aria-label=${`${label(name)} at the playhead`}>${text}</output>`
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

/** A keyframe: drag it, move it with the arrow keys, or tell its numbers (Enter, a tap, a double-click); Delete removes it. */
function Key({ data, idx, name, lane, range, held, setHeld, known, text, isRead }) {
  const [isAsked, setAsked] = useState(false)
  // A sheet that opened at the touch's end already would get the click that follows, on whatever of it is there.
  const isTapped = useRef(false)
  const [low, high] = range
  const span = high - low
  const isFormula = data.value === null
  const value = data.value ?? known.values[Math.min(data.frame, known.values.length - 1)]
  const last = numFrames.value - 1
  /** Moves it from where it was in `base`, to a frame that no other key has: what it is then. */
  const move = (base, keys, key, at, to) => {
    const isTaken = keys.some((other) => other !== key && other.frame === at)
    const spot = isTaken ? key.frame : at
    edit({ [name]: moveKey(base, key, spot, isFormula ? undefined : format(to, span)) }, `${name} key ${idx}`)
    return { ...key, frame: spot, value: isFormula ? null : to }
  }
  const remove = () => known.keys.length > 1 && edit({ [name]: removeKey(text, known.keys, data) })
  const onDown = (event) => {
    if (!isRead || event.button !== 0) return
    // Every move begins from the text and the keys as they were; all of them are one step of undo.
    const from = { text, keys: known.keys, key: data, x: event.clientX, y: event.clientY, isMoved: false }
    const release = holdEdit()
    const isTouch = event.pointerType !== "mouse"
    const box = lane.current.getBoundingClientRect()
    const follow = (moved) => {
      from.isMoved ||= Math.hypot(moved.clientX - from.x, moved.clientY - from.y) > (isTouch ? 6 : 2)
      if (!from.isMoved) return
      const at = move(from.text, from.keys, data, frameAt(moved, lane.current), high - ((moved.clientY - box.top) / box.height) * span)
      setHeld({ range, shown: from.keys.map((key, each) => (each === idx ? at : key)) })
    }
    drag(event, follow, (isKept) => {
      release(isKept)
      setHeld(null)
      isTapped.current = isKept && !from.isMoved && isTouch
    })
  }
  const onKey = (event) => {
    const factor = event.shiftKey ? 10 : 1
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? []
    if (!isRead || event.ctrlKey || event.metaKey) return
    if (dx !== undefined) {
      const at = Math.min(Math.max(data.frame + dx * factor, 0), Math.max(last, data.frame))
      move(text, known.keys, data, at, value + (dy * factor * span) / 100)
    } else if (event.key === "Delete" || event.key === "Backspace") remove()
    else if (event.key === "Enter") setAsked(true)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const shown = Math.min(Math.max((high - value) / span, 0), 1)
  return html`<button
      class=${`key ${isFormula ? "formula" : ""} ${held ? "held" : ""}`}
      style=${{ left: percent(Math.min(data.frame, last) + 0.5), top: `${(100 * shown).toFixed(2)}%` }}
      aria-label=${`${label(name)} keyframe at frame ${data.frame}: ${isFormula ? "a formula" : format(value, span / 10)}`}
      title="Drag, or use the arrow keys; double-click for its numbers, Delete removes it"
      onPointerDown=${onDown}
      onClick=${() => isTapped.current && setAsked(true)}
      onDblClick=${(event) => (event.stopPropagation(), setAsked(true))}
      onKeyDown=${onKey}
    ></button>
    ${isAsked &&
    html`<${KeySheet}
      words=${`${label(name)} keyframe`}
      frame=${data.frame}
      value=${isFormula ? null : value}
      last=${last}
      unit=${unit(name)}
      keep=${(at, to) => isRead && move(text, known.keys, data, at, to)}
      remove=${known.keys.length > 1 ? remove : null}
      done=${() => setAsked(false)}
    />`}`
}
