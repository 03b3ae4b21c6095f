// Beside the stage: the prompt under the playhead and the inputs, or what there is to know of the film that is open.

import { html, effect, signal } from "./html.js"
import { Details } from "./details.js"
import { Inspector } from "./inspector.js"
import { PromptBox } from "./promptbox.js"
import { Tabs } from "./tabs.js"
import { opened } from "./state.js"

export const sideTab = signal("Compose")

function Compose() {
  return html`<${PromptBox} /><${Inspector} />`
}

/** A film that is opened from the library or by a link is shown with what it was made from. */
export function showDetails() {
  sideTab.value = "Film"
}

effect(() => {
  if (!opened.value.length) sideTab.value = "Compose"
})

export function Side() {
  const tabs = opened.value.length ? { Compose, Film: Details } : { Compose }
  return html`<aside class="side" aria-label="Beside the stage">
    ${opened.value.length
      ? html`<${Tabs} id="side" words="Beside the stage" tabs=${tabs} chosen=${sideTab} />`
      : html`<div class="tab-panel"><${Compose} /></div>`}
  </aside>`
}
