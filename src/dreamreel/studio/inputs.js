// What inputs are where nobody said otherwise, what differs from that, and what another model takes of them. Nothing here
// knows how they are shown. A schema is the properties of a model's input, by name; inputs are values by name.

const entries = Object.entries

/** Of every input, among those: a choice may change what others are by default (x-defaults). */
export function defaultsIn(schema, inputs = {}) {
  const found = Object.fromEntries(entries(schema).map(([name, field]) => [name, field.default ?? null]))
  for (const [name, field] of entries(schema)) Object.assign(found, field["x-defaults"]?.[inputs[name] ?? field.default])
  return found
}

/** The name of the input that plays a part in the page itself (x-role: docs/api.md); undefined where none does. */
export const roleIn = (schema, role) => Object.keys(schema).find((name) => schema[name]["x-role"] === role)

/** What a new draft has where that is not the default (x-begin). */
export const begunIn = (schema) =>
  Object.fromEntries(entries(schema).filter(([, field]) => "x-begin" in field).map(([name, field]) => [name, field["x-begin"]]))

/** The names of those that are not what they would be by themselves. @returns {Set<string>} */
export function changedIn(schema, inputs) {
  const usual = defaultsIn(schema, inputs)
  return new Set(Object.keys(schema).filter((name) => (inputs[name] ?? null) !== usual[name]))
}

/** inputs with changes: what was at its default stays there where a change of another input moves the default. */
export function edited(schema, inputs, changes) {
  const after = { ...inputs, ...changes }
  if (!Object.keys(changes).some((name) => schema[name]?.["x-defaults"])) return after
  const [before, usual] = [defaultsIn(schema, inputs), defaultsIn(schema, after)]
  const moved = Object.keys(usual).filter((name) => !(name in changes) && usual[name] !== before[name] && (inputs[name] ?? null) === before[name])
  return { ...after, ...Object.fromEntries(moved.map((name) => [name, usual[name]])) }
}

/** What another model takes of inputs: what somebody chose and it has too, within its limits. */
export function takenOver(inputs, from, to) {
  const chosen = [...changedIn(from, inputs)].filter((name) => name in to && fits(inputs[name], to[name]))
  return Object.fromEntries(chosen.map((name) => [name, within(inputs[name], to[name])]))
}

const fits = (value, field) => !field.enum || field.enum.includes(value)

function within(value, { minimum = -Infinity, maximum = Infinity }) {
  return typeof value === "number" ? Math.min(Math.max(value, minimum), maximum) : value
}

/** Lowercase, and without what stands between words. */
const plain = (text) => text.toLowerCase().replace(/[_\s]+/g, " ")

/**
 * The names of the inputs that words are about, the nearest first: those that are called so before those of which it is
 * said. Every word has to be there. label(name): what an input is called.
 */
export function foundIn(schema, words, label) {
  const wanted = plain(words).split(" ").filter(Boolean)
  if (!wanted.length) return []
  const places = ([name, field]) => [label(name), name, field["x-group"] ?? "", (field.enum ?? []).join(" "), field.description ?? ""].map(plain)
  const phrase = wanted.join(" ")
  const rank = (all) => {
    // Who types a whole name means it.
    if (all[0] === phrase || all[1] === phrase) return -2
    if (all[0].startsWith(phrase) || all[1].startsWith(phrase)) return -1
    const at = wanted.map((word) => all.findIndex((text) => text.includes(word)))
    if (at.includes(-1)) return Infinity
    // What begins with the word comes before what has it somewhere.
    return Math.max(...at) * 2 + (wanted.every((word) => all[0].startsWith(word) || all[1].startsWith(word)) ? 0 : 1)
  }
  const ranked = entries(schema).map((entry) => ({ name: entry[0], rank: rank(places(entry)) }))
  return ranked.filter((each) => each.rank < Infinity).sort((a, b) => a.rank - b.rank).map((each) => each.name)
}

/** Numbers that a slider can set by hand: few enough, with the usual one not at the very edge. */
export function slides({ type, minimum, maximum, default: usual }) {
  if ((usual ?? null) === null) return false
  if (minimum === undefined || maximum === undefined || maximum - minimum > 1000) return false
  return type === "integer" || (usual - minimum) / (maximum - minimum) > 0.03
}

/** How far one step of a number goes. */
export function stepOf({ type, minimum, maximum }) {
  if (type === "integer") return 1
  return minimum === undefined || maximum === undefined ? "any" : Math.max(10 ** Math.floor(Math.log10((maximum - minimum) / 1000)), 0.01)
}
