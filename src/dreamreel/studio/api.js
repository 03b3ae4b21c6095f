// The public HTTP API, and nothing beside it. The token goes into a header, never into an address.

import { batch, signal } from "./html.js"

const KEY = "dreamreel.token"
/** Whether the dialog for a token is open; what the server said of the last one; whether requests wait for one. */
export const needsToken = signal(false)
export const refused = signal("")
/** When the server last answered anything, milliseconds; negative once it could not be reached. */
export const heardAt = signal(0)
/** When a stream of events last brought something, milliseconds. */
export const streamedAt = signal(0)
let answered = null
let waiting = Promise.resolve()

const kept = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY)

// Tabs of one browser give each other the token, so that it is asked for once and need not be stored.
const tabs = new BroadcastChannel(KEY)
tabs.addEventListener("message", ({ data }) => {
  if (data.ask && kept()) tabs.postMessage({ token: kept() })
  if (data.token && (refused.peek() || !kept())) giveToken(data.token)
})

const ANSWERED_MS = 60
let borrowing = null

/** Waits until another tab that has a token has given it: once, and only where a token is wanted at all. */
function borrowToken() {
  if (!borrowing) tabs.postMessage({ ask: true })
  return (borrowing ??= new Promise((resolve) => setTimeout(resolve, ANSWERED_MS)))
}

export class ApiError extends Error {
  /** status: of HTTP. problems: [{field, description, column?}], what is wrong with the request. */
  constructor(status, document) {
    super(document.detail ?? `the server answered ${status}`)
    this.status = status
    this.problems = document.invalid_fields ?? []
  }
}

/** Everything that waits for a token goes on with this one. keep: also when the browser is closed. */
export function giveToken(token, keep = false) {
  sessionStorage.setItem(KEY, token.trim())
  if (keep) localStorage.setItem(KEY, token.trim())
  batch(() => {
    needsToken.value = false
    refused.value = ""
  })
  answered?.()
  answered = null
}

/** The token that was used did not do: asks for another one, once for all requests that wait. */
function askForToken(used) {
  if (!refused.peek()) {
    sessionStorage.removeItem(KEY)
    localStorage.removeItem(KEY)
    waiting = new Promise((resolve) => (answered = resolve))
    batch(() => {
      refused.value = used ? "wrong" : "none"
      needsToken.value = true
    })
  }
  return waiting
}

export function headers(more = {}) {
  const token = kept()
  return token ? { ...more, Authorization: `Bearer ${token}` } : more
}

/** The same place on our own origin, whatever public address the server was told to give. */
export function local(url) {
  const { pathname, search } = new URL(url, location.href)
  return pathname + search
}

/**
 * fetch with the token; a 401 asks for one and tries again. Throws ApiError for other refusals, and TypeError where
 * the server cannot be reached.
 */
export async function send(path, options = {}) {
  for (;;) {
    const used = kept()
    const response = await reach(path, { ...options, headers: headers(options.headers) })
    if (response.status === 401) {
      if (!kept()) await borrowToken()
      if (used === kept()) await askForToken(used)
      continue
    }
    if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})))
    return response
  }
}

async function reach(path, options) {
  try {
    const response = await fetch(path, options)
    heardAt.value = Date.now()
    return response
  } catch (error) {
    if (!options.signal?.aborted) heardAt.value = -Date.now()
    throw error instanceof TypeError ? new TypeError("The server cannot be reached", { cause: error }) : error
  }
}

export async function get(path, signal) {
  return (await send(path, { signal })).json()
}

export const post = (path, body, more) => ask("POST", path, body, more)

/** Sends a body and reads the answer; null for one without content. */
export async function ask(method, path, body, more = {}) {
  const options = { method, headers: { "Content-Type": "application/json", ...more } }
  const response = await send(path, { ...options, body: body === undefined ? undefined : JSON.stringify(body) })
  return response.status === 204 ? null : response.json()
}

/** Calls tell(event, data) for each server-sent event, going on after a break, until `done` or abort. */
export async function follow(path, tell, abort) {
  let last = ""
  let pause = 250
  while (!abort.aborted) {
    try {
      const more = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) }
      const response = await send(path, { headers: more, signal: abort })
      for await (const event of events(response.body)) {
        if (abort.aborted) return
        pause = 250
        streamedAt.value = Date.now()
        last = event.id || last
        tell(event.event, JSON.parse(event.data))
        if (event.event === "done") return
      }
    } catch (error) {
      if (abort.aborted || error.status === 404) return
      heardAt.value = -Date.now()
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(pause * 2, 4000)
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ""
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    const blocks = (text + value).split("\n\n")
    text = blocks.pop()
    for (const block of blocks) {
      const event = parse(block)
      if (event.data) yield event
    }
  }
}

function parse(block) {
  const event = { event: "message", id: "", data: "" }
  for (const line of block.split("\n")) {
    const [name, rest] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).replace(/^ /, "")]
    if (name === "data") event.data += (event.data && "\n") + rest
    else if (name) event[name] = rest
  }
  return event
}
