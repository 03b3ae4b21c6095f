// The prompt of the block under the playhead, large: where one types first.

import { html, useEffect, useRef } from "./html.js"
import { edit, endEdit } from "./history.js"
import { checked, frame, inputs, names, numFrames, playing, serving } from "./state.js"
import { writePrompts } from "./texts.js"

/** The index of the prompt that is drawn at a frame. */
export function promptUnder(prompts, at) {
  const found = prompts.findLastIndex((prompt) => prompt.frame <= at)
  return Math.max(found, 0)
}

export function PromptBox() {
  const [name] = [...names("prompts", false), ...names("prompts", true)]
  const field = useRef()
  // While one types: the prompts as they were, so that what the server has not read yet is not lost.
  const held = useRef(null)
  // All is read at each drawing, also what does not count while one types: a signal that is not read is not heard again.
  const [read, here] = [checked.value?.prompts ?? [], frame.value]
  const prompts = held.current?.prompts ?? read
  const idx = held.current?.idx ?? promptUnder(prompts, here)
  const text = held.current?.text ?? prompts[idx]?.text ?? ""
  const isRead = name !== undefined && checked.value?.sent[name] === inputs.value[name]
  useEffect(() => {
    // Somebody else changed the text (undo, the lane below): what is held is no longer true.
    if (held.current && inputs.value[name] !== held.current.written) held.current = null
  }, [inputs.value[name]])
  if (!prompts.length) return html`<div class="prompt-box"><textarea disabled aria-label="Prompt at the playhead"></textarea></div>`
  const write = (to) => {
    const [before, at] = held.current ? [held.current.prompts, held.current.idx] : [prompts, idx]
    const changed = before.map((prompt, each) => ({ frame: prompt.frame, text: each === at ? to : prompt.text }))
    const written = writePrompts(changed)
    held.current = { prompts: before, idx: at, text: to, written }
    edit({ [name]: written }, `${name} ${at} text`)
  }
  const onInput = (event) => {
    if (held.current || isRead) write(event.currentTarget.value)
  }
  const onBlur = () => {
    held.current = null
    endEdit()
  }
  const go = (to) => {
    onBlur()
    playing.value = false
    frame.value = Math.min(to === 0 ? 0 : prompts[to].frame, numFrames.value - 1)
  }
  const end = (prompts[idx + 1]?.frame ?? numFrames.value) - 1
  return html`<div class="prompt-box">
    <div class="prompt-head">
      <label for="prompt-text">${prompts.length > 1 ? `Prompt ${idx + 1} of ${prompts.length}` : "Prompt"}</label>
      <span class="muted">frames ${idx ? prompts[idx].frame : 0}–${end}</span>
      <span class="spring"></span>
      ${prompts.length > 1 &&
      html`<button class="quiet" aria-label="To the prompt before" disabled=${idx === 0} onClick=${() => go(idx - 1)}>‹</button>
        <button class="quiet" aria-label="To the next prompt" disabled=${idx + 1 >= prompts.length} onClick=${() => go(idx + 1)}>›</button>`}
      <${Examples} use=${(example) => isRead && (write(example), onBlur())} />
    </div>
    <textarea
      id="prompt-text"
      ref=${field}
      class="prompt-text"
      rows="4"
      value=${text}
      placeholder="What is to be seen"
      aria-label="Prompt at the playhead"
      onFocus=${() => (playing.value = false)}
      onInput=${onInput}
      onBlur=${onBlur}
    ></textarea>
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
