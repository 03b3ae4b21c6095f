// The drafts of this browser: to be opened in this tab, or thrown away.

import { html, signal, useEffect, useRef } from "./html.js"
import { drafts, forgetDraft, isOwn, openDraft } from "./drafts.js"
import { Icon } from "./icons.js"
import { promptsIn, schemaOf, tell } from "./state.js"

const isShown = signal(false)
export const showDrafts = () => (isShown.value = true)

const timeOf = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" })

function titleOf({ model, inputs }) {
  const text = String(inputs[promptsIn(schemaOf(model))] ?? "").replace(/^\s*\d+\s*:\s*/, "")
  return text.trim().slice(0, 90) || "without a prompt"
}

export function DraftsDialog() {
  const dialog = useRef()
  useEffect(() => {
    if (isShown.value) dialog.current.showModal()
    else dialog.current.close()
  }, [isShown.value])
  const close = () => dialog.current.close()
  const open = (draft) => () => {
    openDraft(draft)
    tell("The draft is loaded; undo brings back what was here")
    close()
  }
  return html`<dialog ref=${dialog} class="drafts" aria-labelledby="drafts-title" onClose=${() => (isShown.value = false)}>
    <h2 id="drafts-title">Drafts in this browser</h2>
    <p class="muted small">Each tab has one of its own and keeps it; a new tab begins with the newest.</p>
    <ul>
      ${isShown.value &&
      drafts.value.map(
        (draft) => html`<li key=${draft.id}>
          <button class="quiet draft" disabled=${isOwn(draft)} onClick=${open(draft)}>
            <span>${titleOf(draft)}</span>
            <small class="muted">${isOwn(draft) ? "this tab's" : timeOf(draft.at)}</small>
          </button>
          ${!isOwn(draft) &&
          html`<button class="square" aria-label=${`Throw away: ${titleOf(draft)}`} title="Throw away" onClick=${() => forgetDraft(draft.id)}><${Icon} name="trash" /></button>`}
        </li>`,
      )}
    </ul>
    <div class="actions"><button class="button" onClick=${close}>Close</button></div>
  </dialog>`
}
