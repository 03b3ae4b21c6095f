// Which of very many equal cards are in sight: only those are in the document.

const GAP = 8
const NARROWEST = 150
const MORE_ROWS = 3

/** How cards lie within a width: {columns, width, height, step}, pixels; step is from one row to the next. */
export function layoutOf(width, isList) {
  const columns = isList ? 1 : Math.max(Math.floor((width + GAP) / (NARROWEST + GAP)), 1)
  const each = (width - GAP * (columns - 1)) / columns
  // Beside its picture, of 16 to 10, a card has two lines of text below, or beside it in a list.
  const height = isList ? 54 : Math.round(((each - 12) * 10) / 16) + 62
  return { columns, width: each, height, step: height + (isList ? 2 : GAP) }
}

/** The items in sight, and some rows more: [first, end). */
export function inSight({ columns, step }, count, top, height) {
  const first = Math.max(Math.floor(top / step) - MORE_ROWS, 0)
  const rows = Math.ceil(height / step) + 2 * MORE_ROWS + 1
  return [Math.min(first * columns, count), Math.min((first + rows) * columns, count)]
}

/** Where an item lies: {left, top}, pixels. */
export function placeOf({ columns, width, step }, idx) {
  return { left: (idx % columns) * (width + GAP), top: Math.floor(idx / columns) * step }
}

/** The height of all, pixels. */
export const heightOf = ({ columns, step }, count) => Math.ceil(count / columns) * step
