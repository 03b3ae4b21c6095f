// The LoRAs that lie on the server: what each is for, the words that call it, and the way into the draft.

import { get } from "./api.js"
import { html, signal, useEffect, useRef, useState } from "./html.js"
import { promptUnder } from "./blocks.js"
import { edit } from "./history.js"
import { Icon } from "./icons.js"
import { roleIn } from "./inputs.js"
import { checked, frame, hasGroups, inputs, label, names, schema, tell } from "./state.js"
import { writePrompts } from "./texts.js"

/** Those there are, as GET /loras tells them. */
const loras = signal([])
const isShown = signal(false)
const [LEAST, USUAL, MOST, STEP] = [-1, 0.8, 2, 0.05]

/** Asks once which there are; where that fails, the page has none. */
export const askForLoras = () => get("/v1/loras").then(({ results }) => (loras.value = results), () => {})

/** The way to them; nothing where the server has none. */
export function LorasButton() {
  if (!loras.value.length) return null
  return html`<button class="quiet add-words" aria-haspopup="dialog" onClick=${() => (isShown.value = true)}><${Icon} name="layers" /> LoRAs <small class="muted">${loras.value.length}</small></button>`
}

/** Adds words to the prompt under the playhead, if the server has read what is there. */
function addWords(words) {
  const [name] = names("prompts")
  const read = checked.peek()
  if (!read || read.sent[name] !== inputs.peek()[name]) return tell("The prompt is still being read; try again in a moment")
  const at = promptUnder(read.prompts, frame.peek())
  edit({ [name]: writePrompts(read.prompts.map((prompt, idx) => ({ ...prompt, text: idx === at ? `${prompt.text} ${words}`.trim() : prompt.text })), hasGroups.peek()) })
  return tell(`Added to prompt ${at + 1}: ${words}`)
}

/** Draws with a LoRA: by the input for them, or by its tag in the prompt where a model has no such input. */
function draw(lora, strength) {
  const name = roleIn(schema.peek(), "loras")
  const text = String(inputs.peek()[name] ?? "").trim()
  // Only a list of its own form can be gone on with; what is written otherwise stays, and the tag adds to it.
  if (!name || /^[{<]/.test(text)) return addWords(lora.tag.replace(/:1>$/, `:${strength}>`))
  edit({ [name]: `${text && `${text} | `}${lora.name}: ${strength}` })
  return tell(`Added to ${label(name)}: ${lora.name}`)
}

export function LorasDialog() {
  const dialog = useRef()
  useEffect(() => {
    if (isShown.value) {
      askForLoras()
      dialog.current.showModal()
    } else dialog.current.close()
  }, [isShown.value])
  const used = String(inputs.value[roleIn(schema.value, "loras")] ?? "")
  return html`<dialog ref=${dialog} class="drafts" aria-labelledby="loras-title" onClose=${() => (isShown.value = false)}>
    <h2 id="loras-title">LoRAs on this server</h2>
    <p class="muted small">${used ? html`The film is drawn with <code>${used}</code>` : "Small files that teach a model a style or a subject."}</p>
    <ul class="loras">${isShown.value && loras.value.map((lora) => html`<${Lora} key=${lora.name} lora=${lora} />`)}</ul>
    <div class="actions"><button class="button" onClick=${() => dialog.current.close()}>Close</button></div>
  </dialog>`
}

function Lora({ lora }) {
  const [strength, setStrength] = useState(USUAL)
  const id = `lora-${lora.name}`
  const fits = lora.models.length > 0
  const facts = [lora.base_model, lora.format, `${Math.max(Math.round(lora.size_bytes / 1e6), 1)} MB`].filter(Boolean).join(" · ")
  const onInput = (event) => setStrength(Number(event.currentTarget.value))
  return html`<li class="lora">
    <div>
      <b>${lora.title || lora.name}</b> ${lora.title && lora.title !== lora.name && html`<code>${lora.name}</code>`}
      <p class="muted small">${facts}${!fits && " · for no model that is served here"}</p>
      ${lora.trigger_words.length > 0 &&
      html`<p class="triggers">
        ${lora.trigger_words.map((words) => html`<button class="tag" key=${words} title="Add it to the prompt at the playhead" aria-label=${`Add to the prompt: ${words}`} onClick=${() => addWords(words)}>${words}</button>`)}
      </p>`}
    </div>
    <div class="lora-add">
      <label for=${id}>Strength</label>
      <input id=${id} type="number" min=${LEAST} max=${MOST} step=${STEP} value=${strength} onInput=${onInput} />
      <button class="button small" disabled=${!fits} aria-label=${`Add ${lora.name}`} onClick=${() => draw(lora, strength)}>Add</button>
    </div>
  </li>`
}
