// What the page knows: one signal for each fact. Whoever shows a fact reads its signal.

import { computed, signal } from "./html.js"
import { begunIn, changedIn, defaultsIn, roleIn } from "./inputs.js"

/** What the API serves: documents of models, the first one being the one that a draft has if nobody chose another. */
/** @type {import("./html.js").Signal<any[]>} */
export const models = signal([])
/** The draft's model: owner/name. */
export const model = signal("")

export const nameOf = ({ owner, name }) => `${owner}/${name}`
const documentOf = (name) => models.value.find((each) => nameOf(each) === name) ?? models.value[0]
const propertiesOf = (document) => document?.latest_version.openapi_schema.components.schemas.Input.properties ?? {}

/** The inputs of a model by name (JSON Schema with x-syntax). @returns {Record<string, any>} */
export const schemaOf = (name) => propertiesOf(documentOf(name))
/** The model of that name if it is served here, else the first. @returns {string} */
export const servedName = (name) => nameOf(documentOf(name))
/** Those of the draft's model. @type {import("./html.js").ReadonlySignal<Record<string, any>>} */
export const schema = computed(() => schemaOf(model.value))
/** The id of the draft's model. */
export const version = computed(() => documentOf(model.value)?.latest_version.id ?? "")
/** What draws. @type {import("./html.js").ReadonlySignal<Record<string, any>>} */
export const serving = computed(() => models.value[0]?.served_by ?? {})

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

/** The inputs of a syntax: "plain", "schedule" or "prompts". */
export const names = (syntax) => Object.keys(schema.value).filter((name) => (schema.value[name]["x-syntax"] ?? "plain") === syntax)

/** Whether an input is one of the few that everybody uses: those that the first model has of itself. */
export function isBasic(name) {
  const field = propertiesOf(models.value[0])[name]
  return Boolean(field) && !field["x-extension"]
}

/** The names of the inputs that are not at their defaults. */
export const changed = computed(() => changedIn(schema.value, inputs.value))

/** Whether brackets in a prompt mean something, so that a bar within them is no end of it. */
export const hasGroups = computed(() => (checked.value?.prompt_grammar ?? "original") !== "original")
/** The value of the input that plays a part in the page (x-role), among values by name. */
export const valueOfRole = (values, role) => values?.[roleIn(schema.value, role)]
export const numFrames = computed(() => valueOfRole(checked.value?.input, "frames") ?? valueOfRole(inputs.value, "frames") ?? 100)
export const fps = computed(() => valueOfRole(checked.value?.input, "rate") ?? 15)

/** The name of the input with the prompts that are drawn: the first of them. */
export const promptsIn = (properties) => Object.keys(properties).find((name) => properties[name]["x-syntax"] === "prompts")

/** What is sent: what differs from the defaults, and what a film is not without. */
export function request(draft) {
  const kept = [...names("prompts").slice(0, 1), roleIn(schema.peek(), "frames")]
  const usual = defaultsIn(schema.peek(), draft)
  const differs = ([name, value]) => value !== null && value !== undefined && (kept.includes(name) || value !== usual[name])
  return Object.fromEntries(Object.entries(draft).filter(differs))
}

/** What a new draft of a model has. */
export function beginning(name) {
  const [properties, { default_prompt: prompt }] = [schemaOf(name), serving.value]
  const begun = begunIn(properties)
  return { ...defaultsIn(properties, begun), ...begun, ...(prompt && { [promptsIn(properties)]: prompt }) }
}

/** An input as the draft's model has it, or any other. */
const fieldOf = (name) => schema.value[name] ?? models.value.map(propertiesOf).find((each) => name in each)?.[name]

/** What an input is called: as the schema says (x-label), or made from its name: translation_x -> Translation x. */
export function label(name) {
  const told = fieldOf(name)?.["x-label"]
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
