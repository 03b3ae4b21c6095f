// What the page knows: one signal for each fact. Whoever shows a fact reads its signal.

import { computed, signal } from "./html.js"

export const MODEL = "/v1/models/deforum/deforum_stable_diffusion"

/** The version's inputs by name (JSON Schema with x-syntax), and what serves them. */
/** @type {import("./html.js").Signal<Record<string, any>>} */
export const schema = signal({})
/** @type {import("./html.js").Signal<Record<string, any>>} */
export const serving = signal({})
export const version = signal("")

/** The draft: every input by name. Texts are kept as typed. @type {import("./html.js").Signal<Record<string, any>>} */
export const inputs = signal({})
/** The last answer of POST /v1/validate that had nothing to refuse. @type {import("./html.js").Signal<import("./types.d.ts").Checked | null>} */
export const checked = signal(null)
/** What is wrong with the draft now; name "" for no input of ours. @type {import("./html.js").Signal<import("./types.d.ts").Problem[]>} */
export const problems = signal([])

/** The playhead: of the timeline and of whatever the stage shows, counted from 0. */
export const frame = signal(0)
export const playing = signal(false)
/** Whether the playhead stays at the newest frame of a film that is being drawn. */
export const following = signal(false)
/** How fast things play: 1 is as fast as the film. */
export const speed = signal(1)
/** The part that plays and loops, frames; null where it has no mark. @type {import("./types.d.ts").Marks} */
export const NO_MARKS = { from: null, to: null }
export const marks = signal(NO_MARKS)

/** Whether the system asks for less motion. */
export const calm = matchMedia("(prefers-reduced-motion: reduce)")

/** What the motion preview moves: {kind, image}; without an image the test picture. */
export const picture = signal({ kind: "test", image: null })
/** Whether an edit of the motion plays it. */
export const replays = signal(true)

/** What the stage shows: "film" or "preview". */
export const mode = signal("preview")
/** The films that are open, the first of them with its details beside the stage: ids. @type {import("./html.js").Signal<string[]>} */
export const opened = signal([])
/** So long a message stays. */
export const SHOWN_MS = 6000
/** A short message for everybody, also screen readers: {text, action?: {words, act}}. */
export const told = signal(null)
export const tell = (text, action = null) => (told.value = { text, action })

/** The film that is open; null for none. @type {import("./html.js").Signal<import("./types.d.ts").Run | null>} */
export const run = signal(null)

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

/** What an input is called: as the schema says (x-label), or made from its name: translation_x -> Translation x. */
export function label(name) {
  const told = schema.value[name]?.["x-label"]
  if (told) return told
  const words = name.replace(/_schedule$/, "").replaceAll("_", " ")
  return words[0].toUpperCase() + words.slice(1)
}

/** What its numbers are counted in, as the schema says (x-unit); "" where it does not. */
export const unit = (name) => schema.value[name]?.["x-unit"] ?? ""

export const problemOf = (name) => problems.value.find((problem) => problem.name === name)
export const warningsOf = (name) =>
  (checked.value?.warnings ?? []).filter(
    (note) => note.field === name && checked.value.sent[name] === inputs.value[name],
  )
