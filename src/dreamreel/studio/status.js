// The state of a film in a word, with its colour.

import { html } from "./html.js"
import { STATUS } from "./films.js"

export function Status({ status }) {
  return html`<span class=${`status ${status}`}>${STATUS[status] ?? status}</span>`
}
