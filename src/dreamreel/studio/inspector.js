// A control for each input of the schema that is no text of the timeline's: made from its type and limits.

import { html, signal } from "./html.js"
import { edit } from "./history.js"
import { seedOf } from "./films.js"
import { Icon } from "./icons.js"
import { LARGEST_SEED, newSeed } from "./seeds.js"
import { checked, fps, inputs, label, names, numFrames, problemOf, problems, run, schema, serving, unit, warningsOf } from "./state.js"

const more = signal(false)

export function Inspector() {
  const extra = names("plain", true)
  return html`<div class="inputs">
    ${names("plain", false).map((name) => html`<${Control} key=${name} name=${name} />`)}
    ${extra.length > 0 &&
    html`<button class="quiet" aria-expanded=${more.value} onClick=${() => (more.value = !more.value)}>
      <span class="chevron" aria-hidden="true"></span>${more.value ? "Fewer settings" : `${extra.length} more settings`}
    </button>`}
    ${more.value && groupsOf(extra).map(([group, members]) => html`<${Group} key=${group} group=${group} members=${members} />`)}
    <${Elsewhere} />
    <${Cost} />
  </div>`
}

/** Names by the group that the schema puts them into (x-group), in order: [[group, names]]. */
export function groupsOf(all) {
  const groups = new Map()
  for (const name of all) {
    const group = schema.value[name]["x-group"] ?? ""
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  return [...groups]
}

function Group({ group, members }) {
  return html`<div class="input-group" role="group" aria-label=${group}>
    ${group && html`<h3>${group}</h3>`}
    ${members.map((name) => html`<${Control} key=${name} name=${name} isExplained />`)}
  </div>`
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

/** isExplained: what it does stands below it, for inputs that few know. */
function Control({ name, isExplained = false }) {
  const problem = problemOf(name)
  const id = `input-${name}`
  return html`<div class=${`control ${problem ? "broken" : ""}`}>
    <${Widget} name=${name} id=${id} />
    ${isExplained && html`<p class="help">${schema.value[name].description}</p>`}
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
  return html`<div class="control-head" title=${field.description}>
    <label for=${id}>${label(name)}</label>
    ${unit(name) && html`<small class="muted">${unit(name)}</small>`}
  </div>`
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

/** A number without bounds. */
function NumberBox({ id, name, field, value, set }) {
  if (name === "seed") return html`<${Seed} ...${{ id, name, field, value, set }} />`
  return html`<${Label} id=${id} name=${name} field=${field} />
    <input id=${id} type="number" step=${field.type === "integer" ? 1 : "any"} value=${value ?? ""} onInput=${(event) => set(whole(event.currentTarget.value))} />`
}

/** The seed: a new one for each film, or one that is kept. The one of the film that is open is never lost. */
function Seed({ id, name, field, value, set }) {
  const last = run.value?.prediction ? seedOf(run.value.prediction) : null
  const isKept = value !== null && value !== undefined
  const step = (by) => set(Math.min(Math.max((value ?? last ?? 0) + by, 0), LARGEST_SEED))
  const square = (icon, words, act, more = {}) =>
    html`<button class="square" title=${words} aria-label=${words} onClick=${act} ...${more}><${Icon} name=${icon} /></button>`
  return html`<${Label} id=${id} name=${name} field=${field} />
    <div class="number">
      ${square(isKept ? "locked" : "unlocked", isKept ? "A new seed for each film" : "Keep the seed", () => set(isKept ? null : (last ?? newSeed())), { "aria-pressed": isKept })}
      <input id=${id} type="number" step="1" min="0" value=${value ?? ""} placeholder="new for each film" onInput=${(event) => set(whole(event.currentTarget.value))} />
      ${square("back", "The seed before", () => step(-1))}
      ${square("on", "The next seed", () => step(1))}
      ${square("dice", "Another seed", () => set(newSeed()))}
    </div>
    ${!isKept && last !== null && html`<p class="muted small">The film that is open has ${last}. <button class="link" onClick=${() => set(last)}>Use it</button></p>`}`
}
