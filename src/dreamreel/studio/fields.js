// The text of a schedule or of the prompts, with what the server says of it below.

import { html, useRef } from "./html.js"
import { Help, helpOf } from "./help.js"
import { edit } from "./history.js"
import { inputs, label, problemOf, schema, warningsOf } from "./state.js"
import { offsetOf } from "./texts.js"

/** What is meant by a text: an empty one is none, where that is what an input has by itself. */
export const typed = (text, field) => (text === "" && (field.default ?? null) === null ? null : text)

/** placeholder: what is shown while there is no text. */
export function TextField({ name, multiline = false, placeholder = "" }) {
  const field = useRef()
  const text = inputs.value[name] ?? ""
  const problem = problemOf(name)
  const props = {
    ref: field,
    value: text,
    spellcheck: false,
    autocomplete: "off",
    "aria-label": `${label(name)}, as text`,
    "aria-invalid": Boolean(problem),
    "aria-describedby": `${name}-says ${helpOf(name)}`,
    onInput: (event) => edit({ [name]: typed(event.currentTarget.value, schema.value[name]) }, name),
    placeholder,
  }
  return html`<div class=${multiline ? "text-field wide" : "text-field"} data-text=${name}>
    ${multiline ? html`<textarea rows="1" ...${props}></textarea>` : html`<input type="text" ...${props} />`}
    <${Help} name=${name} />
    <div class="says" id=${`${name}-says`} aria-live="polite">
      ${problem ? html`<${Problem} problem=${problem} text=${text} field=${field} />` : html`<${Warnings} name=${name} />`}
    </div>
  </div>`
}

/** The sentence, and the text around its column with a mark below that column. */
function Problem({ problem, text, field }) {
  const { column, message } = problem
  const show = () => {
    const at = offsetOf(text, column ?? 1)
    field.current.focus()
    field.current.setSelectionRange(at, at + 1)
  }
  return html`<button class="problem" onClick=${show} title="Go there" data-column=${column}>
    ${column && html`<${Place} text=${text} column=${column} />`}
    <span>${column ? `Column ${column}: ` : ""}${message.replace(/ at column \d+/g, "")}</span>
  </button>
  <${Remedy} message=${message} />`
}

/** A message may name a switch that would do (`"math": true`): it is offered. */
function Remedy({ message }) {
  const name = message.match(/"(\w+)": true/)?.[1]
  if (schema.value[name]?.type !== "boolean" || inputs.value[name]) return null
  return html`<button class="link remedy" onClick=${() => edit({ [name]: true })}>Turn on: ${label(name)}</button>`
}

const BEFORE = 24

function Place({ text, column }) {
  const characters = [...text.replaceAll("\n", " "), " "]
  const from = Math.max(column - 1 - BEFORE, 0)
  return html`<code class="place" aria-hidden="true"
    >${from > 0 && "…"}${characters.slice(from, column - 1).join("")}<mark>${characters[column - 1]}</mark>${characters
      .slice(column, column + BEFORE)
      .join("")}</code
  >`
}

function Warnings({ name }) {
  return warningsOf(name).map((note) => html`<p class="warning" key=${note.message}>${note.message} <${Remedy} message=${note.message} /></p>`)
}
