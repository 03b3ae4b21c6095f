// The page: what it asks for first, and what goes where.

import { get } from "./api.js"
import { html, batch, render, useEffect } from "./html.js"
import { keepChecking } from "./check.js"
import { controlnets } from "./controlnets.js"
import { ImportDialog, importFile } from "./importing.js"
import { listenToKeys } from "./keys.js"
import { restore } from "./drafts.js"
import { DraftsDialog } from "./draftsdialog.js"
import { keepDeleting } from "./keeping.js"
import { Library } from "./library.js"
import { Banner, keepAsking, Notice } from "./link.js"
import { keepFresh } from "./listing.js"
import { loras } from "./loras.js"
import { takeFile } from "./pictures.js"
import { keepFollowing, keepTitle, readAddress } from "./runs.js"
import { showDetails, Side } from "./side.js"
import { Stage } from "./stage.js"
import { mode, models, opened, SHOWN_MS, told } from "./state.js"
import { Timeline } from "./timeline.js"
import { TokenDialog } from "./token.js"
import { TopBar } from "./topbar.js"

const MODELS = "/v1/models"

function App() {
  useEffect(() => {
    if (!told.value) return undefined
    const timer = setTimeout(() => (told.value = null), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [told.value])
  return html`<${TopBar} />
    <${Banner} />
    <main class="desk">
      <${Library} />
      <${Stage} />
      <${Side} />
      <${Timeline} />
    </main>
    <${Notice} told=${told} />
    <${DraftsDialog} />
    <${ImportDialog} />
    <${loras.Dialog} />
    <${controlnets.Dialog} />
    <${TokenDialog} />`
}

/**
 * A picture that is dropped anywhere is moved by the preview, any other file imported; without this the browser would
 * leave the page for it.
 */
function takeDrops() {
  addEventListener("dragover", (event) => event.preventDefault())
  addEventListener("drop", (event) => {
    event.preventDefault()
    const [file] = event.dataTransfer.files
    if (!file) return
    if (!file.type.startsWith("image/")) return void importFile(file)
    mode.value = "preview"
    takeFile(file)
  })
}

/** asked: the answer to what was asked for before the page was drawn. */
async function begin(asked) {
  const { results } = await asked
  batch(() => {
    models.value = results
    restore()
  })
  keepChecking()
  loras.ask()
  controlnets.ask()
}

/** The server may not be there yet: the page is ready as soon as it is. */
async function beginSomeTime(asked) {
  for (;;) {
    try {
      return await begin(asked)
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2000))
      asked = get(MODELS)
    }
  }
}

function main() {
  readAddress()
  if (opened.peek().length) showDetails()
  // All that is asked for is on its way while the page is drawn.
  const asked = get(MODELS)
  keepFollowing()
  keepFresh()
  keepAsking()
  document.getElementById("app").replaceChildren()
  render(html`<${App} />`, document.getElementById("app"))
  listenToKeys()
  takeDrops()
  keepTitle()
  keepDeleting()
  beginSomeTime(asked)
}

main()
