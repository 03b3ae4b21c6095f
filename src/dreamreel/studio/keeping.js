// What one does with films once they are made: star, name, delete. A deletion waits until it can no longer be undone.

import { ask, headers } from "./api.js"
import { batch } from "./html.js"
import { forget, learn, titleOf } from "./films.js"
import { removed } from "./listing.js"
import { open } from "./runs.js"
import { opened, run, SHOWN_MS, tell } from "./state.js"

const addressOf = (id) => `/v1/predictions/${encodeURIComponent(id)}`

function take(film) {
  batch(() => {
    learn(film)
    const now = run.peek()
    if (now?.prediction?.id === film.id) run.value = { ...now, prediction: { ...film, logs: now.prediction.logs } }
  })
}

/** Changes a film's name, star or tags: here at once, and at the service. */
export async function mark(film, changes) {
  take({ ...film, ...changes })
  try {
    take(await ask("PATCH", addressOf(film.id), changes))
  } catch (error) {
    take(film)
    tell(`It was not kept: ${error.problems?.[0]?.description ?? error.message}`)
  }
}

export const star = (film) => mark(film, { starred: !film.starred })
export const rename = (film, name) => mark(film, { name: name.trim() })

// Films that are gone for the eye, and not yet for the service.
const waiting = new Map()
let timer = 0

/** Takes films out of the library; they can be had back for some seconds. Only what has ended can be deleted. */
export function remove(...films) {
  for (const film of films) waiting.set(film.id, film)
  hide()
  open(...opened.peek().filter((id) => !waiting.has(id)))
  clearTimeout(timer)
  timer = setTimeout(removeNow, SHOWN_MS + 500)
  const words = waiting.size === 1 ? `“${titleOf(films[0]).slice(0, 50)}” is deleted` : `${waiting.size} films are deleted`
  tell(words, { words: "Undo", act: restore })
}

const hide = () => (removed.value = new Set(waiting.keys()))

function restore() {
  clearTimeout(timer)
  waiting.clear()
  hide()
}

async function removeNow() {
  for (const [id, film] of [...waiting]) {
    try {
      await ask("DELETE", addressOf(id))
      forget(new Set([id]))
    } catch (error) {
      if (error.status !== 404) tell(`“${titleOf(film).slice(0, 50)}” was not deleted: ${error.message}`)
    }
    waiting.delete(id)
  }
  hide()
}

/** Who leaves the page has said what is to be deleted. */
export function keepDeleting() {
  addEventListener("pagehide", () => {
    for (const id of waiting.keys()) fetch(addressOf(id), { method: "DELETE", headers: headers(), keepalive: true })
    waiting.clear()
  })
}
