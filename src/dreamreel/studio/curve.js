// One schedule's lane: the curve that the server worked out, and its keyframes to drag.

import { html, computed, useMemo, useRef, useState } from "./html.js"
import { frameAt } from "./axis.js"
import { Key } from "./curvekey.js"
import { TextField } from "./fields.js"
import { LaneName } from "./help.js"
import { edit } from "./history.js"
import { Icon } from "./icons.js"
import { readout } from "./readout.js"
import { checked, frame, inputs, label, problemOf, schema, serving } from "./state.js"
import { addKey, format } from "./texts.js"

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
