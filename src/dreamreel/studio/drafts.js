// Drafts: each tab has its own, kept in this browser with its history, and all of them can be opened from any tab.

import { batch, effect, signal } from "./html.js"
import { draftNow, future, past, replaceDraft, setDraft } from "./history.js"
import { defaultsIn } from "./inputs.js"
import { beginning, inputs, schemaOf, servedName } from "./state.js"

const PREFIX = "dreamreel.draft."
const TAB = "dreamreel.tab"
const HISTORY = "dreamreel.history"
const MOST = 30
const STEPS_KEPT = 50
const REST_MS = 400

/** The drafts of this browser, newest first: [{id, model, inputs, at}], at in milliseconds. */
export const drafts = signal([])
let tab = ""

function read(store, key) {
  try {
    return JSON.parse(store.getItem(key))
  } catch {
    return null // what cannot be read is no draft
  }
}

/** A full or forbidden store: the page works on without. */
function write(store, key, value) {
  try {
    store.setItem(key, JSON.stringify(value))
    return true
  } catch {
    return false
  }
}

function look() {
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX))
  const found = keys.map((key) => ({ id: key.slice(PREFIX.length), ...read(localStorage, key) })).filter((draft) => draft.inputs && draft.at)
  drafts.value = found.sort((a, b) => b.at - a.at)
}

/**
 * A draft as it can be gone on with: of a model that is served, with the inputs that it has. kept: as it was written
 * down; one of an earlier release names no model.
 * @returns {import("./types.d.ts").Draft}
 */
function readDraft(kept) {
  const model = servedName(kept?.model)
  if (!kept?.inputs) return { model, inputs: beginning(model) }
  const schema = schemaOf(model)
  const known = Object.fromEntries(Object.entries(kept.inputs).filter(([name]) => name in schema))
  return { model, inputs: { ...defaultsIn(schema, known), ...known } }
}

/** A step of the history; an earlier release kept the inputs alone. */
const readStep = (step) => readDraft(step.inputs ? step : { inputs: step })

/** The draft of this tab; a new tab begins with the newest of all. From then on it is kept. */
export function restore() {
  look()
  tab = sessionStorage.getItem(TAB) ?? ""
  const own = tab && read(localStorage, PREFIX + tab)
  const history = own ? read(sessionStorage, HISTORY) : null
  if (!tab) takeTab()
  listenForTwins()
  batch(() => {
    setDraft(readDraft(own || drafts.value[0]))
    past.value = (history?.past ?? []).map(readStep)
    future.value = (history?.future ?? []).map(readStep)
  })
  let timer = 0
  effect(() => {
    void [inputs.value, past.value, future.value]
    clearTimeout(timer)
    timer = setTimeout(keep, REST_MS)
  })
  addEventListener("pagehide", keep)
  addEventListener("storage", look)
}

function takeTab() {
  tab = crypto.getRandomValues(new Uint32Array(2)).join("")
  sessionStorage.setItem(TAB, tab)
}

/** A tab that is doubled has the same name: the younger one takes a new name. */
function listenForTwins() {
  const channel = new BroadcastChannel(TAB)
  const mine = { since: performance.timeOrigin }
  channel.addEventListener("message", ({ data }) => {
    if (data.tab !== tab) return
    if (data.since < mine.since) takeTab()
    else if (data.isNew) channel.postMessage({ tab, ...mine })
  })
  channel.postMessage({ tab, isNew: true, ...mine })
}

/** Writes the draft down: when the hand rests, and when the page is left. */
function keep() {
  const before = read(localStorage, PREFIX + tab)
  const now = draftNow()
  if (JSON.stringify(before?.inputs) === JSON.stringify(now.inputs) && before?.model === now.model) return keepHistory()
  while (!write(localStorage, PREFIX + tab, { ...now, at: Date.now() }) && dropOldest());
  keepHistory()
  look()
  for (const { id } of drafts.peek().slice(MOST)) forgetDraft(id)
}

function keepHistory() {
  const steps = { past: past.peek().slice(-STEPS_KEPT), future: future.peek().slice(-STEPS_KEPT) }
  if (!write(sessionStorage, HISTORY, steps)) sessionStorage.removeItem(HISTORY)
}

function dropOldest() {
  const oldest = drafts.peek().findLast((draft) => draft.id !== tab)
  if (oldest) forgetDraft(oldest.id)
  return Boolean(oldest)
}

export function forgetDraft(id) {
  localStorage.removeItem(PREFIX + id)
  look()
}

/** Whether a draft is this tab's own. */
export const isOwn = (draft) => draft.id === tab

/** Loads another draft into this tab: one step that can be undone. */
export const openDraft = (draft) => replaceDraft(readDraft(draft))
