// What an input does, as the schema says: below it when asked for; who hears the page hears it with the field.

import { html, signal, toggle } from "./html.js"
import { Icon } from "./icons.js"
import { label, schema, unit } from "./state.js"

/** The names of the inputs whose explanation is shown. */
const shown = signal(new Set())

/** For aria-describedby of the field. */
export const helpOf = (name) => `${name}-help`

const propsOf = (name) => ({
  "aria-expanded": shown.value.has(name),
  "aria-controls": helpOf(name),
  "aria-label": `${label(name)}: what it does`,
  title: schema.value[name].description,
  onClick: () => toggle(shown, name),
})

/** Shows what an input does, and hides it again. */
export function HelpButton({ name }) {
  return html`<button class="quiet help-button" ...${propsOf(name)}><${Icon} name="help" /></button>`
}

/** The name of a lane does the same. */
export function LaneName({ name }) {
  return html`<button class="lane-name" ...${propsOf(name)}><span>${label(name)}</span>${unit(name) && html` <small class="muted">${unit(name)}</small>`}</button>`
}

/** isShown: whether or not anybody asked. */
export function Help({ name, isShown = false }) {
  return html`<p class=${isShown || shown.value.has(name) ? "help" : "help visually-hidden"} id=${helpOf(name)}>${schema.value[name].description}</p>`
}
