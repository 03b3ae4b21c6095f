// Keys that work wherever no text is being typed: undo, play, step, run, back.

import { undo, redo } from "./history.js"
import { open, run, start } from "./runs.js"
import { frame, numFrames, opened, playing } from "./state.js"
import { seekFilm, shownFrame, toggleFilm } from "./watch.js"

let usesKeys = false

export function listenToKeys() {
  addEventListener("pointerdown", () => (usesKeys = false), true)
  addEventListener("keydown", ({ key }) => (usesKeys ||= key === "Tab"), true)
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return
    const command = event.ctrlKey || event.metaKey
    const action = command ? COMMANDS[event.key.toLowerCase()] : PLAIN[event.key]
    if (!action || event.target.closest("dialog") || (!command && isTyped(event))) return
    event.preventDefault()
    action(event)
  })
}

const COMMANDS = {
  z: (event) => (event.shiftKey ? redo() : undo()),
  y: () => redo(),
  enter: () => opened.value || start(),
}

const PLAIN = {
  " ": () => (opened.value ? toggleFilm() : (playing.value = !playing.value)),
  ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
  Home: () => step(-Infinity),
  End: () => step(Infinity),
  Escape: () => open(""),
}

function step(by) {
  if (opened.value) {
    const last = Math.max((run.value?.done ?? 0) - 1, 0)
    seekFilm(clamp((shownFrame.value ?? last) + by, last))
  } else {
    playing.value = false
    frame.value = clamp(frame.value + by, numFrames.value - 1)
  }
}

const clamp = (at, last) => Math.min(Math.max(at, 0), last)
const isText = (target) => target.matches("textarea, input[type=text], input[type=number], input[type=password]")

/**
 * Whether a key belongs to what has the focus: texts, lists, sliders of inputs. Space presses a button
 * for whoever came to it by Tab; after a click on one it plays, as at any film desk.
 */
function isTyped({ key, target }) {
  if (isText(target) || target.matches("select, input[type=range]")) return true
  return key === " " && usesKeys && target.matches("button, a, input, summary")
}
