// Which schedules have a lane on the timeline: those that everybody uses, those that differ from their default, and those
// that somebody asked for; the way to any input from elsewhere.

import { computed, effect, signal } from "./html.js"
import { changed, isBasic, model, names, schema } from "./state.js"

/** All of them. */
export const showsAll = signal(false)
/** Lanes that stay, though they are at their default: names. @type {import("./html.js").Signal<Set<string>>} */
const kept = signal(new Set())
/** Texts beside the prompt that somebody asked for: names. @type {import("./html.js").Signal<Set<string>>} */
export const askedFor = signal(new Set())

const isWanted = (name) => isBasic(name) || changed.value.has(name) || kept.value.has(name)
/** The schedules without a lane. */
export const laneless = computed(() => names("schedule").filter((name) => !isWanted(name)))
/** Those with one, in the schema's order. */
export const lanes = computed(() => names("schedule").filter((name) => showsAll.value || isWanted(name)))
export const isOnTimeline = (name) => lanes.value.includes(name)

/** Only what is needed. */
export function fold() {
  showsAll.value = false
  kept.value = new Set()
}

// A lane does not go while its text is typed, because for a moment that is the default.
effect(() => {
  const news = names("schedule").filter((name) => changed.value.has(name) && !kept.peek().has(name))
  if (news.length) kept.value = new Set([...kept.peek(), ...news])
})

// Another model, another timeline.
effect(() => {
  if (model.value) fold()
})

/** Shows where an input is edited, and takes the focus there. */
export function reveal(name) {
  if (schema.peek()[name]["x-syntax"] === "schedule") kept.value = new Set([...kept.peek(), name])
  else askedFor.value = new Set([...askedFor.peek(), name])
  requestAnimationFrame(() => {
    const place = document.querySelector(`[data-text="${name}"]`)
    /** @type {HTMLElement} */
    const field = place?.querySelector("input, textarea")
    place?.scrollIntoView({ block: "center" })
    field?.focus({ preventScroll: true })
  })
}
