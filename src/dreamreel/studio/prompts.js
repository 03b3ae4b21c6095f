// The lane of prompts: blocks that begin where their keyframe is. The text below is the truth.

import { html, useLayoutEffect, useRef, useState } from "./html.js"
import { edgeAt, percent } from "./axis.js"
import { drag } from "./drag.js"
import { TextField } from "./fields.js"
import { edit, holdEdit } from "./history.js"
import { Icon } from "./icons.js"
import { checked, frame, inputs, label, numFrames } from "./state.js"
import { writePrompts } from "./texts.js"

const write = (name, prompts, group) => edit({ [name]: writePrompts(prompts) }, group)
const plain = (blocks) => blocks.map(({ frame: at, text }) => ({ frame: at, text }))

/** The blocks of the last text that could be read, in order, each up to where the next begins. */
export function blocksOf(prompts, total) {
  return prompts.map((prompt, idx) => ({
    ...prompt,
    from: idx === 0 ? 0 : prompt.frame,
    to: idx + 1 < prompts.length ? prompts[idx + 1].frame : total,
  }))
}

export function PromptLane({ name }) {
  const lane = useRef()
  // The frame of the block that is edited: a new block has one before the server has read it.
  const [editing, setEditing] = useState(null)
  const blocks = blocksOf(checked.value?.prompts ?? [], numFrames.value)
  const isRead = checked.value?.sent[name] === inputs.value[name]
  const change = (prompts, group) => isRead && write(name, prompts, group)
  const add = () => {
    const [prompts, start] = added(blocks, frame.peek())
    change(prompts)
    setEditing(start)
  }
  const parts = { name, lane, blocks, isRead, change, setEditing }
  return html`<div class="lane prompts">
    <div class="lane-head">
      <span class="lane-name">${label(name)}</span>
      <button class="quiet add" onClick=${add} title="Add a prompt at the playhead" aria-label="Add a prompt at the playhead">
        <${Icon} name="plus" />
      </button>
    </div>
    <div class="lane-body" ref=${lane} role="list" aria-label="Prompts">
      ${blocks.map((block, idx) => html`<${Block} key=${idx} idx=${idx} isEdited=${editing === block.frame} ...${parts} />`)}
    </div>
    <${TextField} name=${name} multiline />
  </div>`
}

const replaced = (blocks, idx, changes) =>
  plain(blocks).map((block, each) => (each === idx ? { ...block, ...changes } : { ...block }))

function duplicated(blocks, idx) {
  const { from, to, text } = blocks[idx]
  const at = Math.max(from + 1, Math.round((from + to) / 2))
  return at < to ? [...plain(blocks), { frame: at, text }] : plain(blocks)
}

/** A new prompt at a frame, or in the middle of what is left behind it where one begins already: [all prompts, its frame]. */
function added(blocks, at) {
  const here = blocks.find((block) => block.from <= at && at < block.to) ?? blocks.at(-1)
  const start = at > here.from ? at : Math.round((here.from + here.to) / 2)
  return [[...plain(blocks), { frame: start, text: "a new scene" }], start]
}

/** One prompt: click it to edit, drag its edge to move its keyframe. */
function Block({ name, idx, lane, blocks, isRead, change, isEdited, setEditing }) {
  const element = useRef()
  const block = blocks[idx]
  const [least, most] = [(blocks[idx - 1]?.from ?? -1) + 1, (blocks[idx + 1]?.from ?? numFrames.value) - 1]
  const move = (at) => write(name, replaced(blocks, idx, { frame: at }), `${name} ${idx}`)
  const remove = blocks.length > 1 ? () => change(plain(blocks).filter((_, each) => each !== idx)) : null
  const duplicate = () => change(duplicated(blocks, idx))
  const onEdge = (event) => {
    event.stopPropagation()
    if (!isRead || event.button !== 0) return
    // Every move begins from the blocks as they were, whatever is read meanwhile; all of them are one step of undo.
    const [release, before] = [holdEdit(), { at: block.from }]
    const follow = (moved) => {
      const at = Math.min(Math.max(edgeAt(moved, lane.current), least), most)
      if (at !== before.at) move((before.at = at))
    }
    drag(event, follow, release)
  }
  const onKey = (event) => {
    const isCommand = event.ctrlKey || event.metaKey
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const at = block.from + (step ?? 0) * (event.shiftKey ? 10 : 1)
    if (step) idx > 0 && isRead && at >= least && at <= most && move(at)
    else if (isCommand && event.key.toLowerCase() === "d") duplicate()
    else if (event.key === "Delete" || event.key === "Backspace") remove?.()
    else if (event.key === "Enter" || event.key === "F2") setEditing(block.frame)
    else if (event.key.length === 1 && event.key !== " " && !isCommand && !event.altKey) return setEditing(block.frame) // the letter goes into the editor
    else return undefined
    event.preventDefault()
    event.stopPropagation()
  }
  const place = { left: percent(block.from), width: percent(block.to - block.from) }
  return html`<div class=${`block hue-${idx % 6}`} role="listitem" style=${place} ref=${element}>
    <button
      class="block-text"
      title="Click to edit; arrow keys move its start, Ctrl+D duplicates, Delete removes"
      aria-label=${`Prompt ${idx + 1}, frames ${block.from} to ${block.to - 1}: ${block.text}`}
      onClick=${() => setEditing(block.frame)}
      onKeyDown=${onKey}
    >
      <span>${block.text}</span>
    </button>
    ${idx > 0 && html`<i class="edge" title="Drag to move this keyframe" onPointerDown=${onEdge}></i>`}
    <span class="block-tools">
      <button tabindex="-1" title="Duplicate" aria-label=${`Duplicate prompt ${idx + 1}`} onClick=${duplicate}><${Icon} name="copy" /></button>
      ${remove &&
      html`<button tabindex="-1" title="Remove" aria-label=${`Remove prompt ${idx + 1}`} onClick=${remove}><${Icon} name="close" /></button>`}
    </span>
    ${isEdited &&
    html`<${Editor} text=${block.text} right=${block.from > numFrames.value / 2} done=${(text) => {
      setEditing(null)
      if (text !== null && text !== block.text) change(replaced(blocks, idx, { text }))
      element.current?.querySelector(".block-text")?.focus()
    }} />`}
  </div>`
}

/** Takes the focus before the browser paints, so that no key that is typed meanwhile is lost. */
function Editor({ text, right, done }) {
  const field = useRef()
  const finished = useRef(false)
  useLayoutEffect(() => {
    field.current.focus()
    field.current.setSelectionRange(text.length, text.length)
  }, [])
  const finish = (result) => {
    if (finished.current) return
    finished.current = true
    done(result)
  }
  const onKey = (event) => {
    event.stopPropagation()
    // Enter of an input method ends a word, not the text.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === "Escape") finish(null)
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault()
      finish(field.current.value)
    }
  }
  return html`<textarea
    class=${right ? "block-editor from-right" : "block-editor"}
    ref=${field}
    rows="3"
    aria-label="Prompt text; Enter keeps it, Escape does not"
    onKeyDown=${onKey}
    onBlur=${() => finish(field.current.value)}
  >${text}</textarea>`
}
