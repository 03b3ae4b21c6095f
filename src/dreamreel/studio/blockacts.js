// What can be done with one prompt on the timeline, and the keys that do it.

import { doubled, replaced, reordered, without } from "./blocks.js"
import { numFrames, tell } from "./state.js"

const FIRST_STAYS = "The first prompt begins at frame 0. Drag it past another one to swap them, or drag the other one's edge."
const ALONE = "One prompt holds for the whole film. Add another with + or Ctrl+D."

/** The focus goes to the block at a rank: it goes on under the same hand. */
export const focusOn = (lane, rank) => lane.current.children[rank].querySelector(".block-text").focus()

/**
 * blocks: all of them; idx: which one is meant. change(prompts, group): writes them. In the answer, [least, most] are the
 * frames at which it may begin, and remove is null where it is the only one.
 */
export function actsOf({ name, idx, lane, blocks, change }) {
  const canGo = (by) => idx + by >= 0 && idx + by < blocks.length
  return {
    least: (blocks[idx - 1]?.from ?? -1) + 1,
    most: (blocks[idx + 1]?.from ?? numFrames.value) - 1,
    move: (at) => change(replaced(blocks, idx, { frame: at }), `${name} ${idx}`),
    remove: blocks.length > 1 ? () => change(without(blocks, idx)) : null,
    duplicate: () => change(doubled(blocks, idx)),
    /** Says why it cannot begin elsewhere. */
    stay: () => tell(blocks.length > 1 ? FIRST_STAYS : ALONE),
    canGo,
    go: (by) => {
      if (!canGo(by)) return
      change(reordered(blocks, idx, idx + by), `${name} order`)
      focusOn(lane, idx + by)
    },
  }
}

/** Does what a key on the block at idx means. acts: see actsOf; edit(): opens its editor. */
export function pressed(event, { idx, block, acts, edit }) {
  const isCommand = event.ctrlKey || event.metaKey
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
  const at = block.from + (step ?? 0) * (event.shiftKey ? 10 : 1)
  if (step && event.altKey) acts.go(step)
  else if (step && idx === 0) acts.stay()
  else if (step) at >= acts.least && at <= acts.most && acts.move(at)
  else if (isCommand && event.key.toLowerCase() === "d") acts.duplicate()
  else if (event.key === "Delete" || event.key === "Backspace") acts.remove?.()
  else if (event.key === "Enter" || event.key === "F2") edit()
  else if (event.key.length === 1 && event.key !== " " && !isCommand && !event.altKey) return edit() // the letter goes into the editor
  else return undefined
  event.preventDefault()
  event.stopPropagation()
}
