// A control for each input of the schema that is no text of the timeline's: made from its type and limits.

import { html, signal } from "./html.js"
import { edit } from "./history.js"
import { checked, fps, inputs, label, names, numFrames, problemOf, problems, schema, serving, warningsOf } from "./state.js"

const more = signal(false)

export function Inspector() {
  const extra = names("plain", true)
  return html`<aside class="side" aria-label="Inputs">
    <div class="side-scroll">
      <h2>Film</h2>
      ${names("plain", false).map((name) => html`<${Control} key=${name} name=${name} />`)}
      ${extra.length > 0 &&
      html`<button class="quiet" aria-expanded=${more.value} onClick=${() => (more.value = !more.value)}>
        <span class="chevron" aria-hidden="true"></span>${more.value ? "Fewer settings" : `${extra.length} more settings`}
      </button>`}
      ${more.value && extra.map((name) => html`<${Control} key=${name} name=${name} />`)}
      <${Elsewhere} />
    </div>
    <${Cost} />
  </aside>`
}

/** Problems of no single input. */
function Elsewhere() {
  return problems.value
    .filter(({ name }) => !(name in inputs.value))
    .map(({ message }) => html`<p class="error" key=${message}>${message}</p>`)
}

function Cost() {
  const seconds = checked.value?.estimated_seconds
  const time = seconds == null ? "" : seconds < 90 ? `about ${Math.ceil(seconds)} s to draw` : `about ${Math.round(seconds / 60)} min to draw`
  return html`<div class="cost">
    <p>${(numFrames.value / fps.value).toFixed(1)} s of film<span class="muted">${time && `, ${time}`}</span></p>
    <p class="muted model" title=${serving.value.checkpoint}>${serving.value.title ?? "\u00a0"}</p>
  </div>`
}

function Control({ name }) {
  const problem = problemOf(name)
  const id = `input-${name}`
  return html`<div class=${`control ${problem ? "broken" : ""}`}>
    <${Widget} name=${name} id=${id} />
    <div class="says" aria-live="polite" id=${`${id}-says`}>
      ${problem && html`<p class="error">${problem.message}</p>`}
      ${!problem && warningsOf(name).map((note) => html`<p class="warning" key=${note.message}>${note.message}</p>`)}
    </div>
  </div>`
}

function Widget({ name, id }) {
  const field = schema.value[name]
  const value = inputs.value[name]
  const set = (to) => edit({ [name]: to }, name)
  const parts = { name, id, field, value, set }
  if (field.enum) return html`<${Choice} ...${parts} />`
  if (field.type === "boolean") return html`<${Switch} ...${parts} />`
  if (field.type === "integer" || field.type === "number") {
    return field.minimum !== undefined && field.maximum !== undefined
      ? html`<${Slider} ...${parts} />`
      : html`<${NumberBox} ...${parts} />`
  }
  return html`<${Label} ...${parts} /><input id=${id} type="text" value=${value ?? ""} onInput=${(event) => set(event.currentTarget.value)} />`
}

function Label({ id, name, field }) {
  const help = field.description === "An enumeration." ? "" : field.description
  return html`<label for=${id} title=${help}>${label(name)}</label>`
}

function Choice({ id, name, field, value, set }) {
  return html`<${Label} id=${id} name=${name} field=${field} />
    <select id=${id} value=${value} onChange=${(event) => set(event.currentTarget.value)}>
      ${field.enum.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === value}>${choice}</option>`)}
    </select>`
}

function Switch({ id, name, field, value, set }) {
  return html`<label class="switch" title=${field.description}>
    <input id=${id} type="checkbox" checked=${Boolean(value)} onChange=${(event) => set(event.currentTarget.checked)} />
    <span>${label(name)}</span>
  </label>`
}

const whole = (text) => (text === "" ? null : Number(text))

function Slider({ id, name, field, value, set }) {
  const range = { min: field.minimum, max: field.maximum, step: field.type === "integer" ? 1 : "any" }
  return html`<${Label} id=${id} name=${name} field=${field} />
    <div class="slider">
      <input type="range" ...${range} value=${value} aria-label=${`${label(name)}, slider`} onInput=${(event) => set(Number(event.currentTarget.value))} />
      <input id=${id} type="number" ...${range} value=${value} onInput=${(event) => set(whole(event.currentTarget.value))} />
    </div>`
}

/** A number without bounds. A seed is one that may be left to chance, or thrown. */
function NumberBox({ id, name, field, value, set }) {
  const isSeed = name === "seed"
  const dice = () => set(crypto.getRandomValues(new Uint32Array(1))[0])
  return html`<${Label} id=${id} name=${name} field=${field} />
    <div class="number">
      <input
        id=${id}
        type="number"
        step=${field.type === "integer" ? 1 : "any"}
        value=${value ?? ""}
        placeholder=${field.default === undefined ? "random" : ""}
        onInput=${(event) => set(whole(event.currentTarget.value))}
      />
      ${isSeed && html`<button class="square" onClick=${dice} title="Throw the dice" aria-label="Random seed">⚄</button>`}
      ${isSeed && value !== null && html`<button class="square" onClick=${() => set(null)} title="Leave it to chance" aria-label="Clear the seed">×</button>`}
    </div>`
}
