// The timeline: ruler, prompts, one lane for each schedule of the schema, the playhead over all.

import { html, computed, useRef } from "./html.js"
import { percent, scrubbed } from "./axis.js"
import { checking } from "./check.js"
import { CurveLane } from "./curve.js"
import { fold, laneless, lanes, showsAll } from "./lanes.js"
import { NamesLane } from "./nameslane.js"
import { PromptLane } from "./prompts.js"
import { rangeOf } from "./playback.js"
import { readout } from "./readout.js"
import { reel } from "./stage.js"
import { marks, mode, names, numFrames, schema } from "./state.js"
import { seek } from "./transport.js"
import { Traveler } from "./traveler.js"

export function Timeline() {
  if (!Object.keys(schema.value).length) return html`<section class="timeline" aria-label="Timeline"></section>`
  const [main] = names("prompts")
  const hidden = laneless.value.length
  return html`<section class="timeline" aria-label="Timeline" aria-busy=${checking.value}>
    <div class="lanes">
      <${Ruler} />
      ${main && html`<${PromptLane} key=${main} name=${main} />`}
      ${lanes.value.map((name) => html`<${schema.value[name]["x-syntax"] === "names" ? NamesLane : CurveLane} key=${name} name=${name} />`)}
      ${hidden > 0 &&
      html`<div class="more-lanes">
        <button class="quiet" aria-expanded=${showsAll.value} onClick=${() => (showsAll.value ? fold() : (showsAll.value = true))}>
          <span class="chevron" aria-hidden="true"></span>${showsAll.value ? "Fewer lanes" : `${hidden} more lanes`}
        </button>
      </div>`}
      <${Playhead} />
    </div>
  </section>`
}

/** The playhead, within the draft's frames. */
const head = computed(() => Math.min(readout.value, numFrames.value - 1))

function Playhead() {
  return html`<div class="playhead"><${Traveler} name="playhead-line" at=${head} total=${numFrames.value} /></div>`
}

const STEPS = [5, 10, 20, 25, 50, 100, 200]

function Ruler() {
  const bar = useRef()
  const step = STEPS.find((each) => numFrames.value / each <= 12) ?? 200
  const ticks = Array.from({ length: Math.ceil(numFrames.value / step) }, (_, idx) => idx * step)
  const { done, total } = reel()
  const isFilm = mode.value === "film" && total === numFrames.value
  const [first, last] = rangeOf(marks.value, numFrames.value)
  const newest = isFilm ? done - 1 : numFrames.value - 1
  return html`<div class="lane ruler">
    <div class="lane-head"><span class="muted">Frame</span></div>
    <div
      class="lane-body"
      ref=${bar}
      role="slider"
      tabindex="0"
      aria-label="Playhead"
      aria-valuemin="0"
      aria-valuemax=${numFrames.value - 1}
      aria-valuenow=${head}
      ...${scrubbed(bar, numFrames.value, (at) => seek(at, newest))}
    >
      ${isFilm && html`<span class="ruler-done" style=${{ width: percent(done) }}></span>`}
      ${(marks.value.from !== null || marks.value.to !== null) &&
      html`<span class="ruler-range" style=${{ left: percent(first), width: percent(last + 1 - first) }}></span>`}
      <${Traveler} name="ruler-head" at=${head} total=${numFrames.value} />
      ${ticks.map((tick) => html`<span key=${tick} class="tick" style=${{ left: percent(tick) }}>${tick}</span>`)}
    </div>
  </div>`
}
