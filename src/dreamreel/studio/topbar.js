// Name, undo, light or dark, and the one button that matters.

import { html, effect, signal } from "./html.js"
import { canRedo, canUndo, redo, undo } from "./history.js"
import { refused } from "./api.js"
import { showDrafts } from "./draftsdialog.js"
import { Icon } from "./icons.js"
import { ImportButton } from "./importing.js"
import { trouble } from "./link.js"
import { canStart, open, start, starting } from "./runs.js"
import { problems } from "./state.js"

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
  const why = canStart.value ? "" : reason()
  return html`<header class="topbar">
    <h1><a class="wordmark" href="/" onClick=${(event) => (event.preventDefault(), open())}>dreamreel<span class="visually-hidden"> studio</span></a></h1>
    <span class="spring"></span>
    <span class="pair">
      <button class="square" disabled=${!canUndo.value} onClick=${undo} title="Undo (Ctrl+Z)" aria-label="Undo"><${Icon} name="undo" /></button>
      <button class="square" disabled=${!canRedo.value} onClick=${redo} title="Redo (Ctrl+Shift+Z)" aria-label="Redo"><${Icon} name="redo" /></button>
    </span>
    <${ImportButton} />
    <button class="square" onClick=${showDrafts} title="Drafts" aria-label="Drafts"><${Icon} name="drafts" /></button>
    <button class="square" onClick=${turnTheme} title=${THEMES[theme.value]} aria-label=${`Theme: ${THEMES[theme.value]}`}><${Icon} name="theme" /></button>
    <span class="why" id="why">${why}</span>
    <button class="button variations" disabled=${!canStart.value || starting.value} onClick=${() => start(4)} title="The same with four seeds, side by side" aria-label="4 variations"><span class="wide">4 variations</span><span class="narrow" aria-hidden="true">×4</span></button>
    <button
      class="button primary run"
      disabled=${!canStart.value || starting.value}
      onClick=${() => start()}
      title="Draw the film (Ctrl+Enter)"
      aria-describedby="why"
    >
      ${starting.value ? "Sending…" : "Run"}
    </button>
  </header>`
}

/** Why the draft cannot be run now. */
function reason() {
  if (trouble.value) return trouble.value === "offline" ? "You are offline" : "The server does not answer"
  if (refused.value) return "A token is needed"
  return problems.value.length ? "The draft has a fault" : ""
}
