// Tabs, as WAI-ARIA describes them: one of them takes the focus, the arrow keys go to the others.

import { html, useRef } from "./html.js"

/** tabs: {name: Component}. chosen: a signal of one name. more: for the panel's component. id: of this set of tabs. */
export function Tabs({ id, words, tabs, chosen, more = {} }) {
  const list = useRef()
  const names = Object.keys(tabs)
  const name = names.includes(chosen.value) ? chosen.value : names[0]
  const Panel = tabs[name]
  const onKey = (event) => {
    const at = names.indexOf(name)
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: -1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    chosen.value = names.at(to % names.length)
    list.current.querySelectorAll("[role=tab]")[names.indexOf(chosen.value)].focus()
  }
  return html`<div class="tabs" role="tablist" aria-label=${words} ref=${list} onKeyDown=${onKey}>
      ${names.map(
        (each) => html`<button
          key=${each}
          role="tab"
          id=${`${id}-tab-${each}`}
          aria-controls=${`${id}-panel`}
          aria-selected=${each === name}
          tabindex=${each === name ? 0 : -1}
          onClick=${() => (chosen.value = each)}
        >
          ${each}
        </button>`,
      )}
    </div>
    <div class="tab-panel" role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-tab-${name}`} tabindex="0">
      <${Panel} ...${more} />
    </div>`
}
