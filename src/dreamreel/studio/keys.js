// Keys that work wherever no text is being typed: undo, play, step, run, back.

import { undo, redo } from "./history.js"
import { start } from "./runs.js"
import { sideTab } from "./side.js"
import { reel } from "./stage.js"
import { frame, marks, mode, NO_MARKS, opened, playing } from "./state.js"
import { mark, seek, toggle } from "./transport.js"

let usesKeys = false

export function listenToKeys() {
  addEventListener("pointerdown", () => (usesKeys = false), true)
  addEventListener("keydown", ({ key }) => (usesKeys ||= key === "Tab"), true)
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey) return
    const command = event.ctrlKey || event.metaKey
    const action = command ? COMMANDS[event.key.toLowerCase()] : PLAIN[event.key]
    const target = /** @type {Element} */ (event.target)
    if (!action || target.closest("dialog") || (!command && isTyped(event))) return
    event.preventDefault()
    action(event)
  })
}

const COMMANDS = {
  z: (event) => (event.shiftKey ? redo() : undo()),
  y: () => redo(),
  enter: () => start(),
}

const PLAIN = {
  " ": () => toggle(reel().done - 1, reel().total),
  ArrowLeft: (event) => step(event.shiftKey ? -10 : -1),
  ArrowRight: (event) => step(event.shiftKey ? 10 : 1),
  Home: () => step(-Infinity),
  End: () => step(Infinity),
  i: () => mark("from"),
  o: () => mark("to"),
  x: () => (marks.value = NO_MARKS),
  f: () => /** @type {HTMLElement} */ (document.querySelector("#stage [aria-label='Full screen']"))?.click(),
  m: () => switchStage(),
  "/": () => findInput(),
}

const step = (by) => seek(frame.value + by, reel().done - 1)

function findInput() {
  sideTab.value = "Compose"
  requestAnimationFrame(() => document.getElementById("find-input")?.focus())
}

/** From the film to the motion preview and back. */
function switchStage() {
  playing.value = false
  if (mode.value === "film") mode.value = "preview"
  else if (opened.value.length) mode.value = "film"
}

const isText = (target) => target.matches("textarea, input[type=text], input[type=number], input[type=password], input[type=search]")

/**
 * Whether a key belongs to what has the focus: texts, lists, sliders of inputs. Space presses a button
 * for whoever came to it by Tab; after a click on one it plays, as at any film desk.
 */
function isTyped({ key, target }) {
  if (isText(target) || target.matches("select, input[type=range]")) return true
  return key === " " && usesKeys && target.matches("button, a, input, summary")
}
