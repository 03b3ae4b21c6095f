// The ControlNets that lie on the server: networks that lead each frame by the outlines of the one before it.

import { Adder, additions, factsOf, withOneMore } from "./additions.js"
import { html, useState } from "./html.js"
import { edit } from "./history.js"
import { roleIn } from "./inputs.js"
import { chooseModel } from "./modelchoice.js"
import { inputs, label, models, nameOf, schema, schemaOf, tell } from "./state.js"

const ROLE = "controlnets"
const [LEAST, USUAL, MOST] = [0, 1, 2]

/** The input that names them, its text, and whether one more can be written behind it: a JSON list is its author's own. */
function written() {
  const name = roleIn(schema.value, ROLE)
  const text = String(inputs.value[name] ?? "").trim()
  return { name, text, takesMore: Boolean(name) && !text.startsWith("[") }
}

function add(item, weight) {
  const { name, text } = written()
  edit({ [name]: withOneMore(text, item.name, weight) })
  tell(`Added to ${label(name)}: ${item.name}`)
}

function ControlNet({ item }) {
  const [amount, setAmount] = useState(USUAL)
  const isOff = !item.models.length || !written().takesMore
  return html`<li class="lora">
    <div>
      <b>${item.name}</b>
      <p class="muted small">${factsOf(item, item.preprocessor !== "none" && `hint: ${item.preprocessor}`)}</p>
    </div>
    <${Adder} item=${item} words="Weight" least=${LEAST} most=${MOST} ...${{ amount, setAmount, isOff }} add=${() => add(item, amount)} />
  </li>`
}

/** Why none can be added, and the way out. */
function Foot({ done }) {
  const { name, takesMore } = written()
  if (takesMore) return null
  if (name) return html`<p class="small">${label(name)} is a JSON list: add to it there.</p>`
  const other = models.value.map(nameOf).find((each) => roleIn(schemaOf(each), ROLE))
  if (!other) return null
  const change = () => (chooseModel(other), done())
  return html`<p class="small">They are among the inputs of ${other}. <button class="button small" onClick=${change}>Use ${other}</button></p>`
}

const about = "Networks that lead each frame by the outlines of the picture that it is drawn over."
export const controlnets = additions({ path: "/v1/controlnets", words: "ControlNets", about, role: ROLE, Item: ControlNet, Foot })
