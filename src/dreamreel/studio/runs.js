// Films: asked for, opened, followed while they are drawn, canceled.

import { follow, get, post, refused, ApiError } from "./api.js"
import { batch, computed, effect, signal } from "./html.js"
import { asProblem, explain } from "./check.js"
import { films, framesDone, isOver, learn, titleOf, totalOf } from "./films.js"
import { roleIn } from "./inputs.js"
import { refresh } from "./listing.js"
import { trouble } from "./link.js"
import { seedsFor } from "./seeds.js"
import { calm, checked, following, frame, inputs, marks, mode, NO_MARKS, opened, playing, problems, request, run, schema, schemaOf, tell, version } from "./state.js"

/** So many films can be side by side. */
export const MOST_OPEN = 4
export const starting = signal(false)
/** Films that this page asked for: until their first frame is there, the motion of the draft is shown. */
export const ours = signal(new Set())

// eta: seconds left as the server last told, null before it did. heard: when it last told anything.
const blank = { prediction: null, prompts: [], done: 0, total: 0, eta: null, logs: "", missing: null, heard: 0, drawing: null }

/** Whether the draft can be sent, as far as this page knows. */
export const canStart = computed(
  () => checked.value !== null && problems.value.length === 0 && Object.keys(inputs.value).length > 0 && trouble.value === "" && refused.value === "",
)

/** Whether the open film has frames to show. */
export const hasFrames = computed(() => (run.value?.done ?? 0) > 0)

/** Sends the draft so many times, each with a seed of its own; opens what comes of that, side by side. */
export async function start(count = 1) {
  if (starting.peek() || !canStart.peek()) return
  starting.value = true
  try {
    const made = []
    for (const seed of seedsFor(inputs.peek().seed, count)) {
      const body = { version: version.peek(), input: request({ ...inputs.peek(), ...("seed" in schema.peek() && { seed }) }) }
      made.push(await post("/v1/predictions", body, { "X-Dreamreel-Source": "web" }))
      learn(made.at(-1))
    }
    ours.value = new Set([...ours.peek(), ...made.map((film) => film.id)])
    open(...made.map((film) => film.id))
    refresh().catch(() => {})
  } catch (error) {
    if (error instanceof ApiError) problems.value = error.problems.map(asProblem)
    tell(error.message.split("\n")[0].replace(/^- /, ""))
  } finally {
    starting.value = false
  }
}

/** Cancels films; the frames that are done stay. */
export async function cancel(...stopped) {
  await Promise.all(stopped.map(cancelOne))
}

async function cancelOne(film) {
  try {
    const answer = await post(`/v1/predictions/${film.id}/cancel`)
    // The stream tells more, and may have told the end already: only an end that is news counts.
    const known = run.peek()?.prediction
    if (isOver(answer) && !(known?.id === answer.id && isOver(known))) update(answer)
    tell("Canceled; the frames that are done stay")
  } catch (error) {
    tell(error.message)
  }
}

/** Shows films on the stage (none: the motion preview) and puts them into the address, so that a reload finds them. */
export function open(...ids) {
  if (ids.join() !== opened.peek().join()) {
    history.pushState(null, "", addressOf(ids))
    opened.value = ids
  }
  mode.value = ids.length ? "film" : "preview"
}

/** @param {string[]} ids */
const addressOf = ([first, ...others]) => (first ? `/p/${first}${others.length ? `?with=${others.join(",")}` : ""}` : "/")

export function readAddress() {
  const first = location.pathname.match(/^\/p\/([^/]+)\/?$/)?.[1]
  const others = new URLSearchParams(location.search).get("with")?.split(",") ?? []
  opened.value = first ? [decodeURIComponent(first), ...others.filter(Boolean)].slice(0, MOST_OPEN) : []
  mode.value = first ? "film" : "preview"
}

/** From now on the first of the films that are open is followed to its end. */
export function keepFollowing() {
  addEventListener("popstate", readAddress)
  const first = computed(() => opened.value[0] ?? "")
  effect(() => {
    const id = first.value
    const abort = new AbortController()
    batch(() => {
      run.value = null
      marks.value = NO_MARKS
      playing.value = false
      following.value = false
    })
    if (id) watch(id, abort.signal)
    return () => abort.abort()
  })
}

async function watch(id, abort) {
  const address = `/v1/predictions/${encodeURIComponent(id)}`
  try {
    const film = await get(address, abort)
    const done = framesDone(film)
    batch(() => {
      run.value = { ...blank, prediction: film, total: totalOf(film), done, logs: film.logs, heard: Date.now() }
      if (isOver(film)) frame.value = Math.min(frame.peek(), Math.max(done - 1, 0))
      else beginFollowing(film)
    })
    explain(film).then((answer) => {
      if (answer && !abort.aborted) set({ prompts: answer.prompts, total: answer.input[roleIn(schemaOf(film.model), "frames")] ?? totalOf(film) })
    })
    if (isOver(film)) return
    const teller = tellerOf()
    await follow(`${address}/events`, (event, data) => !abort.aborted && teller[event]?.(data), abort)
  } catch (error) {
    if (!abort.aborted) run.value = { ...blank, missing: error }
  }
}

/** The newest frame is shown; before the first one of a film of ours, the motion that it will have. */
function beginFollowing(film) {
  following.value = true
  playing.value = ours.peek().has(film.id) && !framesDone(film) && !calm.matches
  frame.value = Math.max(framesDone(film) - 1, 0)
}

function tellerOf() {
  // The stream tells the logs from their start; those of the first answer are shown until it does.
  let logs = ""
  return {
    status: ({ status }) => set({ prediction: { ...run.peek().prediction, status } }),
    log: ({ text }) => set({ logs: (logs += text) }),
    frame: ({ idx }) => newFrame({ done: Math.max(run.peek().done, idx + 1) }),
    preview: (drawing) => set({ drawing }),
    progress: ({ frame: done, total, eta_s: eta }) => newFrame({ done: Math.max(run.peek().done, done), total, eta }),
    done: update,
  }
}

function newFrame(changes) {
  batch(() => {
    if (!run.peek().done && following.peek()) [playing.value, frame.value] = [false, 0]
    set({ ...changes, drawing: null })
  })
}

function set(changes) {
  run.value = { ...run.peek(), ...changes, heard: Date.now() }
}

/** Asks for the open film again: its addresses may have run out. Returns whether there are new ones. */
export async function renew() {
  const before = run.peek()?.prediction
  if (!before) return false
  const film = await get(`/v1/predictions/${before.id}`).catch(() => null)
  if (!film || run.peek()?.prediction?.id !== film.id) return false
  batch(() => {
    set({ prediction: { ...film, logs: film.logs || before.logs }, done: film.data_removed ? 0 : Math.max(run.peek().done, framesDone(film)) })
    learn(film)
  })
  return !film.data_removed && film.urls.video !== before.urls.video
}

/** The tab's title tells which film it is and how far, for whoever works elsewhere meanwhile. */
export function keepTitle() {
  effect(() => {
    const { prediction, done, total, missing } = run.value ?? {}
    const part = prediction && !isOver(prediction) ? `${Math.floor((100 * done) / (total || 1))} % · ` : ""
    const name = prediction ? titleOf(prediction) : missing ? "No such film" : "studio"
    document.title = `${part}${name.slice(0, 80)} · dreamreel`
  })
}

/** Takes a film that has ended over, wherever it is shown; whoever followed it sees it as a whole, again and again. */
function update(film) {
  batch(() => {
    if (run.peek()?.prediction?.id === film.id) {
      const isWatched = mode.peek() === "film" && (following.peek() || playing.peek())
      set({ prediction: film, done: framesDone(film), logs: film.logs || run.peek().logs, drawing: null })
      if (isWatched && following.peek() && film.status === "succeeded" && !calm.matches) {
        frame.value = 0
        playing.value = true
      } else if (following.peek() && !playing.peek()) frame.value = Math.max(framesDone(film) - 1, 0)
      following.value = false
      if (!framesDone(film)) playing.value = false
    }
    learn(film)
  })
  refresh().catch(() => {})
}

/** Films that are drawn before one, as far as the library knows them. */
export const aheadOf = (film) =>
  films.value.filter((each) => !isOver(each) && each.created_at < film.created_at).length
