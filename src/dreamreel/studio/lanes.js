// Which inputs of every frame have a lane on the timeline: those that everybody uses, those that differ from their
// default, and those that somebody asked for; the way to any input from elsewhere.

import { batch, computed, effect, signal } from "./html.js"
import { changed, isBasic, model, schema } from "./state.js"

/** All of them. */
export const showsAll = signal(false)
/** Lanes that stay, though they are at their default: names. @type {import("./html.js").Signal<Set<string>>} */
const kept = signal(new Set())
/** Texts beside the prompt that somebody asked for: names. @type {import("./html.js").Signal<Set<string>>} */
export const askedFor = signal(new Set())

/** Whether an input gives every frame a value, so that it can have a lane. */
export const isTimed = (name) => ["schedule", "names"].includes(schema.value[name]["x-syntax"])
const timed = computed(() => Object.keys(schema.value).filter(isTimed))

const isWanted = (name) => isBasic(name) || changed.value.has(name) || kept.value.has(name)
/** Those without a lane. */
export const laneless = computed(() => timed.value.filter((name) => !isWanted(name)))
/** Those with one, in the schema's order. */
export const lanes = computed(() => timed.value.filter((name) => showsAll.value || isWanted(name)))
export const isOnTimeline = (name) => lanes.value.includes(name)

const different = () => timed.value.filter((name) => changed.value.has(name))

/** Only what is needed. */
export function fold() {
  batch(() => {
    showsAll.value = false
    kept.value = new Set(different())
  })
}

// A lane does not go while its text is typed, because for a moment that is the default. Another model, another timeline:
// what differs there has a lane from the start, and it stays just so.
let keptFor = ""
effect(() => {
  const [now, all] = [model.value, different()]
  if (now !== keptFor) {
    keptFor = now
    return fold()
  }
  const news = all.filter((name) => !kept.peek().has(name))
  if (news.length) kept.value = new Set([...kept.peek(), ...news])
})

/** Shows where an input is edited, and takes the focus there. */
export function reveal(name) {
  const shown = isTimed(name) ? kept : askedFor
  shown.value = new Set([...shown.peek(), name])
  requestAnimationFrame(() => {
    const place = document.querySelector(`[data-text="${name}"]`)
    /** @type {HTMLElement} */
    const field = place?.querySelector("input, textarea")
    place?.scrollIntoView({ block: "center" })
    field?.focus({ preventScroll: true })
  })
}
