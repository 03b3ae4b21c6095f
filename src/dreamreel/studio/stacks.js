// Films that differ in nothing but their seed, one after the other, are variations: one card stands for them.
// Nothing here knows how they are shown.

/** What variations have in common: the model, and the whole input but its seed. */
const formOf = (film) => {
  const { seed: _, ...rest } = film.input
  return (film.model ?? "") + JSON.stringify(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * films: in their order. Answers [{key, films}], each with one film or more; key is the id of the last of them, which
 * stays what it is when another variation is drawn. A film that has a name of its own stands alone.
 */
export function stacksOf(films) {
  const stacks = []
  let before = null
  for (const film of films) {
    const form = film.name ? null : formOf(film)
    const last = stacks.at(-1)
    if (last && form !== null && form === before) {
      last.films.push(film)
      last.key = film.id
    } else stacks.push({ key: film.id, films: [film] })
    before = form
  }
  return stacks
}

/** What the library shows, in order: a stack as one item, or, where it is spread, its films: [{key, films, spread}]. */
export function itemsOf(films, spread) {
  return stacksOf(films).flatMap((stack) => {
    if (stack.films.length === 1 || !spread.has(stack.key)) return [{ ...stack, spread: null }]
    return stack.films.map((film, idx) => ({ key: film.id, films: [film], spread: idx === 0 ? stack.key : null }))
  })
}

/**
 * What is shown after one of all is turned on or off: in the order of all, never none, at most so many: where there is no
 * room, the one that is farthest from it goes.
 * @param {string[]} ids @param {string} id @param {string[]} all @param {number} most @returns {string[]}
 */
export function turned(ids, id, all, most) {
  if (ids.includes(id)) return ids.length > 1 ? ids.filter((each) => each !== id) : ids
  const place = (each) => all.indexOf(each)
  const nearest = [...ids].sort((a, b) => Math.abs(place(a) - place(id)) - Math.abs(place(b) - place(id)))
  return [...nearest.slice(0, most - 1), id].sort((a, b) => place(a) - place(b))
}

/**
 * The frame that stands for a film with so many: a third into a whole one; while it is drawn, one that changes only as the
 * film doubles its length, since whoever watches it has it on the stage.
 */
export const coverOf = (frames, isWhole) => (isWhole ? Math.floor(frames / 3) : 2 ** Math.floor(Math.log2(frames)) - 1)
