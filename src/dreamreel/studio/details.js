// Beside a film: how far it is, what it was made from, its logs, and the code that makes it again.

import { get } from "./api.js"
import { html, signal, useEffect, useState } from "./html.js"
import { CLIENTS, codeFor } from "./code.js"
import { edit } from "./history.js"
import { library, seedOf, Status, titleOf, valueOf } from "./library.js"
import { cancel, framesDone, isOver, open, run, videoAddress } from "./runs.js"
import { moveLastFrame } from "./stage.js"
import { defaults, label, notice, schema } from "./state.js"

const tab = signal("Input")
const TABS = { Input, Logs, Manifest, Code }

export function Details() {
  const { prediction } = run.value ?? {}
  if (!prediction) return html`<aside class="side" aria-label="Prediction"></aside>`
  const Tab = TABS[tab.value]
  return html`<aside class="side" aria-label="Prediction">
    <div class="side-scroll">
      <div class="run-head">
        <h2>${titleOf(prediction)}</h2>
        <p class="facts">
          <${Status} status=${prediction.status} />
          <span>${valueOf(prediction, "max_frames")} frames</span>
          <span>${(valueOf(prediction, "max_frames") / valueOf(prediction, "fps")).toFixed(1)} s</span>
          ${seedOf(prediction) !== null && html`<span>seed ${seedOf(prediction)}</span>`}
        </p>
      </div>
      <${Progress} />
      <${Actions} prediction=${prediction} />
      <div class="tabs" role="tablist" aria-label="About this prediction">
        ${Object.keys(TABS).map(
          (name) => html`<button
            key=${name}
            role="tab"
            id=${`tab-${name}`}
            aria-controls="tab-panel"
            aria-selected=${tab.value === name}
            onClick=${() => (tab.value = name)}
          >
            ${name}
          </button>`,
        )}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${tab.value}`} tabindex="0">
        <${Tab} prediction=${prediction} key=${prediction.id} />
      </div>
    </div>
  </aside>`
}

const minutes = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`

function Progress() {
  const { prediction, done, total, pace, eta } = run.value
  const over = isOver(prediction)
  const ahead = library.value.filter((each) => !isOver(each) && each.created_at < prediction.created_at).length
  const took = prediction.metrics?.predict_time
  const words = over
    ? prediction.error ?? (took ? `Drawn in ${minutes(took)}` : "")
    : !done
      ? ahead ? `${ahead} before it` : "Starting"
      : `${pace ? `${pace.toFixed(2)} s a frame, ` : ""}${eta === null ? "" : `${minutes(eta)} left`}`
  return html`<div class="progress" role="status">
    <b>Frame ${done} of ${total}</b>
    <progress max=${total || 1} value=${done} aria-label="Frames done"></progress>
    <p class=${prediction.error ? "error" : "muted"}>${words || "\u00a0"}</p>
  </div>`
}

function Actions({ prediction }) {
  const hasVideo = isOver(prediction) && framesDone(prediction) > 0
  const remix = () => {
    const known = Object.entries(prediction.input).filter(([name]) => name in schema.value)
    edit({ ...defaults(), animation_prompts: schema.value.animation_prompts.default, ...Object.fromEntries(known) })
    open("")
    notice.value = "Loaded into the composer"
  }
  return html`<div class="actions">
    ${!isOver(prediction) && html`<button class="button" onClick=${() => cancel(prediction)}>Cancel</button>`}
    ${hasVideo &&
    html`<a class="button" href=${videoAddress(prediction)} download=${`dreamreel-${prediction.id.slice(0, 8)}.mp4`}>Download</a>`}
    <button class="button" onClick=${remix} title="Load its input into the composer">Remix</button>
    ${framesDone(prediction) > 0 &&
    html`<button class="button" title="Move its last frame in the preview" onClick=${() => moveLastFrame(prediction).then(() => open(""))}>
      Use last frame
    </button>`}
  </div>`
}

function Input({ prediction }) {
  return html`<dl class="input-list">
    ${Object.entries(prediction.input).map(([name, value]) => html`<dt key=${name}>${label(name)}</dt><dd>${String(value)}</dd>`)}
    ${!Object.keys(prediction.input).length && html`<dd>Every input at its default</dd>`}
  </dl>`
}

function Logs() {
  return html`<pre class="logs" tabindex="0">${run.value.logs || "No line yet"}</pre>`
}

function Manifest({ prediction }) {
  const [manifest, setManifest] = useState(null)
  const over = isOver(prediction)
  useEffect(() => {
    if (!over) return
    get(`/v1/predictions/${prediction.id}/manifest`).then(setManifest, () => setManifest({ frames: [] }))
  }, [over])
  if (!over) return html`<p class="empty">Written when it has ended.</p>`
  if (!manifest) return html`<p class="empty">…</p>`
  const { frames, ...rest } = manifest
  const text = JSON.stringify({ ...rest, frames: `${frames.length} SHA-256 digests` }, null, 2)
  return html`<${Copyable} shown=${text} copied=${JSON.stringify(manifest, null, 2)} />`
}

function Code({ prediction }) {
  const [client, setClient] = useState(CLIENTS[0])
  return html`<div class="segments" role="group" aria-label="Copy as">
      ${CLIENTS.map(
        (name) => html`<button class="quiet" key=${name} aria-pressed=${client === name} onClick=${() => setClient(name)}>${name}</button>`,
      )}
    </div>
    <${Copyable} shown=${codeFor(client, prediction)} />`
}

function Copyable({ shown, copied = shown }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(copied)
      setDone(true)
      setTimeout(() => setDone(false), 1500)
    } catch {
      // Browsers have no clipboard on plain http beyond loopback, and may refuse it elsewhere.
      notice.value = "This browser does not let the page copy here; select the text instead"
    }
  }
  return html`<div class="copyable">
    <pre tabindex="0">${shown}</pre>
    <button class="quiet copy" onClick=${copy}>${done ? "Copied" : "Copy"}</button>
  </div>`
}
