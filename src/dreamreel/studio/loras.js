// The LoRAs that lie on the server: what each is for, the words that call it, and the way into the draft.

import { Adder, additions, factsOf, withOneMore } from "./additions.js"
import { html, useState } from "./html.js"
import { promptUnder } from "./blocks.js"
import { edit } from "./history.js"
import { roleIn } from "./inputs.js"
import { checked, frame, hasGroups, inputs, label, names, schema, tell } from "./state.js"
import { writePrompts } from "./texts.js"

const [LEAST, USUAL, MOST] = [-1, 0.8, 2]

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
  edit({ [name]: withOneMore(text, lora.name, strength) })
  return tell(`Added to ${label(name)}: ${lora.name}`)
}

function Lora({ item }) {
  const [amount, setAmount] = useState(USUAL)
  return html`<li class="lora">
    <div>
      <b>${item.title || item.name}</b> ${item.title && item.title !== item.name && html`<code>${item.name}</code>`}
      <p class="muted small">${factsOf(item)}</p>
      ${item.trigger_words.length > 0 &&
      html`<p class="triggers">
        ${item.trigger_words.map((words) => html`<button class="tag" key=${words} title="Add it to the prompt at the playhead" aria-label=${`Add to the prompt: ${words}`} onClick=${() => addWords(words)}>${words}</button>`)}
      </p>`}
    </div>
    <${Adder} item=${item} words="Strength" least=${LEAST} most=${MOST} ...${{ amount, setAmount }} isOff=${!item.models.length} add=${() => draw(item, amount)} />
  </li>`
}

const about = "Small files that teach a model a style or a subject."
export const loras = additions({ path: "/v1/loras", words: "LoRAs", about, role: "loras", Item: Lora })
