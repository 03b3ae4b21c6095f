// The public HTTP API, and nothing beside it. The token goes into a header, never into an address.

import { signal } from "./html.js"

const KEY = "dreamreel.token"
export const needsToken = signal(false)
let answered = null
let waiting = Promise.resolve()

export class ApiError extends Error {
  /** status: of HTTP. problems: [{field, description, column?}], what is wrong with the request. */
  constructor(status, document) {
    super(document.detail ?? `the server answered ${status}`)
    this.status = status
    this.problems = document.invalid_fields ?? []
  }
}

/** Called by the dialog: everything that waits for a token goes on with this one. */
export function giveToken(token) {
  sessionStorage.setItem(KEY, token.trim())
  needsToken.value = false
  answered?.()
}

function askForToken() {
  if (!needsToken.peek()) {
    sessionStorage.removeItem(KEY)
    needsToken.value = true
    waiting = new Promise((resolve) => (answered = resolve))
  }
  return waiting
}

export function headers(more = {}) {
  const token = sessionStorage.getItem(KEY)
  return token ? { ...more, Authorization: `Bearer ${token}` } : more
}

/** The same place on our own origin, whatever public address the server was told to give. */
export function local(url) {
  const { pathname, search } = new URL(url, location.href)
  return pathname + search
}

/** fetch with the token; a 401 asks for one and tries again. Throws ApiError for other refusals. */
export async function send(path, options = {}) {
  for (;;) {
    const used = sessionStorage.getItem(KEY)
    const response = await fetch(path, { ...options, headers: headers(options.headers) })
    if (response.status === 401) {
      if (used === sessionStorage.getItem(KEY)) await askForToken()
      continue
    }
    if (!response.ok) throw new ApiError(response.status, await response.json().catch(() => ({})))
    return response
  }
}

export async function get(path, signal) {
  return (await send(path, { signal })).json()
}

export async function post(path, body, more = {}) {
  const options = { method: "POST", headers: { "Content-Type": "application/json", ...more } }
  return (await send(path, { ...options, body: body === undefined ? undefined : JSON.stringify(body) })).json()
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
        last = event.id || last
        tell(event.event, JSON.parse(event.data))
        if (event.event === "done") return
      }
    } catch (error) {
      if (abort.aborted || error.status === 404) return
    }
    await new Promise((resolve) => setTimeout(resolve, pause))
    pause = Math.min(pause * 2, 8000)
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
