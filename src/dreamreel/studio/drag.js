// One way to drag: keys on curves, edges of blocks, playheads, the line between two films.

/**
 * Follows the pointer that was pressed on an element until it is let go.
 * @param {PointerEvent} pressed @param {(event: PointerEvent) => void} move called at each move
 * @param {(isKept: boolean) => void} [end] called once; not kept: given up with Escape, or taken away by the system
 */
export function drag(pressed, move, end = () => {}) {
  const element = /** @type {HTMLElement} */ (pressed.currentTarget)
  const { pointerId } = pressed
  const listening = new AbortController()
  const finish = (isKept) => {
    if (listening.signal.aborted) return
    listening.abort()
    if (element.hasPointerCapture?.(pointerId)) element.releasePointerCapture(pointerId)
    end(isKept)
  }
  const on = (target, name, act) => target.addEventListener(name, act, { signal: listening.signal, capture: true })
  const ours = (act) => (event) => event.pointerId === pointerId && act(event)
  element.setPointerCapture(pointerId)
  on(element, "pointermove", ours(move))
  on(element, "pointerup", ours(() => finish(true)))
  on(element, "pointercancel", ours(() => finish(false)))
  on(window, "keydown", (event) => {
    if (event.key !== "Escape") return
    event.preventDefault()
    event.stopPropagation()
    finish(false)
  })
}
