// Whether the server answers and somebody draws there: asked again and again, so that the page never pretends.

import { html, computed, effect, signal } from "./html.js"
import { heardAt, needsToken, refused, streamedAt } from "./api.js"
import { Icon } from "./icons.js"

const EVERY_MS = 2000
const PATIENCE_MS = 2500
const HIDDEN_MS = 15_000
/** While frames come in, workers are asked about less often: who draws is there. */
const DRAWING_MS = 12_000

/** The last answer of GET /health: {workers, loading, queued}; null before the first. */
export const health = signal(null)
/** "" while the server answers, otherwise what is wrong: "offline" or "away". */
export const trouble = signal("")
export const readyWorkers = computed(() => health.value?.workers.length ?? null)
export const loadingWorkers = computed(() => health.value?.loading ?? 0)

/** The time, for what is told in "seconds ago"; it goes on with each look. */
export const now = signal(Date.now())

/** From now on the server is asked for, more often while somebody looks. */
export function keepAsking() {
  let timer = 0
  const look = async () => {
    clearTimeout(timer)
    await ask()
    clearTimeout(timer)
    timer = setTimeout(look, document.hidden ? HIDDEN_MS : EVERY_MS)
  }
  for (const name of ["online", "offline"]) addEventListener(name, look)
  addEventListener("visibilitychange", () => document.hidden || look())
  // Whatever else failed to reach it is a reason to look at once.
  effect(() => {
    if (heardAt.value < 0) look()
  })
  look()
}

let askedAt = 0

/** Whether a film that is being drawn says all that an answer would, and nothing failed since. */
const isHeard = (time) =>
  navigator.onLine && trouble.peek() === "" && heardAt.peek() >= 0 && time - streamedAt.peek() < EVERY_MS && time - askedAt < DRAWING_MS

async function ask() {
  if (isHeard(Date.now())) return void (now.value = Date.now())
  askedAt = Date.now()
  try {
    const response = await fetch("/health", { signal: AbortSignal.timeout(PATIENCE_MS) })
    if (!response.ok) throw new Error(`it answered ${response.status}`)
    health.value = await response.json()
    trouble.value = ""
  } catch {
    trouble.value = navigator.onLine ? "away" : "offline"
  }
  now.value = Date.now()
}

const SAYS = {
  offline: ["You are offline.", "What is here stays, and everything goes on by itself when you are back."],
  away: ["The server does not answer.", "It is asked again every two seconds; everything goes on by itself when it is back. Films that it draws are not lost."],
}

/** Over the page while something is wrong with the way to the server. */
export function Banner() {
  if (refused.value && !needsToken.value) {
    return html`<div class="banner" role="alert">
      <p><b>The server wants a token.</b> Nothing can be loaded or run without one.</p>
      <button class="button" onClick=${() => (needsToken.value = true)}>Enter a token</button>
    </div>`
  }
  if (!trouble.value) return null
  const [what, then] = SAYS[trouble.value]
  return html`<div class="banner" role="alert"><p><b>${what}</b> ${then}</p></div>`
}

/** Over the page for a moment: what was done, and how to undo it. */
export function Notice({ told }) {
  const { text, action } = told.value ?? {}
  const close = () => (told.value = null)
  return html`<div class=${text ? "notice" : "notice silent"} role="status">
    <span>${text}</span>
    ${action && html`<button class="button" onClick=${() => (action.act(), close())}>${action.words}</button>`}
    ${text && html`<button class="quiet" aria-label="Close" onClick=${close}><${Icon} name="close" /></button>`}
  </div>`
}
