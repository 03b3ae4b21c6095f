// Edits of the schedules' and prompts' texts, at places that the server named. Nothing here reads a text.

/**
 * text with [from, to) replaced. Places count characters as Python does, JavaScript counts UTF-16.
 * @param {string} text @param {number[]} place @param {string} insert
 */
function put(text, [from, to], insert) {
  const characters = [...text]
  return characters.slice(0, from).join("") + insert + characters.slice(to).join("")
}

/** Where the character at a column (from 1) stands in a string of JavaScript's. */
export function offsetOf(text, column) {
  return [...text].slice(0, column - 1).join("").length
}

/** text with a key moved to frame, and to value unless that is undefined. key: as POST /v1/validate gave it. */
export function moveKey(text, key, frame, value) {
  const moved = value === undefined ? text : put(text, key.value_place, value)
  return put(moved, key.frame_place, String(frame))
}

/** text with another value of a key. key: as POST /v1/validate gave it. */
export const tellKey = (text, key, value) => put(text, key.value_place, value)

export function addKey(text, keys, frame, value) {
  const before = keys.filter((key) => key.frame < frame).sort((a, b) => b.frame - a.frame)[0]
  if (before) return put(text, [before.place[1], before.place[1]], `, ${frame}: (${value})`)
  const after = [...keys].sort((a, b) => a.frame - b.frame)[0]
  return put(text, [after.place[0], after.place[0]], `${frame}: (${value}), `)
}

/** text without a key and one of the separators beside it. keys: in the order written, more than one. */
export function removeKey(text, keys, key) {
  const idx = keys.indexOf(key)
  const place = idx + 1 < keys.length ? [key.place[0], keys[idx + 1].place[0]] : [keys[idx - 1].place[1], key.place[1]]
  return put(text, place, "")
}

const PAIRS = { "(": ")", "[": "]", "`": "`" }

/** text with commas for the bars that would end a prompt: all, or those that stand in no brackets or back-ticks. */
function unbarred(text, hasGroups) {
  if (!hasGroups) return text.replaceAll("|", ",")
  const characters = [...text]
  /** @type {[string, number][]} What is open, and the bars so far that are in nothing that was closed. */
  const opened = []
  let loose = []
  characters.forEach((character, at) => {
    const escaped = characters[at - 1] === "\\"
    if (character === "|") loose.push(at)
    else if (escaped) return
    else if (opened.length && character === PAIRS[opened.at(-1)[0]]) {
      const [, from] = opened.pop()
      loose = loose.filter((bar) => bar < from)
    } else if (character in PAIRS) opened.push([character, at])
  })
  for (const at of loose) characters[at] = ","
  return characters.join("")
}

/**
 * The text of prompts: [{frame, text}], in any order. A single prompt needs no frame number. hasGroups: whether a bar in
 * brackets belongs to its prompt, as all grammars but the original's have it.
 */
export function writePrompts(prompts, hasGroups = false) {
  const clean = prompts.map(({ frame, text }) => ({ frame, text: unbarred(text, hasGroups).trim() || "..." }))
  if (clean.length === 1) return clean[0].text
  const sorted = clean.sort((a, b) => a.frame - b.frame)
  return sorted.map(({ frame, text }) => `${frame}: ${text}`).join(" | ")
}

/** A value as text, with as many digits as a span of values asks for. */
export function format(value, span) {
  const digits = Math.min(Math.max(Math.ceil(2 - Math.log10(span || 1)), 0), 6)
  const text = value.toFixed(digits)
  return (digits ? text.replace(/0+$/, "").replace(/\.$/, "") : text).replace(/^-0$/, "0")
}
