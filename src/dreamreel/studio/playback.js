// How a playhead moves in time. Nothing here knows what is shown.

/** Counts the frames that are due since it was last asked. */
export class Clock {
  #last = null

  /** After a pause: the next frame is due one frame from now. */
  stop() {
    this.#last = null
  }

  /** now: milliseconds. rate: frames a second. Whole frames; the rest of the time is kept for the next question. */
  due(now, rate) {
    this.#last ??= now
    const due = Math.max(Math.floor(((now - this.#last) / 1000) * rate), 0)
    this.#last += (due / rate) * 1000
    return due
  }
}

/**
 * The part that plays, by its marks: [first, last], within total frames.
 * @param {import("./types.d.ts").Marks} marks @param {number} total @returns {[number, number]}
 */
export function rangeOf({ from, to }, total) {
  const last = Math.max(total - 1, 0)
  const begin = Math.min(from ?? 0, last)
  return [begin, Math.max(Math.min(to ?? last, last), begin)]
}

/**
 * The frame `by` frames after `at`, within [first, last]. newest: the last that there is so far. At the end it begins
 * again; at the newest frame of a film that still grows it stays, until more has come.
 * @param {number} at @param {number} by @param {[number, number]} range @param {number} newest @returns {number}
 */
export function frameAfter(at, by, [first, last], newest) {
  if (at < first || at > last) return Math.min(first, newest)
  if (at + by <= Math.min(last, newest)) return at + by
  if (newest < last) return Math.max(newest, at)
  return first + ((at + by - first) % (last - first + 1))
}

/**
 * Calls tick(now) at each repaint while it answers true. wake() starts it again, stop() ends it for good.
 * tick: says whether there is more to do.
 */
export function animation(tick) {
  let asked = 0
  let isOver = false
  const turn = (now) => {
    asked = 0
    if (tick(now) && !isOver) wake()
  }
  const wake = () => {
    if (!asked && !isOver) asked = requestAnimationFrame(turn)
  }
  const stop = () => {
    isOver = true
    cancelAnimationFrame(asked)
  }
  return { wake, stop }
}
