// The lane of prompts: blocks that begin where their keyframe is. The text below is the truth.

import { html, useRef, useState, useEffect } from "./html.js"
import { edgeAt, percent } from "./axis.js"
import { TextField } from "./fields.js"
import { edit, endEdit } from "./history.js"
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
  const [editing, setEditing] = useState(-1)
  const blocks = blocksOf(checked.value?.prompts ?? [], numFrames.value)
  const current = checked.value?.sent[name] === inputs.value[name]
  // While an edge is dragged every move begins from the blocks as they were, whatever was read meanwhile.
  const held = useRef(null)
  const change = (prompts, group) => (current || held.current) && write(name, prompts, group)
  const add = () => change(added(blocks, frame.value))
  return html`<div class="lane prompts">
    <div class="lane-head">
      <span class="lane-name">${label(name)}</span>
      <button class="quiet add" onClick=${add} title="Add a prompt at the playhead" aria-label="Add a prompt at the playhead">
        <${Icon} name="plus" />
      </button>
    </div>
    <div class="lane-body" ref=${lane} role="list" aria-label="Prompts">
      ${blocks.map(
        (block, idx) =>
          html`<${Block}
            key=${idx}
            block=${block}
            idx=${idx}
            lane=${lane}
            editing=${editing === idx}
            setEditing=${(on) => setEditing(on ? idx : -1)}
            edges=${[(blocks[idx - 1]?.from ?? -1) + 1, (blocks[idx + 1]?.from ?? numFrames.value) - 1]}
            hold=${(on) => (held.current = on && current ? blocks : null)}
            move=${(at) => change(replaced(held.current ?? blocks, idx, { frame: at }), `${name} ${idx}`)}
            retell=${(text) => change(replaced(blocks, idx, { text }))}
            duplicate=${() => change(duplicated(blocks, idx))}
            remove=${blocks.length > 1 && (() => change(plain(blocks).filter((_, each) => each !== idx)))}
          />`,
      )}
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

/** A new prompt at a frame, or in the middle of what is left behind it where one begins already. */
function added(blocks, at) {
  const here = blocks.find((block) => block.from <= at && at < block.to) ?? blocks.at(-1)
  const start = at > here.from ? at : Math.round((here.from + here.to) / 2)
  return [...plain(blocks), { frame: start, text: "a new scene" }]
}

function Block({ block, idx, lane, editing, setEditing, edges, hold, move, retell, duplicate, remove }) {
  const element = useRef()
  const drag = (event) => {
    event.stopPropagation()
    if (event.type === "pointerdown") {
      event.currentTarget.setPointerCapture(event.pointerId)
      return hold(true)
    }
    if (event.type === "pointerup") {
      hold(false)
      return endEdit()
    }
    if (event.buttons !== 1) return undefined
    const at = Math.min(Math.max(edgeAt(event, lane.current), edges[0]), edges[1])
    return at !== block.from && move(at)
  }
  const onKey = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const at = block.from + (step ?? 0) * (event.shiftKey ? 10 : 1)
    if (step && idx > 0 && at >= edges[0] && at <= edges[1]) move(at)
    else if (event.key === "Enter") setEditing(true)
    else if (event.key === "Delete" && remove) remove()
    else if (event.key === "d" && !event.ctrlKey && !event.metaKey) duplicate()
    else if (!step) return
    event.preventDefault()
    event.stopPropagation()
  }
  const place = { left: percent(block.from), width: percent(block.to - block.from) }
  return html`<div class=${`block hue-${idx % 6}`} role="listitem" style=${place} ref=${element}>
    <button
      class="block-text"
      title="Double-click or Enter to edit; arrow keys move its start; d duplicates, Delete removes"
      aria-label=${`Prompt ${idx + 1}, frames ${block.from} to ${block.to - 1}: ${block.text}`}
      onDblClick=${() => setEditing(true)}
      onKeyDown=${onKey}
    >
      <span>${block.text}</span>
    </button>
    ${idx > 0 &&
    html`<i class="edge" title="Drag to move this keyframe" onPointerDown=${drag} onPointerMove=${drag} onPointerUp=${drag}></i>`}
    <span class="block-tools">
      <button tabindex="-1" title="Edit" aria-label=${`Edit prompt ${idx + 1}`} onClick=${() => setEditing(true)}><${Icon} name="edit" /></button>
      <button tabindex="-1" title="Duplicate" aria-label=${`Duplicate prompt ${idx + 1}`} onClick=${duplicate}><${Icon} name="copy" /></button>
      ${remove &&
      html`<button tabindex="-1" title="Remove" aria-label=${`Remove prompt ${idx + 1}`} onClick=${remove}><${Icon} name="close" /></button>`}
    </span>
    ${editing &&
    html`<${Editor} text=${block.text} right=${block.from > numFrames.value / 2} done=${(text) => {
      setEditing(false)
      if (text !== null && text !== block.text) retell(text)
      element.current?.querySelector(".block-text")?.focus()
    }} />`}
  </div>`
}

function Editor({ text, right, done }) {
  const field = useRef()
  const finished = useRef(false)
  useEffect(() => field.current.select(), [])
  const finish = (result) => {
    if (finished.current) return
    finished.current = true
    done(result)
  }
  const onKey = (event) => {
    event.stopPropagation()
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
