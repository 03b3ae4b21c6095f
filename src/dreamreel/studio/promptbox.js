// The prompt of the block under the playhead, large: where one types first.

import { html, computed, useEffect, useRef } from "./html.js"
import { promptUnder } from "./blocks.js"
import { controlnets } from "./controlnets.js"
import { edit, endEdit } from "./history.js"
import { TextField } from "./fields.js"
import { HelpButton } from "./help.js"
import { Icon } from "./icons.js"
import { askedFor, reveal } from "./lanes.js"
import { loras } from "./loras.js"
import { checked, frame, hasGroups, inputs, label, names, numFrames, playing, schema, serving } from "./state.js"
import { writePrompts } from "./texts.js"

/** That of the draft's prompts at the playhead: a playhead that moves within a prompt draws nothing anew. */
const under = computed(() => promptUnder(checked.value?.prompts ?? [], frame.value))

/**
 * The draft's prompts, the one at the playhead, and write(to), which gives it other words; end() when one has typed.
 * While one types these are the prompts as they were, so that what the server has not read yet is not lost. isRead:
 * whether the server has read all. isHeld(): whether somebody types.
 */
function useTyping(name) {
  const held = useRef(null)
  // All is read at each drawing, also what does not count while one types: a signal that is not read is not heard again.
  const [read, here] = [checked.value?.prompts ?? [], under.value]
  const prompts = held.current?.prompts ?? read
  const idx = held.current?.idx ?? here
  const text = held.current?.text ?? prompts[idx]?.text ?? ""
  const isRead = name !== undefined && checked.value?.sent[name] === inputs.value[name]
  useEffect(() => {
    // Somebody else changed the text (undo, the lane below): what is held is no longer true.
    if (held.current && inputs.value[name] !== held.current.written) held.current = null
  }, [inputs.value[name]])
  const write = (to) => {
    const [before, at] = held.current ? [held.current.prompts, held.current.idx] : [prompts, idx]
    const changed = before.map((prompt, each) => ({ frame: prompt.frame, text: each === at ? to : prompt.text }))
    const written = writePrompts(changed, hasGroups.value)
    held.current = { prompts: before, idx: at, text: to, written }
    edit({ [name]: written }, `${name} ${at} text`)
  }
  const end = () => {
    held.current = null
    endEdit()
  }
  return { prompts, idx, text, isRead, isHeld: () => held.current !== null, write, end }
}

export function PromptBox() {
  const [name, ...others] = names("prompts")
  const { prompts, idx, text, isRead, isHeld, write, end } = useTyping(name)
  if (!prompts.length) return html`<div class="prompt-box"><textarea disabled aria-label="Prompt at the playhead"></textarea></div>`
  const onInput = (event) => {
    if (isHeld() || isRead) write(event.currentTarget.value)
  }
  return html`<div class="prompt-box">
    <${Head} prompts=${prompts} idx=${idx} leave=${end} />
    <textarea
      id="prompt-text"
      class="prompt-text"
      rows="4"
      value=${text}
      placeholder="What is to be seen"
      aria-label="Prompt at the playhead"
      onFocus=${() => (playing.value = false)}
      onInput=${onInput}
      onBlur=${end}
    ></textarea>
    <div class="more-texts"><${Examples} use=${(example) => isRead && (write(example), end())} />${others.map((each) => html`<${Words} key=${each} name=${each} />`)}<${loras.Button} /><${controlnets.Button} /></div>
  </div>`
}

/** Which of the prompts it is, of which frames, and the way to its neighbours. leave(): called before one goes there. */
function Head({ prompts, idx, leave }) {
  const go = (to) => {
    leave()
    playing.value = false
    frame.value = Math.min(to === 0 ? 0 : prompts[to].frame, numFrames.value - 1)
  }
  const end = (prompts[idx + 1]?.frame ?? numFrames.value) - 1
  return html`<div class="prompt-head">
    <label for="prompt-text">${prompts.length > 1 ? `Prompt ${idx + 1} of ${prompts.length}` : "Prompt"}</label>
    <span class="muted">frames ${idx ? prompts[idx].frame : 0}–${end}</span>
    <span class="spring"></span>
    ${prompts.length > 1 &&
    html`<button class="quiet" aria-label="To the prompt before" disabled=${idx === 0} onClick=${() => go(idx - 1)}>‹</button>
      <button class="quiet" aria-label="To the next prompt" disabled=${idx + 1 >= prompts.length} onClick=${() => go(idx + 1)}>›</button>`}
  </div>`
}

/** Other words for the model, such as what it is to keep away from: open where there are some, else a button. */
function Words({ name }) {
  if (!inputs.value[name] && !askedFor.value.has(name)) {
    return html`<button class="quiet add-words" title=${schema.value[name].description} onClick=${() => reveal(name)}><${Icon} name="plus" /> ${label(name)}</button>`
  }
  return html`<div class="words">
    <span class="words-name">${label(name)}</span><${HelpButton} name=${name} />
    <${TextField} name=${name} multiline placeholder=${schema.value[name].description} />
  </div>`
}

/** Prompts that the model draws well, as its card says: one of them for the block under the playhead. */
function Examples({ use }) {
  const examples = serving.value.examples ?? []
  if (!examples.length) return null
  const choose = (event) => {
    // An example may be written as a whole animation; the block takes the scene.
    use(event.currentTarget.value.split("|")[0].replace(/^\s*\d+\s*:\s*/, "").trim())
    event.currentTarget.value = ""
  }
  return html`<select class="plain examples" aria-label="Example prompts" value="" onChange=${choose}>
    <option value="">Examples</option>
    ${examples.map((text) => html`<option key=${text} value=${text}>${text}</option>`)}
  </select>`
}
