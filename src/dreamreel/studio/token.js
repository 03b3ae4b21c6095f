// Asks once for the server's token. It stays in this tab's session storage.

import { giveToken, needsToken } from "./api.js"
import { html, useEffect, useRef } from "./html.js"

export function TokenDialog() {
  const dialog = useRef()
  const field = useRef()
  useEffect(() => {
    if (needsToken.value) dialog.current.showModal()
    else dialog.current.close()
  }, [needsToken.value])
  const submit = (event) => {
    event.preventDefault()
    if (field.current.value.trim()) giveToken(field.current.value)
    field.current.value = ""
  }
  return html`<dialog ref=${dialog} class="token" aria-labelledby="token-title" onCancel=${(event) => event.preventDefault()}>
    <form onSubmit=${submit}>
      <h2 id="token-title">This server asks for a token</h2>
      <p class="muted">Whoever runs it makes one with <code>dreamreel token create</code>. It is kept until this tab is closed.</p>
      <label for="token-field">Token</label>
      <input id="token-field" ref=${field} type="password" autocomplete="off" spellcheck=${false} />
      <button class="button primary">Go on</button>
    </form>
  </dialog>`
}
