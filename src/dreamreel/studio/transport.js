// Play, step, scrub: the same bar for the preview and for a film.

import { html, useRef } from "./html.js"
import { percent, scrubbed } from "./axis.js"

/**
 * at: the frame shown. total: frames in all. done: those that there are. marks: prompts, [{frame, text}].
 * seek(frame) shows one, toggle() plays and pauses.
 */
export function Transport({ at, total, done, marks, isPlaying, toggle, seek, children }) {
  const last = Math.max(done - 1, 0)
  const go = (to) => seek(Math.min(Math.max(to, 0), last))
  return html`<div class="transport">
    <${Scrubber} at=${at} total=${total} done=${done} marks=${marks} go=${go} />
    <div class="transport-row">
      <div class="transport-buttons">
        <button class="round" aria-label="First frame" title="First frame (Home)" onClick=${() => go(0)}>⇤</button>
        <button class="round" aria-label="One frame back" title="One frame back (←)" onClick=${() => go(at - 1)}>‹</button>
        <button class="round play" aria-label=${isPlaying ? "Pause" : "Play"} title="Play or pause (space)" onClick=${toggle}>
          <span class=${isPlaying ? "icon-pause" : "icon-play"} aria-hidden="true"></span>
        </button>
        <button class="round" aria-label="One frame on" title="One frame on (→)" onClick=${() => go(at + 1)}>›</button>
        <span class="clock"><b>${done ? at + 1 : 0}</b> of ${total}</span>
      </div>
      <div class="transport-more">${children}</div>
    </div>
  </div>`
}

function Scrubber({ at, total, done, marks, go }) {
  const bar = useRef()
  return html`<div
    class="scrubber"
    ref=${bar}
    role="slider"
    tabindex="0"
    aria-label="Frame"
    aria-valuemin="1"
    aria-valuemax=${Math.max(total, 1)}
    aria-valuenow=${at + 1}
    aria-valuetext=${`frame ${at + 1} of ${total}`}
    ...${scrubbed(bar, total, go)}
  >
    <span class="scrubber-done" style=${{ width: percent(done, total) }}></span>
    ${marks.slice(1).map((mark) => html`<span key=${mark.frame} class="scrubber-mark" style=${{ left: percent(mark.frame, total) }} title=${mark.text}></span>`)}
    <span class="scrubber-thumb" style=${{ left: percent(Math.min(at + 0.5, total), total) }}></span>
  </div>`
}
