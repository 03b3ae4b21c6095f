// What every component imports: htm bound to Preact, hooks, signals.

import { h } from "./vendor/preact.js"
import htm from "./vendor/htm.js"

export const html = htm.bind(h)
export { render } from "./vendor/preact.js"
export { useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/hooks.js"
export { batch, computed, effect, signal } from "./vendor/signals.js"
