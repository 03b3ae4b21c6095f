// One prompt on the timeline: click it to edit, drag its edge to move its keyframe, drag the whole to another place.

import { html, useRef } from "./html.js"
import { edgeAt, percent } from "./axis.js"
import { BlockEditor } from "./blockeditor.js"
import { doubled, rankOf, replaced, reordered, without } from "./blocks.js"
import { drag } from "./drag.js"
import { holdEdit } from "./history.js"
import { Icon } from "./icons.js"
import { numFrames, tell } from "./state.js"

const FIRST_STAYS = "The first prompt begins at frame 0. Drag it past another one to swap them, or drag the other one's edge."
const ALONE = "One prompt holds for the whole film. Add another with + or Ctrl+D."

/**
 * blocks: all of them; place: where this one is shown, {from, to}. change(prompts, group): writes them. setCarried: see
 * PromptLane.
 */
export function Block({ name, idx, place, lane, blocks, change, isEdited, isCarried, setEditing, setCarried }) {
  const element = useRef()
  // The click that ends a drag is none.
  const wasCarried = useRef(false)
  const block = blocks[idx]
  const [least, most] = [(blocks[idx - 1]?.from ?? -1) + 1, (blocks[idx + 1]?.from ?? numFrames.value) - 1]
  const move = (at) => change(replaced(blocks, idx, { frame: at }), `${name} ${idx}`)
  const remove = blocks.length > 1 ? () => change(without(blocks, idx)) : null
  const duplicate = () => change(doubled(blocks, idx))
  const stay = () => tell(blocks.length > 1 ? FIRST_STAYS : ALONE)
  const canGo = (by) => idx + by >= 0 && idx + by < blocks.length
  const go = (by) => {
    if (!canGo(by)) return
    change(reordered(blocks, idx, idx + by), `${name} order`)
    // The block goes on under the same hand.
    lane.current.children[idx + by].querySelector(".block-text").focus()
  }
  const onEdge = (event) => {
    event.stopPropagation()
    if (event.button !== 0) return
    // Every move begins from the blocks as they were, whatever is read meanwhile; all of them are one step of undo.
    const [release, before] = [holdEdit(), { at: block.from }]
    const follow = (moved) => {
      const at = Math.min(Math.max(edgeAt(moved, lane.current), least), most)
      if (at !== before.at) move((before.at = at))
    }
    drag(event, follow, release)
  }
  const onDown = (event) => {
    wasCarried.current = false
    if (event.button !== 0) return
    carry(event, { idx, blocks, lane: lane.current, setCarried, write: (prompts) => change(prompts) }, (isKept, rank) => {
      wasCarried.current = true
      if (isKept && rank === idx) idx === 0 && stay()
      else if (isKept) lane.current.children[rank].querySelector(".block-text").focus()
    })
  }
  const onKey = (event) => {
    const isCommand = event.ctrlKey || event.metaKey
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    const at = block.from + (step ?? 0) * (event.shiftKey ? 10 : 1)
    if (step && event.altKey) go(step)
    else if (step && idx === 0) stay()
    else if (step) at >= least && at <= most && move(at)
    else if (isCommand && event.key.toLowerCase() === "d") duplicate()
    else if (event.key === "Delete" || event.key === "Backspace") remove?.()
    else if (event.key === "Enter" || event.key === "F2") setEditing(block.frame)
    else if (event.key.length === 1 && event.key !== " " && !isCommand && !event.altKey) return setEditing(block.frame) // the letter goes into the editor
    else return undefined
    event.preventDefault()
    event.stopPropagation()
  }
  const tool = (icon, title, words, act) =>
    html`<button tabindex="-1" title=${title} aria-label=${words} onClick=${act}><${Icon} name=${icon} /></button>`
  return html`<div
    class=${`block hue-${idx % 6} ${isCarried ? "carried" : ""} ${block.from > numFrames.value / 2 ? "late" : ""}`}
    role="listitem"
    style=${{ left: percent(place.from), width: percent(place.to - place.from) }}
    ref=${element}
  >
    <button
      class="block-text"
      title="Click to edit, drag to another place; arrow keys move its start, with Alt the whole; Ctrl+D duplicates, Delete removes"
      aria-label=${`Prompt ${idx + 1}, frames ${block.from} to ${block.to - 1}: ${block.text}`}
      aria-keyshortcuts="Alt+ArrowLeft Alt+ArrowRight Control+D Delete"
      onPointerDown=${onDown}
      onClick=${({ detail }) => (detail > 0 && wasCarried.current) || setEditing(block.frame)}
      onKeyDown=${onKey}
    >
      <span>${block.text}</span>
    </button>
    ${idx > 0 && html`<i class="edge" title="Drag to move this keyframe" onPointerDown=${onEdge}></i>`}
    <span class="block-tools">
      ${canGo(-1) && tool("back", "Before the one before", `Move prompt ${idx + 1} forward`, () => go(-1))}
      ${canGo(1) && tool("on", "Behind the next one", `Move prompt ${idx + 1} back`, () => go(1))}
      ${tool("copy", "Duplicate", `Duplicate prompt ${idx + 1}`, duplicate)}
      ${remove && tool("close", "Remove", `Remove prompt ${idx + 1}`, remove)}
    </span>
    ${isEdited &&
    html`<${BlockEditor} text=${block.text} fromRight=${block.from > numFrames.value / 2} done=${(text) => {
      setEditing(null)
      if (text !== null && text !== block.text) change(replaced(blocks, idx, { text }))
      element.current?.querySelector(".block-text")?.focus()
    }} />`}
  </div>`
}

/** Carries a block along with the pointer; the others make room. done(isKept, rank): called if it was moved at all. */
function carry(event, { idx, blocks, lane, setCarried, write }, done) {
  const slack = event.pointerType === "mouse" ? 4 : 8
  const release = holdEdit()
  let [rank, isMoved] = [idx, false]
  const follow = (moved) => {
    const by = moved.clientX - event.clientX
    isMoved ||= Math.abs(by) > slack
    if (!isMoved) return
    const shift = (by / lane.getBoundingClientRect().width) * numFrames.value
    const before = rank
    rank = rankOf(blocks, idx, shift)
    setCarried({ idx, shift, rank, blocks })
    if (rank !== before) write(reordered(blocks, idx, rank))
  }
  drag(event, follow, (isKept) => {
    release(isKept)
    setCarried(null)
    if (isMoved) done(isKept, rank)
  })
}
