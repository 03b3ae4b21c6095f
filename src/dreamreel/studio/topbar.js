// Name, mode, undo, light or dark, and the one button that matters.

import { html, effect, signal } from "./html.js"
import { canRedo, canUndo, redo, undo } from "./history.js"
import { open, start, starting } from "./runs.js"
import { checked, inputs, opened, problems } from "./state.js"

const KEY = "dreamreel.theme"
const THEMES = { "": "Light or dark as your system", light: "Light", dark: "Dark" }
const theme = signal(localStorage.getItem(KEY) ?? "")

effect(() => {
  document.documentElement.dataset.theme = theme.value
  localStorage.setItem(KEY, theme.value)
})

function turnTheme() {
  const all = Object.keys(THEMES)
  theme.value = all[(all.indexOf(theme.value) + 1) % all.length]
}

export function TopBar() {
  const ready = checked.value !== null && problems.value.length === 0
  const composing = opened.value === ""
  return html`<header class="topbar">
    <a class="wordmark" href="/" onClick=${(event) => (event.preventDefault(), open(""))}>dreamreel</a>
    ${!composing && html`<button class="quiet back" onClick=${() => open("")} title="Back (Escape)">← Composer</button>`}
    <span class="spring"></span>
    ${composing &&
    html`<span class="pair">
      <button class="square" disabled=${!canUndo.value} onClick=${undo} title="Undo (Ctrl+Z)" aria-label="Undo">↶</button>
      <button class="square" disabled=${!canRedo.value} onClick=${redo} title="Redo (Ctrl+Shift+Z)" aria-label="Redo">↷</button>
    </span>`}
    <button class="square theme" onClick=${turnTheme} title=${THEMES[theme.value]} aria-label=${`Theme: ${THEMES[theme.value]}`}>
      <i aria-hidden="true"></i>
    </button>
    ${composing &&
    html`<button
      class="button primary run"
      disabled=${!ready || starting.value || !Object.keys(inputs.value).length}
      onClick=${start}
      title="Draw the film (Ctrl+Enter)"
    >
      ${starting.value ? "Sending…" : "Run"}
    </button>`}
  </header>`
}
