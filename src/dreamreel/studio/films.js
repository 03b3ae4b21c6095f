// Films (predictions, as the API calls them): those that are known, where their files are, what they are called.

import { local } from "./api.js"
import { computed, signal } from "./html.js"
import { roleIn } from "./inputs.js"
import { promptsIn, run, schemaOf } from "./state.js"

/** Every film that the page has heard of, by id. @type {import("./html.js").Signal<Map<string, import("./types.d.ts").Film>>} */
export const known = signal(new Map())

const newestFirst = (all) => all.sort((a, b) => (a.created_at < b.created_at ? 1 : -1))
/** The same, newest first. */
export const films = computed(() => newestFirst([...known.value.values()]))

/** Takes newer forms of films over. @param {import("./types.d.ts").Film[]} news */
export function learn(...news) {
  const all = new Map(known.peek())
  for (const film of news) all.set(film.id, film)
  known.value = all
}

/** They are no longer there. */
export function forget(ids) {
  known.value = new Map([...known.peek()].filter(([id]) => !ids.has(id)))
}

/** The film of that id: the one that is open as it was heard of last. */
export const filmOf = (id) => (run.value?.prediction?.id === id ? run.value.prediction : known.value.get(id))

export const isOver = (film) => ["succeeded", "failed", "canceled"].includes(film.status)
export const framesDone = (film) => (film.data_removed ? 0 : (film.metrics?.frames ?? 0))
/** The same; of the film that is open, with those that the page was told of since. 0 without a film. */
export function doneOf(film) {
  if (!film) return 0
  return run.value?.prediction?.id === film.id ? run.value.done : framesDone(film)
}
export const valueOf = (film, name) => film.input[name] ?? schemaOf(film.model)[name]?.default
const byRole = (film, role) => valueOf(film, roleIn(schemaOf(film.model), role))
export const fpsOf = (film) => byRole(film, "rate") ?? 15
export const totalOf = (film) => byRole(film, "frames") ?? 100

/** The seed that a film is drawn with, whoever chose it; null where it is not told. */
export function seedOf(film) {
  const seed = film.seed ?? film.input.seed ?? film.logs?.match(/^Using seed: (\d+)/m)?.[1] ?? null
  return seed === null ? null : Number(seed)
}

/** What makes the same film again: its input, with its seed. */
export function inputOf(film) {
  const seed = seedOf(film)
  return seed === null || !("seed" in schemaOf(film.model)) ? film.input : { ...film.input, seed }
}

/** Files of a film lie beside its video, under the same key. */
const beside = (film, name) => local(film.urls.video).replace(/video\.mp4$/, name)
const five = (idx) => String(idx).padStart(5, "0")
export const frameAddress = (film, idx) => beside(film, `frames/${five(idx)}.png`)
export const previewAddress = (film, idx) => beside(film, `previews/${five(idx)}.webp`)
export const videoAddress = (film) => beside(film, "video.mp4")
export const subtitlesAddress = (film) => beside(film, "prompts.srt")

/** Its name, or the first of its prompts. */
export function titleOf(film) {
  if (film.name) return film.name
  const text = String(valueOf(film, promptsIn(schemaOf(film.model))) ?? "")
  return text.split("|")[0].replace(/^\s*\d+\s*:\s*/, "").trim() || "without a prompt"
}

/** A name for its video on a disk: what it shows, and the seed that tells it from its like. */
export function fileNameOf(film) {
  const words = titleOf(film).normalize("NFKD").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "")
  return `${words.slice(0, 60).replace(/-+$/, "") || "film"}-${seedOf(film) ?? film.id.slice(0, 8)}.mp4`
}

export const STATUS = {
  starting: "queued",
  processing: "drawing",
  succeeded: "done",
  failed: "failed",
  canceled: "canceled",
}
