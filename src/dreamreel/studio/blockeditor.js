// Where the words of one block are typed, over the block.

import { html, useLayoutEffect, useRef } from "./html.js"

/**
 * Takes the focus before the browser paints, so that no key that is typed meanwhile is lost. fromRight: it lies along the
 * block's right edge. done(text): called once; null: nothing is to be kept.
 */
export function BlockEditor({ text, fromRight, done }) {
  const field = useRef()
  const finished = useRef(false)
  useLayoutEffect(() => {
    field.current.focus()
    field.current.setSelectionRange(text.length, text.length)
  }, [])
  const finish = (result) => {
    if (finished.current) return
    finished.current = true
    done(result)
  }
  const onKey = (event) => {
    event.stopPropagation()
    // Enter of an input method ends a word, not the text.
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === "Escape") finish(null)
    else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault()
      finish(field.current.value)
    }
  }
  return html`<textarea
    class=${fromRight ? "block-editor from-right" : "block-editor"}
    ref=${field}
    rows="3"
    aria-label="Prompt text; Enter keeps it, Escape does not"
    onKeyDown=${onKey}
    onBlur=${() => finish(field.current.value)}
  >${text}</textarea>`
}
