// Icons, drawn on a grid of 24: no font has to have them.

import { html } from "./html.js"

const PATHS = {
  play: "M8 5.2v13.6a.6.6 0 0 0 .92.5l10.4-6.8a.6.6 0 0 0 0-1L8.92 4.7a.6.6 0 0 0-.92.5z",
  pause: "M8 5h2.6v14H8zM13.4 5H16v14h-2.6z",
  first: "M6 5v14M18 5.5v13L8.5 12z",
  back: "M15 5l-7 7 7 7",
  on: "M9 5l7 7-7 7",
  full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  markIn: "M9 4H5v16h4M9 12h10M13 8l-4 4 4 4",
  markOut: "M15 4h4v16h-4M15 12H5M11 8l4 4-4 4",
  star: "M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10 10.5v6M14 10.5v6",
  edit: "M5 19l.8-4L15.5 5.3a1.6 1.6 0 0 1 2.3 0l.9.9a1.6 1.6 0 0 1 0 2.3L9 18.2z",
  copy: "M9 9h10v10H9zM15 9V5H5v10h4",
  close: "M6 6l12 12M18 6L6 18",
  undo: "M9 5L4.5 9.5 9 14M5 9.5h9a5 5 0 0 1 0 10h-3",
  redo: "M15 5l4.5 4.5L15 14M19 9.5h-9a5 5 0 0 0 0 10h3",
  dice: "M5 5h14v14H5zM9 9h.01M15 9h.01M12 12h.01M9 15h.01M15 15h.01",
  locked: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  unlocked: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2",
  search: "M10.5 4.5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15 15l5 5",
  grid: "M5 5h5.5v5.5H5zM13.5 5H19v5.5h-5.5zM5 13.5h5.5V19H5zM13.5 13.5H19V19h-5.5z",
  list: "M5 6.5h14M5 12h14M5 17.5h14",
  plus: "M12 5v14M5 12h14",
  help: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.6 9.6a2.4 2.4 0 1 1 3.6 2.1c-.8.5-1.2 1-1.2 1.9M12 16.6h.01",
  layers: "M12 4l8 4.5-8 4.5-8-4.5zM4.5 13l7.5 4.2 7.5-4.2",
  theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
  compare: "M12 3v18M4 6h16v12H4zM8 10l-2 2 2 2M16 10l2 2-2 2",
  live: "M12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM7 7a7 7 0 0 0 0 10M17 7a7 7 0 0 1 0 10",
  import: "M12 4v10M8 10.5l4 4 4-4M5 16v4h14v-4",
  curve: "M4 18c6 0 6-12 10-12 3 0 3 5 6 5",
  drafts: "M6 4h9l4 4v12H6zM14.5 4v4.5H19M9 12.5h7M9 16h7",
  film: "M4 5h16v14H4zM8 5v14M16 5v14M4 12h4M16 12h4",
}
const SOLID = new Set(["play", "pause"])

/** name: of PATHS. solid: filled with the colour of the text. */
export function Icon({ name, solid = SOLID.has(name) }) {
  return html`<svg class=${solid ? "icon solid" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`
}
