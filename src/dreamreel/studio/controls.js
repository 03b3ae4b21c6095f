// The controls of single inputs, made from their type and limits in the schema.

import { html } from "./html.js"
import { Help, HelpButton, helpOf } from "./help.js"
import { edit } from "./history.js"
import { seedOf } from "./films.js"
import { typed } from "./fields.js"
import { Icon } from "./icons.js"
import { slides, stepOf } from "./inputs.js"
import { LARGEST_SEED, newSeed } from "./seeds.js"
import { inputs, label, problemOf, run, schema, serving, unit, warningsOf } from "./state.js"

/** isExplained: what it does stands below it, for inputs that few know; else a button shows it. */
export function Control({ name, isExplained = false }) {
  const problem = problemOf(name)
  const id = `input-${name}`
  return html`<div class=${`control ${problem ? "broken" : ""}`} data-input=${name}>
    <${Widget} ...${{ name, id, isExplained }} />
    <${Help} name=${name} isShown=${isExplained} />
    <div class="says" aria-live="polite" id=${`${id}-says`}>
      ${problem && html`<p class="error">${problem.message}</p>`}
      ${!problem && warningsOf(name).map((note) => html`<p class="warning" key=${note.message}>${note.message}</p>`)}
    </div>
  </div>`
}

function Widget({ name, id, isExplained }) {
  const field = schema.value[name]
  const value = inputs.value[name]
  const set = (to) => edit({ [name]: to }, name)
  // What is said of it, and what it does.
  const described = `${id}-says ${helpOf(name)}`
  const parts = { name, id, field, value, set, isExplained, described }
  if (name === "seed") return html`<${Seed} ...${parts} />`
  // What draws here is told by the server, not by the schema: null is its own choice.
  const here = field["x-role"] === "checkpoint" ? (serving.value.models ?? []).map((model) => model.name) : []
  if (here.length > 1) return html`<${Choice} ...${parts} field=${{ ...field, enum: [null, ...here] }} />`
  if (field.enum) return html`<${Choice} ...${parts} />`
  if (field.type === "boolean") return html`<${Switch} ...${parts} />`
  if (field.type === "integer" || field.type === "number") {
    return slides(field) ? html`<${Slider} ...${parts} />` : html`<${NumberBox} ...${parts} />`
  }
  return html`<${Label} ...${parts} /><input id=${id} aria-describedby=${described} type="text" value=${value ?? ""} onInput=${(event) => set(typed(event.currentTarget.value, field))} />`
}

function Label({ id, name, isExplained }) {
  return html`<div class="control-head">
    <label for=${id}>${label(name)}</label>
    ${unit(name) && html`<small class="muted">${unit(name)}</small>`}
    ${!isExplained && html`<${HelpButton} name=${name} />`}
  </div>`
}

function Choice({ id, name, field, value, set, isExplained, described }) {
  // By its place: the page has texts only, and a choice may be a number.
  return html`<${Label} ...${{ id, name, isExplained }} />
    <select id=${id} aria-describedby=${described} value=${value} onChange=${(event) => set(field.enum[event.currentTarget.selectedIndex])}>
      ${field.enum.map((choice) => html`<option key=${choice} value=${choice ?? ""} selected=${choice === (value ?? null)}>${choice ?? "the first of this server"}</option>`)}
    </select>`
}

function Switch({ id, name, value, set, isExplained, described }) {
  const head = html`<label class="switch">
    <input id=${id} aria-describedby=${described} type="checkbox" checked=${Boolean(value)} onChange=${(event) => set(event.currentTarget.checked)} />
    <span>${label(name)}</span>
  </label>`
  return html`<div class="control-head">${head}${!isExplained && html`<${HelpButton} name=${name} />`}</div>`
}

const whole = (text) => (text === "" ? null : Number(text))

function Slider({ id, name, field, value, set, isExplained, described }) {
  const range = { min: field.minimum, max: field.maximum, step: stepOf(field) }
  return html`<${Label} ...${{ id, name, isExplained }} />
    <div class="slider">
      <input type="range" ...${range} value=${value} aria-label=${`${label(name)}, slider`} onInput=${(event) => set(Number(event.currentTarget.value))} />
      <input id=${id} aria-describedby=${described} type="number" ...${range} step=${field.type === "integer" ? 1 : "any"} value=${value} onInput=${(event) => set(whole(event.currentTarget.value))} />
    </div>`
}

function NumberBox({ id, name, field, value, set, isExplained, described }) {
  return html`<${Label} ...${{ id, name, isExplained }} />
    <input id=${id} aria-describedby=${described} type="number" min=${field.minimum} max=${field.maximum} step=${field.type === "integer" ? 1 : "any"} value=${value ?? ""} onInput=${(event) => set(whole(event.currentTarget.value))} />`
}

/** The seed: a new one for each film, or one that is kept. The one of the film that is open is never lost. */
function Seed({ id, name, value, set, isExplained, described }) {
  const last = run.value?.prediction ? seedOf(run.value.prediction) : null
  const isKept = value !== null && value !== undefined
  const step = (by) => set(Math.min(Math.max((value ?? last ?? 0) + by, 0), LARGEST_SEED))
  const square = (icon, words, act, more = {}) =>
    html`<button class="square" title=${words} aria-label=${words} onClick=${act} ...${more}><${Icon} name=${icon} /></button>`
  return html`<${Label} ...${{ id, name, isExplained }} />
    <div class="number">
      ${square(isKept ? "locked" : "unlocked", isKept ? "A new seed for each film" : "Keep the seed", () => set(isKept ? null : (last ?? newSeed())), { "aria-pressed": isKept })}
      <input id=${id} aria-describedby=${described} type="number" step="1" min="0" value=${value ?? ""} placeholder="new for each film" onInput=${(event) => set(whole(event.currentTarget.value))} />
      ${square("back", "The seed before", () => step(-1))}
      ${square("on", "The next seed", () => step(1))}
      ${square("dice", "Another seed", () => set(newSeed()))}
    </div>
    ${!isKept && last !== null && html`<p class="muted small">The film that is open has ${last}. <button class="link" onClick=${() => set(last)}>Use it</button></p>`}`
}
