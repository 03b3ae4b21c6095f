// Asks the server's own parser what the draft would do: one question at a time, the newest text next.

import { post, ApiError } from "./api.js"
import { batch, effect, signal } from "./html.js"
import { checked, inputs, problems, request, version } from "./state.js"

/** Whether the server has not read the newest text yet. */
export const checking = signal(false)

/** From now on every change of the draft is checked. */
export function keepChecking() {
  effect(() => {
    if (Object.keys(inputs.value).length && !checking.peek()) ask()
  })
}

async function ask() {
  checking.value = true
  let sent = null
  while (sent !== inputs.peek()) {
    sent = inputs.peek()
    await check(sent)
  }
  checking.value = false
}

async function check(sent) {
  try {
    const answer = await post("/v1/validate?frames=false", { version: version.peek(), input: request(sent) })
    batch(() => {
      checked.value = { ...answer, sent }
      problems.value = []
    })
  } catch (error) {
    if (error instanceof ApiError && error.problems.length) problems.value = error.problems.map(asProblem)
    else await tryAgain(sent)
  }
}

/** The server is away or busy: the same text is asked about again in a second, unless a newer one is. */
async function tryAgain(sent) {
  await new Promise((resolve) => setTimeout(resolve, 1000))
  if (sent === inputs.peek()) inputs.value = { ...sent }
}

export function asProblem({ field, description, column }) {
  return { name: field.replace(/^input\.?/, ""), message: description, column }
}

/** What the input of a prediction would do; null if it cannot be read any more. */
export async function explain({ version, input }) {
  try {
    return await post("/v1/validate?frames=false", { version, input })
  } catch {
    return null
  }
}
