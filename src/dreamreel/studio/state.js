// What the page knows: one signal for each fact. Whoever shows a fact reads its signal.

import { computed, signal } from "./html.js"

export const MODEL = "/v1/models/deforum/deforum_stable_diffusion"

/** The version's inputs by name (JSON Schema with x-syntax), and what serves them. */
export const schema = signal({})
export const serving = signal({})
export const version = signal("")

/** The draft: every input by name. Texts are kept as typed. */
export const inputs = signal({})
/** The last answer of POST /v1/validate that had nothing to refuse, and the inputs it is about. */
export const checked = signal(null)
/** What is wrong with the draft now: [{name, message, column}]; name "" for no input of ours. */
export const problems = signal([])

/** The composer's playhead. */
export const frame = signal(0)
export const playing = signal(false)

/** The prediction that is open, "" for the composer. */
export const opened = signal("")
/** A short message for everybody, also screen readers. */
export const notice = signal("")

export const names = (syntax, extension) =>
  Object.entries(schema.value)
    .filter(([, field]) => (field["x-syntax"] ?? "plain") === syntax && Boolean(field["x-extension"]) === extension)
    .map(([name]) => name)

export const numFrames = computed(() => checked.value?.input.max_frames ?? inputs.value.max_frames ?? 100)
export const fps = computed(() => checked.value?.input.fps ?? 15)

/** What is sent: what differs from the defaults, and what a film is not without. */
export function request(draft) {
  const kept = ["animation_prompts", "max_frames"]
  const differs = ([name, value]) =>
    value !== null && value !== undefined && (kept.includes(name) || value !== schema.value[name]?.default)
  return Object.fromEntries(Object.entries(draft).filter(differs))
}

/** Every input at its default. */
export function defaults() {
  const draft = Object.fromEntries(Object.entries(schema.value).map(([name, field]) => [name, field.default ?? null]))
  return { ...draft, animation_prompts: serving.value.default_prompt ?? draft.animation_prompts }
}

/** translation_x -> Translation x */
export function label(name) {
  const words = name.replace(/_schedule$/, "").replaceAll("_", " ")
  return words[0].toUpperCase() + words.slice(1)
}

export const problemOf = (name) => problems.value.find((problem) => problem.name === name)
export const warningsOf = (name) =>
  (checked.value?.warnings ?? []).filter(
    (note) => note.field === name && checked.value.sent[name] === inputs.value[name],
  )
