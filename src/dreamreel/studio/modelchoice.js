// Which model of the API is composed for: it decides which inputs there are. What was chosen goes along.

import { html } from "./html.js"
import { replaceDraft } from "./history.js"
import { changedIn, edited, foundIn, takenOver } from "./inputs.js"
import { beginning, inputs, label, model, models, nameOf, schema, schemaOf, tell } from "./state.js"

/** Makes the draft one of another model: one step of undo. */
export function chooseModel(name) {
  const [before, after] = [schema.peek(), schemaOf(name)]
  const taken = takenOver(inputs.peek(), before, after)
  const lost = [...changedIn(before, inputs.peek())].filter((each) => !(each in taken))
  replaceDraft({ model: name, inputs: edited(after, beginning(name), taken) })
  tell(lost.length ? `${name} has no such value of ${lost.map(label).join(", ")}; undo brings it back` : `The inputs are those of ${name}`)
}

/** The other models of which some inputs are about words, and these inputs: [{model, names}]. */
export function elsewhere(words) {
  return models.value
    .map((each) => ({ model: nameOf(each), names: foundIn(schemaOf(nameOf(each)), words, label).filter((name) => !(name in schema.value)) }))
    .filter((each) => each.names.length)
}

export function ModelChoice() {
  if (models.value.length < 2) return null
  const chosen = models.value.find((each) => nameOf(each) === model.value)
  return html`<div class="model-choice" title=${chosen?.description}>
    <label for="api-model">Inputs of</label>
    <select id="api-model" value=${model.value} onChange=${(event) => chooseModel(event.currentTarget.value)}>
      ${models.value.map((each) => html`<option key=${nameOf(each)} value=${nameOf(each)} selected=${nameOf(each) === model.value}>${nameOf(each)}</option>`)}
    </select>
  </div>`
}
