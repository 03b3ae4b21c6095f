// Predictions: asked for, followed while they are drawn, canceled.

import { follow, get, local, post, ApiError } from "./api.js"
import { batch, effect, signal } from "./html.js"
import { asProblem, explain } from "./check.js"
import { refresh, replace } from "./library.js"
import { inputs, notice, opened, problems, request, version } from "./state.js"

/** The prediction that is open, as far as it is known: see `blank`. */
export const run = signal(null)
export const starting = signal(false)
export const isOver = (prediction) => ["succeeded", "failed", "canceled"].includes(prediction.status)

const blank = { prediction: null, prompts: [], done: 0, total: 0, pace: null, eta: null, logs: "", missing: "" }

/** Files of a prediction lie beside its video, under the same key. */
const beside = (prediction, name) => local(prediction.urls.video).replace(/video\.mp4$/, name)
const five = (idx) => String(idx).padStart(5, "0")
export const frameAddress = (prediction, idx) => beside(prediction, `frames/${five(idx)}.png`)
export const previewAddress = (prediction, idx) => beside(prediction, `previews/${five(idx)}.jpg`)
export const videoAddress = (prediction) => beside(prediction, "video.mp4")
export const framesDone = (prediction) => (prediction.data_removed ? 0 : (prediction.metrics?.frames ?? 0))

/** Sends the draft and opens what comes of it. */
export async function start() {
  if (starting.peek()) return
  starting.value = true
  try {
    const body = { version: version.peek(), input: request(inputs.peek()) }
    const prediction = await post("/v1/predictions", body, { "X-Dreamreel-Source": "web" })
    replace(prediction)
    open(prediction.id)
  } catch (error) {
    if (error instanceof ApiError) problems.value = error.problems.map(asProblem)
    notice.value = error.message.split("\n")[0].replace(/^- /, "")
  } finally {
    starting.value = false
  }
}

export async function cancel(prediction) {
  try {
    const answer = await post(`/v1/predictions/${prediction.id}/cancel`)
    // The stream tells more, and may have told the end already: only an end that is news counts.
    const known = run.peek()?.prediction
    if (isOver(answer) && !(known?.id === answer.id && isOver(known))) update(answer)
    notice.value = "Canceled; the frames that are done stay"
  } catch (error) {
    notice.value = error.message
  }
}

/** Shows a prediction ("" the composer) and puts it into the address, so that a reload finds it again. */
export function open(id) {
  if (opened.peek() === id) return
  history.pushState(null, "", id ? `/p/${id}` : "/")
  opened.value = id
}

export function readAddress() {
  opened.value = location.pathname.match(/^\/p\/(\w+)$/)?.[1] ?? ""
}

/** From now on whatever is open is followed to its end. */
export function keepFollowing() {
  addEventListener("popstate", readAddress)
  effect(() => {
    const id = opened.value
    const abort = new AbortController()
    run.value = null
    if (id) watch(id, abort.signal)
    return () => abort.abort()
  })
}

async function watch(id, abort) {
  const address = `/v1/predictions/${encodeURIComponent(id)}`
  toldLogs = ""
  try {
    const prediction = await get(address, abort)
    const total = prediction.input.max_frames ?? 100
    run.value = { ...blank, prediction, total, done: framesDone(prediction), logs: prediction.logs }
    explain(prediction.input).then((answer) => {
      if (answer && !abort.aborted) run.value = { ...run.peek(), prompts: answer.prompts, total: answer.input.max_frames }
    })
    if (isOver(prediction)) return
    await follow(`${address}/events`, (event, data) => !abort.aborted && TOLD[event]?.(data), abort)
  } catch (error) {
    if (!abort.aborted) run.value = { ...blank, missing: error.message }
  }
}

// The stream tells the logs from their start; those of the first answer are shown until it does.
let toldLogs = ""
const TOLD = {
  status: ({ status }) => set({ prediction: { ...run.peek().prediction, status } }),
  log: ({ text }) => set({ logs: (toldLogs += text) }),
  frame: ({ idx }) => set({ done: Math.max(run.peek().done, idx + 1) }),
  progress: ({ frame, total, seconds_per_frame: pace, eta_s: eta }) => set({ done: frame, total, pace, eta }),
  done: update,
}

/** The tab's title tells how far the film is, for whoever works elsewhere meanwhile. */
export function keepTitle() {
  effect(() => {
    const { prediction, done, total } = run.value ?? {}
    const part = prediction && !isOver(prediction) ? `${Math.floor((100 * done) / (total || 1))} % ` : ""
    document.title = `${part}dreamreel studio`
  })
}

function set(changes) {
  run.value = { ...run.peek(), ...changes }
}

/** Takes a prediction that has ended over, wherever it is shown. */
function update(prediction) {
  batch(() => {
    if (run.peek()?.prediction?.id === prediction.id) {
      set({ prediction, done: framesDone(prediction), logs: prediction.logs || run.peek().logs })
    }
    replace(prediction)
  })
  refresh().catch(() => {})
}
