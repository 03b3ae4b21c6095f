// What lies on the server for films to be drawn with: a button below the prompt, and a list from which it is added.

import { get } from "./api.js"
import { html, signal, useEffect, useRef } from "./html.js"
import { Icon } from "./icons.js"
import { roleIn } from "./inputs.js"
import { inputs, schema } from "./state.js"

/**
 * path: of the list. words: what people call them. about: what they are. role: of the input that names them (x-role).
 * Item: shows one of them, {item}. Foot: what stands below all of them.
 */
export function additions({ path, words, about, role, Item, Foot = () => null }) {
  const [all, isShown] = [signal([]), signal(false)]
  /** Asks which there are; where that fails, the page has none. */
  const ask = () => get(path).then(({ results }) => (all.value = results), () => {})

  /** The way to them; nothing where the server has none. */
  function Button() {
    if (!all.value.length) return null
    return html`<button class="quiet add-words" aria-haspopup="dialog" onClick=${() => (isShown.value = true)}><${Icon} name="layers" /> ${words} <small class="muted">${all.value.length}</small></button>`
  }

  function Dialog() {
    const dialog = useRef()
    useEffect(() => {
      if (isShown.value) {
        ask()
        dialog.current.showModal()
      } else dialog.current.close()
    }, [isShown.value])
    const used = String(inputs.value[roleIn(schema.value, role)] ?? "")
    return html`<dialog ref=${dialog} class="drafts" aria-labelledby=${`${role}-title`} onClose=${() => (isShown.value = false)}>
      <h2 id=${`${role}-title`}>${words} on this server</h2>
      <p class="muted small">${used ? html`The film is drawn with <code>${used}</code>` : about}</p>
      <ul>${isShown.value && all.value.map((item) => html`<${Item} key=${item.name} item=${item} />`)}</ul>
      ${isShown.value && html`<${Foot} done=${() => dialog.current.close()} />`}
      <div class="actions"><button class="button" onClick=${() => dialog.current.close()}>Close</button></div>
    </dialog>`
  }
  return { ask, Button, Dialog }
}

/** Facts of a file in one line. @param {(string | false | null)[]} said */
export const factsOf = (item, ...said) =>
  [item.base_model, item.format, `${Math.max(Math.round(item.size_bytes / 1e6), 1)} MB`, ...said, !item.models.length && "for no model that is served here"].filter(Boolean).join(" · ")

/** How much it counts, and the button that adds it. words: what its number is called. */
export function Adder({ item, words, least, most, amount, setAmount, isOff, add }) {
  const id = `${words}-${item.name}`
  return html`<div class="lora-add">
    <label for=${id}>${words}</label>
    <input id=${id} type="number" min=${least} max=${most} step="0.05" value=${amount} onInput=${(event) => setAmount(Number(event.currentTarget.value))} />
    <button class="button small" disabled=${isOff} aria-label=${`Add ${item.name}`} onClick=${add}>Add</button>
  </div>`
}

/** A list of names in a text with one more: "a: 0.8 | b: 0.5". */
export const withOneMore = (text, name, amount) => `${text && `${text} | `}${name}: ${amount}`
