// The library's list: what the server answers to what is searched, page by page, kept true while the page is open.

import { get, local, streamedAt } from "./api.js"
import { batch, computed, effect, signal } from "./html.js"
import { films, forget, isOver, known, learn } from "./films.js"
import { run, tell } from "./state.js"

const PAGE = 48
const DRAWING_MS = 3000
const QUIET_MS = 10_000

/** What is searched. state: a word of STATES. */
export const query = signal({ text: "", state: "", starred: false, tag: "" })
export const STATES = {
  "": "All",
  "starting,processing": "In progress",
  succeeded: "Done",
  failed: "Failed",
  canceled: "Canceled",
}
export const isSearched = computed(() => Boolean(query.value.text || query.value.state || query.value.starred || query.value.tag))

/** The ids that the server answered, newest first. @type {import("./html.js").Signal<string[]>} */
const listed = signal([])
/** Where the next page is, "" if there is none; whether the first one has come. */
const next = signal("")
export const loaded = signal(false)
/** Films that are about to be deleted: ids. @type {import("./html.js").Signal<Set<string>>} */
export const removed = signal(new Set())

/** The films of the list. */
export const shown = computed(() =>
  listed.value.map((id) => known.value.get(id)).filter((film) => film && !removed.value.has(film.id)),
)

function address({ text, state, starred, tag }) {
  const asked = new URLSearchParams({ limit: String(PAGE), logs: "false" })
  if (text) asked.set("q", text)
  if (state) asked.set("status", state)
  if (starred) asked.set("starred", "true")
  if (tag) asked.set("tag", tag)
  return `/v1/predictions?${asked}`
}

/** Searches for something else. */
export function search(changes) {
  query.value = { ...query.peek(), ...changes }
  batch(() => {
    listed.value = []
    next.value = ""
    loaded.value = false
  })
  refresh().catch((error) => tell(error.message))
}

/** The newest page again; what was loaded beyond it stays. */
export async function refresh() {
  const asked = query.peek()
  const page = await get(address(asked))
  if (asked !== query.peek()) return
  const ids = page.results.map((film) => film.id)
  const last = page.results.at(-1)?.created_at
  const beyond = page.next ? listed.peek().filter((id) => !ids.includes(id) && known.peek().get(id)?.created_at <= last) : []
  batch(() => {
    learn(...page.results)
    if (!beyond.length) next.value = page.next ? local(page.next) : ""
    listed.value = [...ids, ...beyond]
    loaded.value = true
  })
}

let loading = false

/** The page after those that are there, if there is one. */
export async function loadMore() {
  if (!next.peek() || loading) return
  loading = true
  const from = next.peek()
  try {
    const page = await get(from)
    if (next.peek() !== from) return
    const before = new Set(listed.peek())
    batch(() => {
      learn(...page.results)
      listed.value = [...listed.peek(), ...page.results.map((film) => film.id).filter((id) => !before.has(id))]
      next.value = page.next ? local(page.next) : ""
    })
  } catch (error) {
    tell(error.message)
  } finally {
    loading = false
  }
}

/** The film whose stream tells how far it is, so that nobody has to ask; undefined for none. */
function streamed() {
  const film = run.peek()?.prediction
  const isTold = film && !isOver(film) && Date.now() - streamedAt.peek() < 2 * DRAWING_MS
  return isTold ? known.peek().get(film.id) : undefined
}

let lookedForNewAt = 0

/** What is being drawn, and what is new: little is asked, so that watching costs next to nothing. */
async function look() {
  const told = streamed()
  if (told && told.metrics?.frames !== run.peek().done) {
    learn({ ...told, status: run.peek().prediction.status, metrics: { ...told.metrics, frames: run.peek().done } })
  }
  const drawn = films.peek().filter((film) => !isOver(film) && film.id !== told?.id)
  if (drawn.length) return lookAt(drawn)
  if (Date.now() - lookedForNewAt > QUIET_MS - DRAWING_MS / 2) await lookForNew()
}

/** How far films are that are drawn where no stream of ours tells of them. */
async function lookAt(drawn) {
  const page = await get("/v1/predictions?status=starting,processing&limit=100&logs=false")
  const open = new Set(page.results.map((film) => film.id))
  const isNew = page.results.some((film) => !known.peek().has(film.id))
  const ended = await Promise.all(drawn.filter((film) => !open.has(film.id)).map(again))
  batch(() => {
    learn(...page.results, ...ended.filter(Boolean))
    forget(new Set(drawn.filter((film, idx) => !open.has(film.id) && ended[idx] === null).map((film) => film.id)))
  })
  if (isNew || ended.length) await refresh()
}

async function lookForNew() {
  lookedForNewAt = Date.now()
  const newest = films.peek()[0]
  if (!newest) return refresh()
  const page = await get(`/v1/predictions?limit=1&logs=false&created_after=${encodeURIComponent(justAfter(newest.created_at))}`)
  if (page.results.length) await refresh()
}

/** The next microsecond, which is what times are told in: a film is not news to itself. */
function justAfter(time) {
  const [, before, micros] = time.match(/^(.*\.)(\d{6})Z$/) ?? []
  return micros && micros !== "999999" ? `${before}${String(Number(micros) + 1).padStart(6, "0")}Z` : time
}

/** A film as it is now; null where it is no longer there. */
async function again({ id }) {
  try {
    return await get(`/v1/predictions/${id}`)
  } catch (error) {
    if (error.status === 404) return null
    throw error
  }
}

/** From now on the list is kept true, more often while something is drawn, and not while nobody looks. */
export function keepFresh() {
  let timer = 0
  const turn = async (what) => {
    clearTimeout(timer)
    if (!document.hidden) await what().catch(() => {})
    const isDrawn = films.peek().some((film) => !isOver(film))
    clearTimeout(timer)
    timer = setTimeout(() => turn(look), isDrawn || !loaded.peek() ? DRAWING_MS : QUIET_MS)
  }
  addEventListener("visibilitychange", () => document.hidden || turn(refresh))
  const anyDrawn = computed(() => films.value.some((film) => !isOver(film)))
  effect(() => {
    // Something is drawn since just now: the next look is soon.
    if (anyDrawn.value) {
      clearTimeout(timer)
      timer = setTimeout(() => turn(look), DRAWING_MS)
    }
  })
  turn(refresh)
}
