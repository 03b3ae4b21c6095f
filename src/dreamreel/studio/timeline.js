// The timeline: ruler, prompts, one lane for each schedule of the schema, the playhead over all.

import { html, useRef, signal } from "./html.js"
import { percent, scrubbed } from "./axis.js"
import { checking } from "./check.js"
import { CurveLane } from "./curve.js"
import { PromptLane } from "./prompts.js"
import { fps, frame, names, numFrames, playing, schema } from "./state.js"

const more = signal(false)

export function Timeline() {
  if (!Object.keys(schema.value).length) return html`<section class="timeline" aria-label="Timeline"></section>`
  const extra = names("schedule", true)
  return html`<section class="timeline" aria-label="Timeline" aria-busy=${checking.value}>
    <div class="lanes">
      <${Ruler} />
      ${names("prompts", false).map((name) => html`<${PromptLane} key=${name} name=${name} />`)}
      ${names("schedule", false).map((name) => html`<${CurveLane} key=${name} name=${name} />`)}
      ${extra.length > 0 &&
      html`<div class="more-lanes">
        <button class="quiet" aria-expanded=${more.value} onClick=${() => (more.value = !more.value)}>
          <span class="chevron" aria-hidden="true"></span>${more.value ? "Fewer curves" : `${extra.length} more curves`}
        </button>
      </div>`}
      ${more.value && extra.map((name) => html`<${CurveLane} key=${name} name=${name} />`)}
      <${Playhead} />
    </div>
  </section>`
}

function Playhead() {
  return html`<div class="playhead" aria-hidden="true"><i style=${{ left: percent(frame.value + 0.5) }}></i></div>`
}

const STEPS = [5, 10, 20, 25, 50, 100, 200]

function Ruler() {
  const bar = useRef()
  const step = STEPS.find((each) => numFrames.value / each <= 12) ?? 200
  const ticks = Array.from({ length: Math.ceil(numFrames.value / step) }, (_, idx) => idx * step)
  const seek = (at) => {
    playing.value = false
    frame.value = at
  }
  return html`<div class="lane ruler">
    <div class="lane-head"><${Clock} /></div>
    <div
      class="lane-body"
      ref=${bar}
      role="slider"
      tabindex="0"
      aria-label="Playhead"
      aria-valuemin="0"
      aria-valuemax=${numFrames.value - 1}
      aria-valuenow=${frame}
      ...${scrubbed(bar, numFrames.value, seek)}
    >
      ${ticks.map((tick) => html`<span key=${tick} class="tick" style=${{ left: percent(tick) }}>${tick}</span>`)}
    </div>
  </div>`
}

function Clock() {
  const seconds = (frame.value / fps.value).toFixed(2)
  return html`<span class="clock"><b>${frame}</b> / ${numFrames.value - 1}<span class="muted"> ${seconds} s</span></span>`
}
