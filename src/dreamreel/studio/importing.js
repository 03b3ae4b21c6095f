// Files of other programs, and of films made here: what they hold becomes the draft, and it is said what became of each part.

import { ApiError, send } from "./api.js"
import { html, signal, useEffect, useRef } from "./html.js"
import { replaceDraft, undo } from "./history.js"
import { Icon } from "./icons.js"
import { defaultsIn } from "./inputs.js"
import { mode, models, schemaOf, servedName, tell } from "./state.js"

/** What became of the last file: {file, error} or {file, answer}; null while nothing is shown. */
const told = signal(null)

/** Makes a file the draft: one step of undo. file: a File of any kind that POST /import reads. */
export async function importFile(file) {
  if (!models.peek().length) return tell("The page is not ready yet; drop the file again in a moment")
  try {
    const headers = { "Content-Type": "application/octet-stream" }
    const answer = await (await send("/v1/import", { method: "POST", headers, body: file })).json()
    const schema = schemaOf(answer.model)
    const known = Object.fromEntries(Object.entries(answer.input).filter(([name]) => name in schema))
    replaceDraft({ model: servedName(answer.model), inputs: { ...defaultsIn(schema, known), ...known } })
    mode.value = "preview"
    told.value = { file: file.name, answer }
  } catch (error) {
    const said = error instanceof ApiError && error.problems.length ? error.problems.map((each) => each.description).join(" ") : error.message
    told.value = { file: file.name, error: said }
  }
}

export function ImportButton() {
  const field = useRef()
  const take = (event) => {
    const [file] = event.currentTarget.files
    event.currentTarget.value = "" // so that the same file can be chosen again
    if (file) importFile(file)
  }
  const words = "Import a settings file, a Parseq manifest, a request or a film"
  return html`<button class="square" onClick=${() => field.current.click()} title=${words} aria-label=${words}><${Icon} name="import" /></button>
    <input ref=${field} class="hidden" id="import-file" type="file" accept=".txt,.json,.mp4,application/json,text/plain,video/mp4" tabindex="-1" aria-hidden="true" onChange=${take} />`
}

/** The lists of an answer, what asks for a look first. */
const LISTS = [
  { list: "unsupported", words: "Not supported here", more: "The film will lack it." },
  { list: "changed", words: "Changed", more: "Taken under another name or value." },
  { list: "used", words: "Used as it is", more: "" },
  { list: "inert", words: "Without effect", more: "It decides no frame of this film." },
]

export function ImportDialog() {
  const dialog = useRef()
  const { file, error, answer } = told.value ?? {}
  useEffect(() => {
    if (told.value) dialog.current.showModal()
    else dialog.current.close()
  }, [told.value])
  const close = () => dialog.current.close()
  const back = () => {
    undo()
    close()
    tell("The draft is what it was before the import")
  }
  return html`<dialog ref=${dialog} class="drafts import" aria-labelledby="import-title" onClose=${() => (told.value = null)}>
    <h2 id="import-title">${error ? "This file cannot be imported" : "Imported"}</h2>
    <p class="muted small">${file}${answer && html`: ${answer.kind}`}</p>
    ${error && html`<p class="error" role="alert">${error}</p>`}
    ${answer && html`<div class="fates" tabindex="0" role="group" aria-label="What became of its parts">
      ${answer.notes.map((note) => html`<p class="warning" key=${note}>${note}</p>`)}
      ${LISTS.map(({ list, words, more }) => html`<${Fates} key=${list} found=${answer[list]} words=${words} more=${more} isOpen=${list === "unsupported" || list === "changed"} />`)}
    </div>`}
    <div class="actions">
      ${answer && html`<button class="button" onClick=${back}>Undo the import</button>`}
      <button class="button primary" onClick=${close}>${answer ? "Go on" : "Close"}</button>
    </div>
  </dialog>`
}

/** One list: each key of the file, and the input that it became or a sentence. @param {{found: Record<string, string>, words: string, more: string, isOpen: boolean}} given */
function Fates({ found, words, more, isOpen }) {
  const all = Object.entries(found)
  if (!all.length) return null
  return html`<details open=${isOpen}>
    <summary>${words} <small class="muted">${all.length}</small></summary>
    ${more && html`<p class="muted small">${more}</p>`}
    <dl>
      ${all.map(([key, became]) => html`<dt key=${key}><code>${key}</code></dt><dd>${became === key ? "the same" : became}</dd>`)}
    </dl>
  </details>`
}
