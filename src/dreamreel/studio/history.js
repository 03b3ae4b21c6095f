// Edits, undone and redone; the draft survives a reload.

import { computed, effect, signal } from "./html.js"
import { defaults, inputs, schema } from "./state.js"

const KEY = "dreamreel.draft"
const LONGEST = 200
const ONE_EDIT_MS = 900

const past = signal([])
const future = signal([])
let lastGroup = ""
let lastTime = 0

export const canUndo = computed(() => past.value.length > 0)
export const canRedo = computed(() => future.value.length > 0)

/** Changes inputs. Edits of one group that follow each other closely are one step of undo. */
export function edit(changes, group = "") {
  performance.mark("edit")
  const now = performance.now()
  const goesOn = group && group === lastGroup && now - lastTime < ONE_EDIT_MS
  if (!goesOn) past.value = [...past.value.slice(-LONGEST), inputs.value]
  lastGroup = group
  lastTime = now
  future.value = []
  inputs.value = { ...inputs.value, ...changes }
}

/** Ends a group, so that the next edit is a step of its own. */
export function endEdit() {
  lastGroup = ""
}

export function undo() {
  if (canUndo.value) move(past, future)
}

export function redo() {
  if (canRedo.value) move(future, past)
}

function move(from, to) {
  to.value = [...to.value, inputs.value]
  inputs.value = from.value.at(-1)
  from.value = from.value.slice(0, -1)
  endEdit()
}

/** The draft of the last visit, or the defaults; from then on every change is kept. */
export function restore() {
  let kept = {}
  try {
    kept = JSON.parse(localStorage.getItem(KEY)) ?? {}
  } catch {
    // A draft that cannot be read is no draft.
  }
  const known = Object.entries(kept).filter(([name]) => name in schema.value)
  inputs.value = { ...defaults(), ...Object.fromEntries(known) }
  effect(() => localStorage.setItem(KEY, JSON.stringify(inputs.value)))
}
