// Edits, undone and redone. A draft and its history survive a reload; see drafts.js.

import { batch, computed, signal } from "./html.js"
import { edited } from "./inputs.js"
import { inputs, model, schema } from "./state.js"

const LONGEST = 200
const ONE_EDIT_MS = 900

/** Drafts as they were: {model, inputs}. @type {import("./html.js").Signal<import("./types.d.ts").Draft[]>} */
export const past = signal([])
/** @type {import("./html.js").Signal<import("./types.d.ts").Draft[]>} */
export const future = signal([])
// What the last edit belonged to, and when it was; an edit that is being held, such as a drag.
let last = { group: "", at: 0 }
let held = null

export const canUndo = computed(() => past.value.length > 0)
export const canRedo = computed(() => future.value.length > 0)

/** The draft as it is. @returns {import("./types.d.ts").Draft} */
export const draftNow = () => ({ model: model.peek(), inputs: inputs.peek() })

/** @param {import("./types.d.ts").Draft} draft */
export function setDraft(draft) {
  batch(() => {
    model.value = draft.model
    inputs.value = draft.inputs
  })
}

/** Puts another draft in the place of the one that is there: a step of its own. */
export function replaceDraft(draft) {
  batch(() => {
    past.value = [...past.value.slice(-LONGEST), draftNow()]
    future.value = []
    setDraft(draft)
  })
  endEdit()
}

/** Changes inputs. Edits of one group that follow each other closely are one step of undo, and so are all of a hold. */
export function edit(changes, group = "") {
  performance.mark("edit")
  const now = performance.now()
  const goesOn = held ? held.isBegun : group && group === last.group && now - last.at < ONE_EDIT_MS
  batch(() => {
    if (!goesOn) past.value = [...past.value.slice(-LONGEST), draftNow()]
    future.value = []
    inputs.value = edited(schema.peek(), inputs.value, changes)
  })
  last = { group, at: now }
  if (held) held.isBegun = true
}

/** Ends a group, so that the next edit is a step of its own. */
export function endEdit() {
  last = { group: "", at: 0 }
}

/** From now on all edits are one step, however long it takes. The answer ends that: let(true) keeps them, let(false) does not. */
export function holdEdit() {
  const step = { isBegun: false }
  held = step
  return (isKept) => {
    if (held === step) held = null
    endEdit()
    if (isKept || !step.isBegun) return
    batch(() => {
      setDraft(past.value.at(-1))
      past.value = past.value.slice(0, -1)
    })
  }
}

export function undo() {
  if (canUndo.value) move(past, future)
}

export function redo() {
  if (canRedo.value) move(future, past)
}

function move(from, to) {
  batch(() => {
    to.value = [...to.value, draftNow()]
    setDraft(from.value.at(-1))
    from.value = from.value.slice(0, -1)
  })
  endEdit()
}
