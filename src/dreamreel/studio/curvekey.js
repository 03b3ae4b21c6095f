// A keyframe on a curve: drag it, move it with the arrow keys, or tell its numbers (Enter, a tap, a double-click); Delete removes it.

import { html, useRef, useState } from "./html.js"
import { frameAt, percent } from "./axis.js"
import { drag } from "./drag.js"
import { edit, holdEdit } from "./history.js"
import { KeySheet } from "./keysheet.js"
import { label, numFrames, unit } from "./state.js"
import { format, moveKey, removeKey } from "./texts.js"

/** data: the key itself; idx: its place among those of its text, in the order written. All else: see CurveLane. */
export function Key({ data, idx, name, lane, range, held, setHeld, known, text, isRead }) {
  const [isAsked, setAsked] = useState(false)
  // A sheet that opened at the touch's end already would get the click that follows, on whatever of it is there.
  const isTapped = useRef(false)
  const [isFormula, span, last] = [data.value === null, range[1] - range[0], numFrames.value - 1]
  const value = data.value ?? known.values[Math.min(data.frame, known.values.length - 1)]
  // The text and the keys as they are now: every move of a drag begins from them.
  const key = { data, idx, name, text, keys: known.keys, range, value, last }
  const onDown = (event) => {
    if (!isRead || event.button !== 0) return
    dragKey(event, key, { lane: lane.current, setHeld, ended: (isTap) => (isTapped.current = isTap) })
  }
  const shown = Math.min(Math.max((range[1] - value) / span, 0), 1)
  return html`<button
      class=${`key ${isFormula ? "formula" : ""} ${held ? "held" : ""}`}
      style=${{ left: percent(Math.min(data.frame, last) + 0.5), top: `${(100 * shown).toFixed(2)}%` }}
      aria-label=${`${label(name)} keyframe at frame ${data.frame}: ${isFormula ? "a formula" : format(value, span / 10)}`}
      title="Drag, or use the arrow keys; double-click for its numbers, Delete removes it"
      onPointerDown=${onDown}
      onClick=${() => isTapped.current && setAsked(true)}
      onDblClick=${(event) => (event.stopPropagation(), setAsked(true))}
      onKeyDown=${(event) => isRead && pressed(event, key, () => setAsked(true))}
    ></button>
    ${isAsked &&
    html`<${KeySheet}
      words=${`${label(name)} keyframe`}
      frame=${data.frame}
      value=${isFormula ? null : value}
      last=${last}
      unit=${unit(name)}
      keep=${(at, to) => isRead && move(key, at, to)}
      remove=${known.keys.length > 1 ? () => remove(key) : null}
      done=${() => setAsked(false)}
    />`}`
}

/** Moves a key from where it is, to a frame that no other key has: what it is then. */
function move({ data, idx, name, text, keys, range }, at, to) {
  const isTaken = keys.some((other) => other !== data && other.frame === at)
  const [spot, isFormula] = [isTaken ? data.frame : at, data.value === null]
  edit({ [name]: moveKey(text, data, spot, isFormula ? undefined : format(to, range[1] - range[0])) }, `${name} key ${idx}`)
  return { ...data, frame: spot, value: isFormula ? null : to }
}

const remove = ({ data, name, text, keys }) => keys.length > 1 && edit({ [name]: removeKey(text, keys, data) })

/** Moves a key along with the pointer, all in one step of undo. ended(isTap): whether it was a touch that moved nothing. */
function dragKey(event, key, { lane, setHeld, ended }) {
  const [low, high] = key.range
  const isTouch = event.pointerType !== "mouse"
  const box = lane.getBoundingClientRect()
  const release = holdEdit()
  let isMoved = false
  const follow = (moved) => {
    isMoved ||= Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY) > (isTouch ? 6 : 2)
    if (!isMoved) return
    const at = move(key, frameAt(moved, lane), high - ((moved.clientY - box.top) / box.height) * (high - low))
    setHeld({ range: key.range, shown: key.keys.map((other, each) => (each === key.idx ? at : other)) })
  }
  drag(event, follow, (isKept) => {
    release(isKept)
    setHeld(null)
    ended(isKept && !isMoved && isTouch)
  })
}

/** Does what a keyboard's key on a keyframe means. ask(): asks for its numbers. */
function pressed(event, key, ask) {
  const factor = event.shiftKey ? 10 : 1
  const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key] ?? []
  if (event.ctrlKey || event.metaKey) return
  if (dx !== undefined) {
    const at = Math.min(Math.max(key.data.frame + dx * factor, 0), Math.max(key.last, key.data.frame))
    move(key, at, key.value + (dy * factor * (key.range[1] - key.range[0])) / 100)
  } else if (event.key === "Delete" || event.key === "Backspace") remove(key)
  else if (event.key === "Enter") ask()
  else return
  event.preventDefault()
  event.stopPropagation()
}
