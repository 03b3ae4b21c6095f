// The inputs beside the stage: those that everybody uses, a search, and all others by groups that fold.

import { html, signal, toggle } from "./html.js"
import { Control } from "./controls.js"
import { Icon } from "./icons.js"
import { foundIn } from "./inputs.js"
import { isOnTimeline, isTimed, reveal } from "./lanes.js"
import { chooseModel, elsewhere, ModelChoice } from "./modelchoice.js"
import { changed, checked, fps, inputs, isBasic, label, names, numFrames, problems, schema, serving } from "./state.js"

/** What is searched among the inputs; the groups that are unfolded. */
const words = signal("")
const unfolded = signal(new Set())

export function Inspector() {
  if (!Object.keys(schema.value).length) return null
  const extra = Object.keys(schema.value).filter((name) => !isBasic(name))
  return html`<div class="inputs">
    <${ModelChoice} />
    <${Finder} />
    ${words.value.trim()
      ? html`<${Found} />`
      : html`${names("plain").filter(isBasic).map((name) => html`<${Control} key=${name} name=${name} />`)}
          <div class="input-groups">${groupsOf(extra).map(([group, members]) => html`<${Group} key=${group} group=${group} members=${members} />`)}</div>`}
    <${Elsewhere} />
    <${Cost} />
  </div>`
}

/** The field to search in; Escape empties it, and the key / goes there. */
function Finder() {
  const onKey = (event) => {
    if (event.key === "Escape" && words.value) {
      words.value = ""
      event.stopPropagation()
    }
    if (event.key !== "Enter" && event.key !== "ArrowDown") return
    /** @type {HTMLElement} */
    const first = document.querySelector(".found :is(input, select, button)")
    event.preventDefault()
    first?.focus()
  }
  return html`<div class="finder">
    <${Icon} name="search" />
    <input
      type="search"
      id="find-input"
      placeholder=${`Find any of ${Object.keys(schema.value).length} inputs`}
      aria-label="Find an input"
      aria-keyshortcuts="/"
      title="Find an input by its name or by what it does (/)"
      autocomplete="off"
      spellcheck=${false}
      value=${words.value}
      onInput=${(event) => (words.value = event.currentTarget.value)}
      onKeyDown=${onKey}
    />
  </div>`
}

function Found() {
  const found = foundIn(schema.value, words.value, label)
  const others = elsewhere(words.value)
  return html`<div class="found" role="group" aria-label="Inputs that were found">
    <p class="visually-hidden" role="status">${found.length === 1 ? "1 input" : `${found.length} inputs`}</p>
    ${found.map((name) => html`<${Row} key=${name} name=${name} isNamed />`)}
    ${!found.length && !others.length && html`<p class="empty">No input is called so, or does that.</p>`}
    ${others.map(
      ({ model, names: all }) => html`<p class="elsewhere" key=${model}>
        ${found.length ? "More of that" : "That"} is among the inputs of ${model}: ${all.slice(0, 3).map(label).join(", ")}${all.length > 3 ? ` and ${all.length - 3} more` : ""}.
        <button class="button small" onClick=${() => chooseModel(model)}>Use ${model}</button>
      </p>`,
    )}
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

/** A group; while it is folded, what differs from its default is shown all the same. */
function Group({ group, members }) {
  const isOpen = unfolded.value.has(group)
  const different = members.filter((name) => changed.value.has(name))
  const shown = isOpen ? members : different
  return html`<section class="input-group" aria-label=${group}>
    <h3>
      <button class="quiet" aria-expanded=${isOpen} onClick=${() => toggle(unfolded, group)}>
        <span class="chevron" aria-hidden="true"></span><span class="group-name">${group || "Other"}</span>
        <small>${different.length ? html`<b>${different.length} set</b> of ` : ""}${members.length}</small>
      </button>
    </h3>
    ${shown.map((name) => html`<${Row} key=${name} name=${name} isBrief=${!isOpen} />`)}
  </section>`
}

/** One input in a list: its control, or the way to where it is edited. isBrief: without what it does. isNamed: with its name in the API. */
function Row({ name, isBrief = false, isNamed = false }) {
  const isPlain = !schema.value[name]["x-syntax"]
  const code = isNamed && html`<code class="wire-name">${name}</code>`
  if (isPlain) return html`<div class="input-row"><${Control} name=${name} isExplained=${!isBrief} />${code}</div>`
  const text = inputs.value[name]
  return html`<div class="input-row elsewhere-row">
    <button class="row-link" onClick=${() => reveal(name)} aria-label=${`${label(name)}: edit it ${whereOf(name)}`}>
      <span>${label(name)}</span>
      <small class="muted">${text ? html`<code>${text.slice(0, 60)}</code>` : whereOf(name)}</small>
      <${Icon} name=${isTimed(name) ? "curve" : "edit"} />
    </button>
    ${!isBrief && html`<p class="help">${schema.value[name].description}</p>`}${code}
  </div>`
}

const whereOf = (name) =>
  !isTimed(name) ? "beside the prompt" : isOnTimeline(name) ? "on the timeline" : "as a lane"

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
