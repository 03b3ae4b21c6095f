// The lane of prompts: blocks that begin where their keyframe is. The text below is the truth.

import { html, useRef, useState } from "./html.js"
import { Block } from "./block.js"
import { added, arranged, blocksOf } from "./blocks.js"
import { TextField } from "./fields.js"
import { LaneName } from "./help.js"
import { edit } from "./history.js"
import { Icon } from "./icons.js"
import { checked, frame, hasGroups, inputs, label, numFrames } from "./state.js"
import { writePrompts } from "./texts.js"

const MOST_WRITTEN = 200

/**
 * The blocks of a text, and change(prompts, group), which writes others. isKnown: whether they are what the text says;
 * else nothing is written, unless a block is being carried (see PromptLane).
 */
function useBlocks(name, carried) {
  // What texts of the last edits say, by text: shown at once, until the server has read it.
  const written = useRef(new Map())
  const isRead = checked.value?.sent[name] === inputs.value[name]
  const ours = isRead ? undefined : written.current.get(inputs.value[name])
  const blocks = carried?.blocks ?? blocksOf(ours ?? checked.value?.prompts ?? [], numFrames.value)
  const isKnown = isRead || Boolean(ours)
  const change = (prompts, group) => {
    if (!isKnown && !carried) return
    const text = writePrompts(prompts, hasGroups.value)
    if (written.current.size > MOST_WRITTEN) written.current.clear()
    // What was there before, too: it comes back when the edit is given up or undone.
    const before = inputs.peek()[name]
    if (!written.current.has(before)) written.current.set(before, blocks)
    written.current.set(text, prompts.length > 1 ? prompts : [{ ...prompts[0], frame: 0 }])
    edit({ [name]: text }, group)
  }
  return { blocks, change, isKnown }
}

export function PromptLane({ name }) {
  const lane = useRef()
  // The frame of the block that is edited: a new block has one before the server has read it.
  const [editing, setEditing] = useState(null)
  /** The block that is being carried: {idx, shift, rank, blocks}, the blocks as they were. */
  const [carried, setCarried] = useState(null)
  const { blocks, change, isKnown } = useBlocks(name, carried)
  const add = () => {
    if (!isKnown) return
    const [prompts, start] = added(blocks, frame.peek(), "a new scene")
    change(prompts)
    setEditing(start)
  }
  const shown = carried ? carriedOver(carried) : blocks
  const parts = { name, lane, blocks, change, setEditing, setCarried }
  return html`<div class="lane prompts">
    <div class="lane-head">
      <${LaneName} name=${name} />
      <button class="quiet add" onClick=${add} title="Add a prompt at the playhead" aria-label="Add a prompt at the playhead">
        <${Icon} name="plus" />
      </button>
    </div>
    <div class=${carried ? "lane-body carrying" : "lane-body"} ref=${lane} role="list" aria-label="Prompts">
      ${shown.map((place, idx) => html`<${Block} key=${idx} idx=${idx} place=${place} isEdited=${editing === blocks[idx].frame} isCarried=${carried?.idx === idx} ...${parts} />`)}
    </div>
    <${TextField} name=${name} multiline />
  </div>`
}

/** Where the blocks lie while one is carried: it under the hand, the others out of its way. */
function carriedOver({ idx, shift, rank, blocks }) {
  const { from, to } = blocks[idx]
  const start = Math.min(Math.max(from + shift, 0), numFrames.value - (to - from))
  return arranged(blocks, idx, rank).map((block, each) => (each === idx ? { ...block, from: start, to: start + to - from } : block))
}
