// The finished frames of a film as pictures: small ones while it plays, the lossless one where it rests.

const KEPT = 160
const AHEAD = 12
/** What a picture is on the line where the browser does not tell. */
const USUAL_BYTES = 2300

// Browsers keep the sizes of so many files and no more: of those that have been counted none is needed.
performance.addEventListener("resourcetimingbufferfull", () => performance.clearResourceTimings())

/** Bytes that a picture took on the line, its headers included; 0 for one that the browser had. */
const bytesOf = (address) => performance.getEntriesByName(address, "resource").at(-1)?.["transferSize"] ?? USUAL_BYTES

export class Stills {
  #pictures = new Map()

  /**
   * addressOf(idx): where the picture of a frame is. arrived(idx, bytes): called for each that has come, with what it
   * took on the line; failed(idx) for each that could not.
   */
  constructor(addressOf, arrived, failed) {
    this.addressOf = addressOf
    this.arrived = arrived
    this.failed = failed
  }

  /** The picture of a frame, null while it is not here. It is asked for, and those up to `until` that come next. */
  take(idx, until = idx) {
    for (let each = idx; each <= Math.min(until, idx + AHEAD); each++) this.#ask(each)
    const found = this.#pictures.get(idx)
    if (!found?.complete) return null
    // Used last: dropped last.
    this.#pictures.delete(idx)
    this.#pictures.set(idx, found)
    return found
  }

  has(idx) {
    return Boolean(this.#pictures.get(idx)?.complete)
  }

  /** Whether it was asked for, whatever became of it. */
  isAsked(idx) {
    return this.#pictures.has(idx)
  }

  /** Forgets what failed, so that it is asked for again. */
  retry() {
    for (const [idx, picture] of this.#pictures) if (!picture.complete) this.#pictures.delete(idx)
  }

  #ask(idx) {
    if (this.#pictures.has(idx)) return
    const image = new Image()
    const entry = { image, complete: false }
    this.#pictures.set(idx, entry)
    image.src = this.addressOf(idx)
    image.decode().then(
      () => {
        entry.complete = true
        this.arrived(idx, bytesOf(image.src))
      },
      () => this.#pictures.get(idx) === entry && this.failed(idx),
    )
    for (const old of this.#pictures.keys()) {
      if (this.#pictures.size <= KEPT) break
      this.#pictures.delete(old)
    }
  }
}
