// Asks for the server's token, and says when it did not do.

import { giveToken, needsToken, refused } from "./api.js"
import { html, useEffect, useRef } from "./html.js"

export function TokenDialog() {
  const dialog = useRef()
  const field = useRef()
  const keep = useRef()
  const isWrong = refused.value === "wrong"
  useEffect(() => {
    if (needsToken.value) dialog.current.showModal()
    else dialog.current.close()
  }, [needsToken.value])
  // Not at the event "close", which comes late: a token may have been refused, and be asked for again, by then.
  const later = () => (needsToken.value = false)
  const submit = (event) => {
    event.preventDefault()
    if (field.current.value.trim()) giveToken(field.current.value, keep.current.checked)
    field.current.value = ""
  }
  return html`<dialog ref=${dialog} class="token" aria-labelledby="token-title" onCancel=${later}>
    <form onSubmit=${submit}>
      <h2 id="token-title">This server asks for a token</h2>
      <p class="muted">Whoever runs it makes one with <code>dreamreel token create</code>.</p>
      <p class="error" id="token-says" role="alert">${isWrong && "The server does not accept that token: it is mistyped, or was taken back."}</p>
      <label for="token-field">Token</label>
      <input id="token-field" ref=${field} type="password" autocomplete="off" spellcheck=${false} aria-invalid=${isWrong} aria-describedby="token-says" />
      <label class="switch"><input ref=${keep} type="checkbox" /> <span>Keep it in this browser, not only until its tabs are closed</span></label>
      <div class="actions">
        <button class="button primary">Go on</button>
        <button type="button" class="button" onClick=${later}>Not now</button>
      </div>
    </form>
  </dialog>`
}
