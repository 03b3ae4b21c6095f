// A prompt on the timeline under a hand: its edge, which is its keyframe, or the whole of it.

import { useRef } from "./html.js"
import { edgeAt } from "./axis.js"
import { focusOn } from "./blockacts.js"
import { rankOf, reordered } from "./blocks.js"
import { drag } from "./drag.js"
import { holdEdit } from "./history.js"
import { numFrames } from "./state.js"

/** Moves the keyframe of a block along with the pointer. acts: see actsOf. */
export function dragEdge(event, { block, lane, acts }) {
  event.stopPropagation()
  if (event.button !== 0) return
  // Every move begins from the blocks as they were, whatever is read meanwhile; all of them are one step of undo.
  const [release, before] = [holdEdit(), { at: block.from }]
  const follow = (moved) => {
    const at = Math.min(Math.max(edgeAt(moved, lane.current), acts.least), acts.most)
    if (at !== before.at) acts.move((before.at = at))
  }
  drag(event, follow, release)
}

/**
 * The handler that lets a block be carried to another place, while the others make room, and whether that is what its
 * last press was: the click that ends it is none. setCarried: see PromptLane.
 */
export function useCarrying({ idx, lane, blocks, change, setCarried, acts }) {
  const wasCarried = useRef(false)
  const onDown = (event) => {
    wasCarried.current = false
    if (event.button !== 0) return
    const slack = event.pointerType === "mouse" ? 4 : 8
    const release = holdEdit()
    let rank = idx
    const follow = (moved) => {
      const by = moved.clientX - event.clientX
      wasCarried.current ||= Math.abs(by) > slack
      if (!wasCarried.current) return
      const shift = (by / lane.current.getBoundingClientRect().width) * numFrames.value
      const before = rank
      rank = rankOf(blocks, idx, shift)
      setCarried({ idx, shift, rank, blocks })
      if (rank !== before) change(reordered(blocks, idx, rank))
    }
    drag(event, follow, (isKept) => {
      release(isKept)
      setCarried(null)
      if (!isKept || !wasCarried.current) return
      if (rank !== idx) focusOn(lane, rank)
      else if (idx === 0) acts.stay()
    })
  }
  return { onDown, wasCarried }
}
