// Prompts as blocks: each lasts from its frame to where the next one begins. Nothing here knows how they are shown.

/**
 * The blocks of prompts in order, without a gap: what is before the first frame number shows the first prompt.
 * @template {import("./types.d.ts").Prompt} P
 * @param {P[]} prompts @param {number} total frames @returns {(P & { from: number, to: number })[]}
 */
export function blocksOf(prompts, total) {
  return prompts.map((prompt, idx) => ({
    ...prompt,
    from: idx === 0 ? 0 : prompt.frame,
    to: idx + 1 < prompts.length ? prompts[idx + 1].frame : total,
  }))
}

const plain = (blocks) => blocks.map(({ frame, text }) => ({ frame, text }))

/** All prompts, with changes to the one at idx. */
export const replaced = (blocks, idx, changes) =>
  plain(blocks).map((prompt, each) => (each === idx ? { ...prompt, ...changes } : prompt))

/** All prompts but the one at idx. */
export const without = (blocks, idx) => plain(blocks).filter((_, each) => each !== idx)

/** All prompts, the one at idx twice: the second begins in its middle. */
export function doubled(blocks, idx) {
  const { from, to, text } = blocks[idx]
  const at = Math.max(from + 1, Math.round((from + to) / 2))
  return at < to ? [...plain(blocks.slice(0, idx + 1)), { frame: at, text }, ...plain(blocks.slice(idx + 1))] : plain(blocks)
}

/** A new prompt at a frame, or in the middle of what is left behind it where one begins already: [all prompts, its frame]. */
export function added(blocks, at, text) {
  const here = blocks.find((block) => block.from <= at && at < block.to) ?? blocks.at(-1)
  const start = at > here.from ? at : Math.round((here.from + here.to) / 2)
  // A block of one frame has no room behind its first.
  if (at <= here.from && start >= here.to) return [plain(blocks), here.frame]
  return [[...plain(blocks), { frame: start, text }].sort((a, b) => a.frame - b.frame), start]
}

/**
 * Where among the others the block at idx belongs when it is moved by some frames: behind each whose middle its nearer
 * edge has passed.
 * @param {{from: number, to: number}[]} blocks @param {number} idx @param {number} by frames, also parts of one
 */
export function rankOf(blocks, idx, by) {
  const [start, end] = [blocks[idx].from + by, blocks[idx].to + by]
  const isBehind = ({ from, to }, each) => (each < idx ? (from + to) / 2 <= start : (from + to) / 2 < end)
  return blocks.filter((block, each) => each !== idx && isBehind(block, each)).length
}

/**
 * The blocks, still in their order, where they lie when the one at idx has another rank: each lasts as long as it did.
 * @template {{from: number, to: number, text?: string}} B @param {B[]} blocks @param {number} idx @param {number} rank
 */
export function arranged(blocks, idx, rank) {
  const order = blocks.map((_, each) => each).filter((each) => each !== idx)
  order.splice(rank, 0, idx)
  let at = 0
  const begins = new Map()
  for (const each of order) {
    begins.set(each, at)
    // Two prompts cannot begin at one frame: one that was never shown gets a frame of its own.
    at += Math.max(blocks[each].to - blocks[each].from, 1)
  }
  return blocks.map((block, each) => ({ ...block, from: begins.get(each), to: begins.get(each) + block.to - block.from }))
}

/** All prompts, with the one at idx at another rank; the first begins at frame 0. */
export function reordered(blocks, idx, rank) {
  if (rank === idx) return plain(blocks)
  const prompts = arranged(blocks, idx, rank).map(({ from, text }) => ({ frame: from, text }))
  return prompts.sort((a, b) => a.frame - b.frame)
}

/** The index of the prompt that is drawn at a frame. */
export function promptUnder(prompts, at) {
  const found = prompts.findLastIndex((prompt) => prompt.frame <= at)
  return Math.max(found, 0)
}
