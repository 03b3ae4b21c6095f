// Draws the motion preview in a worker: the page is free for hands meanwhile.
// Told: {canvas}, {side}, {plan, isEdited}, {image}, {frame}. Answers when the picture of an edit is drawn.

import { Preview } from "./preview.js"

/** @type {Preview} */
let preview
let [frame, asked, isEdited] = [0, 0, false]

const NEWS = {
  canvas: (canvas) => (preview = new Preview(canvas)),
  side: (side) => preview.setSide(side),
  plan: (plan) => preview.setPlan(plan),
  image: (image) => preview.setPicture(image),
  frame: (at) => (frame = at),
  isEdited: (is) => (isEdited ||= is),
}

function draw() {
  asked = 0
  if (!preview.plan) return
  preview.show(frame)
  if (isEdited) postMessage(true)
  isEdited = false
}

onmessage = ({ data }) => {
  for (const [what, told] of Object.entries(data)) NEWS[what](told)
  asked ||= requestAnimationFrame(draw)
}
