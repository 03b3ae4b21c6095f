// Play, step, scrub, mark: the same bar for the preview and for films.

import { html, computed, useMemo, useRef } from "./html.js"
import { percent, scrubbed } from "./axis.js"
import { Icon } from "./icons.js"
import { rangeOf } from "./playback.js"
import { readout } from "./readout.js"
import { following, frame, marks, NO_MARKS, playing, speed } from "./state.js"
import { Traveler } from "./traveler.js"

const SPEEDS = [0.25, 0.5, 1, 2]

/** Shows a frame and stays there. */
export function seek(at, newest) {
  playing.value = false
  following.value = false
  frame.value = Math.min(Math.max(at, 0), Math.max(newest, 0))
}

/** Plays and pauses. At the newest frame it begins again. newest: the last frame that there is, -1 for none. */
export function toggle(newest, total) {
  if (newest < 0) return
  const [first, last] = rangeOf(marks.peek(), total)
  if (!playing.peek() && (following.peek() || frame.peek() >= Math.min(last, newest))) frame.value = Math.min(first, newest)
  following.value = false
  playing.value = !playing.peek()
}

/** Sets the mark "from" or "to" at the playhead; where it is already, takes it away. */
export function mark(end) {
  const before = marks.peek()
  const at = before[end] === frame.peek() ? null : frame.peek()
  const other = end === "from" ? "to" : "from"
  const crossed = at !== null && before[other] !== null && (end === "from" ? at > before.to : at < before.from)
  marks.value = { ...before, [end]: at, ...(crossed && { [other]: null }) }
}

/**
 * total: frames in all. done: those that there are. changes: prompts, [{frame, text}]. fps: of what plays.
 * full: shows the stage on the whole screen and back. children: what else belongs into the bar.
 */
export function Transport({ total, done, changes, fps, full, children }) {
  const newest = done - 1
  const at = useMemo(() => computed(() => Math.max(Math.min(readout.value, newest), 0)), [newest])
  const seconds = useMemo(() => computed(() => ` ${(at.value / fps).toFixed(2)} s`), [at, fps])
  const go = (to) => seek(to, newest)
  const here = () => Math.min(frame.peek(), newest)
  const button = (icon, words, key, act, more = {}) =>
    html`<button class="round" aria-label=${words} title=${`${words} (${key})`} onClick=${act} ...${more}><${Icon} name=${icon} /></button>`
  const { from, to } = marks.value
  return html`<div class="transport">
    <${Scrubber} at=${at} total=${total} done=${done} changes=${changes} go=${go} />
    <div class="transport-row">
      <div class="transport-buttons">
        ${button("first", "First frame", "Home", () => go(0))}
        ${button("back", "One frame back", "←", () => go(here() - 1))}
        <button class="round play" aria-label=${playing.value ? "Pause" : "Play"} title="Play or pause (space)" onClick=${() => toggle(newest, total)}>
          <${Icon} name=${playing.value ? "pause" : "play"} />
        </button>
        ${button("on", "One frame on", "→", () => go(here() + 1))}
        <span class="clock">
          <b>${at}</b> / ${Math.max(total - 1, 0)}<span class="muted">${seconds}</span>
        </span>
      </div>
      <div class="transport-more">
        ${children}
        ${button("markIn", "Play from here", "I", () => mark("from"), { "aria-pressed": from !== null })}
        ${button("markOut", "Play to here", "O", () => mark("to"), { "aria-pressed": to !== null })}
        ${(from !== null || to !== null) &&
        html`<button class="quiet" title="Play the whole (X)" onClick=${() => (marks.value = NO_MARKS)}>${from ?? 0}–${to ?? total - 1} <${Icon} name="close" /></button>`}
        <select class="plain" aria-label="Speed" title="Speed" value=${speed.value} onChange=${(event) => (speed.value = Number(event.currentTarget.value))}>
          ${SPEEDS.map((each) => html`<option key=${each} value=${each} selected=${each === speed.value}>${each}×</option>`)}
        </select>
        ${button("full", "Full screen", "F", full)}
      </div>
    </div>
  </div>`
}

function Scrubber({ at, total, done, changes, go }) {
  const bar = useRef()
  const [first, last] = rangeOf(marks.value, total)
  const words = useMemo(() => computed(() => `frame ${at.value} of ${Math.max(total - 1, 0)}`), [at, total])
  return html`<div
    class="scrubber"
    ref=${bar}
    role="slider"
    tabindex="0"
    aria-label="Frame"
    aria-valuemin="0"
    aria-valuemax=${Math.max(total - 1, 0)}
    aria-valuenow=${at}
    aria-valuetext=${words}
    ...${scrubbed(bar, total, go)}
  >
    <span class="scrubber-done" style=${{ width: percent(done, total) }}></span>
    <span class="scrubber-range" style=${{ left: percent(first, total), width: percent(last + 1 - first, total) }}></span>
    ${changes.slice(1).map((each) => html`<span key=${each.frame} class="scrubber-mark" style=${{ left: percent(each.frame, total) }} title=${each.text}></span>`)}
    <${Traveler} name="scrubber-thumb" at=${at} total=${total} />
  </div>`
}
