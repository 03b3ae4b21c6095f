// How much may come over the line for pictures of films that are being drawn: whoever watches one has use for a new picture
// now and then, not for every one that a fast machine makes.

/** Bytes a second for one film, so that all about it together stays below 2,000, headers included. */
export const PICTURE_RATE = 1500

/** Pictures that are asked for one at a time, each not before the last one is paid for. Times are milliseconds. */
export class Allowance {
  #asked = null
  #paidAt = -Infinity

  /** perSecond: bytes. */
  constructor(perSecond) {
    this.perSecond = perSecond
  }

  /** Milliseconds until the next one may be asked for; Infinity while one is on its way. */
  waits(now) {
    return this.#asked ? Infinity : Math.max(this.#paidAt - now, 0)
  }

  ask(idx, now) {
    this.#asked = { idx, at: now }
  }

  /** It has come, or cannot. bytes: what it was on the line. */
  came(idx, bytes) {
    if (this.#asked?.idx !== idx) return
    this.#paidAt = this.#asked.at + (1000 * bytes) / this.perSecond
    this.#asked = null
  }
}
