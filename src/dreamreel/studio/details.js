// Of the film that is open: how far it is, what it was made from, its logs, and the code that makes it again.

import { get } from "./api.js"
import { html, signal, useEffect, useState } from "./html.js"
import { CLIENTS, codeFor } from "./code.js"
import { fileNameOf, fpsOf, framesDone, inputOf, isOver, seedOf, subtitlesAddress, titleOf, totalOf, videoAddress } from "./films.js"
import { replaceDraft } from "./history.js"
import { Icon } from "./icons.js"
import { defaultsIn } from "./inputs.js"
import { remove, star } from "./keeping.js"
import { NameField } from "./namefield.js"
import { moveLastFrame } from "./pictures.js"
import { cancel, open } from "./runs.js"
import { situation } from "./stage.js"
import { minutes } from "./situation.js"
import { Status } from "./status.js"
import { Tabs } from "./tabs.js"
import { Tags } from "./tags.js"
import { label, mode, run, schemaOf, servedName, tell } from "./state.js"

const tab = signal("Input")
const TABS = { Input, Logs, Manifest, Code }

export function Details() {
  const { prediction: film } = run.value ?? {}
  if (!film) return html`<p class="empty">${run.value?.missing ? "Nothing is known of it." : ""}</p>`
  return html`<div class="run-head">
      <${Title} key=${film.id} film=${film} />
      <p class="facts">
        <${Status} status=${film.status} />
        <span>${totalOf(film)} frames</span>
        <span>${(totalOf(film) / fpsOf(film)).toFixed(1)} s</span>
        ${seedOf(film) !== null && html`<span>seed ${seedOf(film)}</span>`}
      </p>
      <${Tags} key=${`tags ${film.id}`} film=${film} />
    </div>
    <${Progress} />
    <${Actions} film=${film} />
    <${Tabs} id="film" words="About this film" tabs=${TABS} chosen=${tab} more=${{ film, key: film.id }} />`
}

function Title({ film }) {
  const [isNamed, setNamed] = useState(false)
  if (isNamed) return html`<${NameField} film=${film} done=${() => setNamed(false)} />`
  const words = film.starred ? "Take the star away" : "Star"
  return html`<div class="run-title">
    <h2>${titleOf(film)}</h2>
    <button class="square" title="Name" aria-label="Name this film" onClick=${() => setNamed(true)}><${Icon} name="edit" /></button>
    <button class="square" title=${words} aria-label=${`${words}: this film`} aria-pressed=${Boolean(film.starred)} onClick=${() => star(film)}>
      <${Icon} name="star" solid=${Boolean(film.starred)} />
    </button>
  </div>`
}

function Progress() {
  const { prediction: film, done, total } = run.value
  const { words, more, state } = situation()
  const took = film.metrics?.predict_time
  const says = state === "done" && took ? `Drawn in ${minutes(took)}` : `${words.replace(/^Frame \d+ of \d+\.? ?/, "")} ${more}`.trim()
  return html`<div class="progress">
    <b>Frame ${done} of ${total}</b>
    <progress max=${total || 1} value=${done} aria-label="Frames done"></progress>
    <p class=${state === "failed" ? "error" : "muted"}>${says || "\u00a0"}</p>
  </div>`
}

/** Loads a film's input, with its seed, into the draft, which becomes one of the film's model. */
export function remix(film) {
  const schema = schemaOf(film.model)
  const known = Object.entries(inputOf(film)).filter(([name]) => name in schema)
  replaceDraft({ model: servedName(film.model), inputs: { ...defaultsIn(schema, film.input), ...Object.fromEntries(known) } })
  tell("Loaded into the timeline, with its seed")
}

function Actions({ film }) {
  const hasVideo = isOver(film) && framesDone(film) > 0
  const fileName = hasVideo ? fileNameOf(film) : ""
  return html`<div class="actions">
    ${!isOver(film) && html`<button class="button" onClick=${() => cancel(film)}>Cancel</button>`}
    ${hasVideo && html`<a class="button" href=${videoAddress(film)} download=${fileName}>Download</a>
    <a class="button" href=${subtitlesAddress(film)} download=${fileName.replace(/mp4$/, "srt")} title="Its prompts, with their times (.srt)">Subtitles</a>`}
    <button class="button" onClick=${() => remix(film)} title="Load its input, with its seed, into the timeline">Remix</button>
    <button class="button" onClick=${() => share(film)} title="Copy the address of this film">Copy link</button>
    ${framesDone(film) > 0 &&
    html`<button class="button" title="Move its last frame in the motion preview" onClick=${() => moveLastFrame(film).then(() => (mode.value = "preview"))}>
      Preview on last frame
    </button>`}
    ${isOver(film) && html`<button class="button" onClick=${() => remove(film)}>Delete</button>`}
  </div>`
}

async function share(film) {
  try {
    await navigator.clipboard.writeText(`${location.origin}/p/${film.id}`)
    tell("The address is copied")
  } catch {
    tell(`Its address is ${location.origin}/p/${film.id}`)
  }
}

function Input({ film }) {
  return html`<dl class="input-list">
    ${Object.entries(inputOf(film)).map(([name, value]) => html`<dt key=${name}>${label(name)}</dt><dd>${String(value)}</dd>`)}
    ${!Object.keys(inputOf(film)).length && html`<dd>Every input at its default</dd>`}
  </dl>`
}

function Logs() {
  return html`<pre class="logs" tabindex="0">${run.value.logs || "No line yet"}</pre>`
}

function Manifest({ film }) {
  const [manifest, setManifest] = useState(null)
  const over = isOver(film)
  useEffect(() => {
    if (!over) return
    get(`/v1/predictions/${film.id}/manifest`).then(setManifest, () => setManifest({ frames: [] }))
  }, [over])
  if (!over) return html`<p class="empty">Written when it has ended.</p>`
  if (!manifest) return html`<p class="empty">…</p>`
  const { frames, ...rest } = manifest
  const text = JSON.stringify({ ...rest, frames: `${frames.length} SHA-256 digests` }, null, 2)
  return html`<${Copyable} shown=${text} copied=${JSON.stringify(manifest, null, 2)} />`
}

function Code({ film }) {
  const [client, setClient] = useState(CLIENTS[0])
  return html`<div class="segments" role="group" aria-label="Copy as">
      ${CLIENTS.map(
        (name) => html`<button class="quiet" key=${name} aria-pressed=${client === name} onClick=${() => setClient(name)}>${name}</button>`,
      )}
    </div>
    <${Copyable} shown=${codeFor(client, { ...film, input: inputOf(film) })} />`
}

function Copyable({ shown, copied = shown }) {
  const [done, setDone] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(copied)
      setDone(true)
      setTimeout(() => setDone(false), 1500)
    } catch {
      // Browsers have no clipboard on plain http beyond loopback, and may refuse it elsewhere.
      tell("This browser does not let the page copy here; select the text instead")
    }
  }
  return html`<div class="copyable">
    <pre tabindex="0">${shown}</pre>
    <button class="quiet copy" onClick=${copy}>${done ? "Copied" : "Copy"}</button>
  </div>`
}
