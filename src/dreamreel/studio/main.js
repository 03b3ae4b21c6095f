// The page: what it asks for first, and what goes where.

import { get } from "./api.js"
import { html, batch, render, signal, useEffect } from "./html.js"
import { keepChecking } from "./check.js"
import { Details } from "./details.js"
import { Inspector } from "./inspector.js"
import { listenToKeys } from "./keys.js"
import { restore } from "./history.js"
import { keepFresh, Library } from "./library.js"
import { keepFollowing, keepTitle, readAddress } from "./runs.js"
import { MODEL, notice, opened, schema, serving, version } from "./state.js"
import { Stage } from "./stage.js"
import { Timeline } from "./timeline.js"
import { TokenDialog } from "./token.js"
import { TopBar } from "./topbar.js"
import { Watch } from "./watch.js"

const broken = signal("")

function App() {
  const watching = opened.value !== ""
  return html`<${TopBar} />
    <main class=${watching ? "desk watching" : "desk"}>
      <${Library} />
      ${watching
        ? html`<${Watch} /><${Details} />`
        : html`<${Stage} /><${Inspector} /><${Timeline} />`}
    </main>
    ${broken.value && html`<p class="notice error" role="alert">${broken.value}</p>`}
    <${Notice} />
    <${TokenDialog} />`
}

function Notice() {
  useEffect(() => {
    if (!notice.value) return undefined
    const timer = setTimeout(() => (notice.value = ""), 4000)
    return () => clearTimeout(timer)
  }, [notice.value])
  return html`<p class=${notice.value ? "notice" : "notice silent"} role="status">${notice.value}</p>`
}

async function begin() {
  const model = await get(MODEL)
  batch(() => {
    schema.value = model.latest_version.openapi_schema.components.schemas.Input.properties
    version.value = model.latest_version.id
    serving.value = model.served_by
    restore()
  })
  keepChecking()
}

readAddress()
document.getElementById("app").replaceChildren()
render(html`<${App} />`, document.getElementById("app"))
listenToKeys()
keepFollowing()
keepTitle()
keepFresh()
begin().catch((error) => (broken.value = `The server cannot be reached: ${error.message}`))
