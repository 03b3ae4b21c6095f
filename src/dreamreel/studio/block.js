// One prompt on the timeline: click it to edit, drag its edge to move its keyframe, drag the whole to another place.

import { html, useRef } from "./html.js"
import { percent } from "./axis.js"
import { actsOf, pressed } from "./blockacts.js"
import { dragEdge, useCarrying } from "./blockdrag.js"
import { BlockEditor } from "./blockeditor.js"
import { replaced } from "./blocks.js"
import { Icon } from "./icons.js"
import { numFrames } from "./state.js"

/**
 * blocks: all of them; place: where this one is shown, {from, to}. change(prompts, group): writes them. setCarried: see
 * PromptLane.
 */
export function Block({ name, idx, place, lane, blocks, change, isEdited, isCarried, setEditing, setCarried }) {
  const element = useRef()
  const block = blocks[idx]
  const acts = actsOf({ name, idx, lane, blocks, change })
  const { onDown, wasCarried } = useCarrying({ idx, lane, blocks, change, setCarried, acts })
  const isLate = block.from > numFrames.value / 2
  const edit = () => setEditing(block.frame)
  const done = (text) => {
    setEditing(null)
    if (text !== null && text !== block.text) change(replaced(blocks, idx, { text }))
    element.current?.querySelector(".block-text")?.focus()
  }
  return html`<div
    class=${`block hue-${idx % 6} ${isCarried ? "carried" : ""} ${isLate ? "late" : ""}`}
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
      onClick=${({ detail }) => (detail > 0 && wasCarried.current) || edit()}
      onKeyDown=${(event) => pressed(event, { idx, block, acts, edit })}
    >
      <span>${block.text}</span>
    </button>
    ${idx > 0 && html`<i class="edge" title="Drag to move this keyframe" onPointerDown=${(event) => dragEdge(event, { block, lane, acts })}></i>`}
    <${Tools} number=${idx + 1} acts=${acts} />
    ${isEdited && html`<${BlockEditor} text=${block.text} fromRight=${isLate} done=${done} />`}
  </div>`
}

/** What can be done with a block, for whoever has no keys: shown beside its words while it is pointed at. */
function Tools({ number, acts }) {
  const tool = (icon, title, words, act) =>
    html`<button tabindex="-1" title=${title} aria-label=${words} onClick=${act}><${Icon} name=${icon} /></button>`
  return html`<span class="block-tools">
    ${acts.canGo(-1) && tool("back", "Before the one before", `Move prompt ${number} forward`, () => acts.go(-1))}
    ${acts.canGo(1) && tool("on", "Behind the next one", `Move prompt ${number} back`, () => acts.go(1))}
    ${tool("copy", "Duplicate", `Duplicate prompt ${number}`, acts.duplicate)}
    ${acts.remove && tool("close", "Remove", `Remove prompt ${number}`, acts.remove)}
  </span>`
}
