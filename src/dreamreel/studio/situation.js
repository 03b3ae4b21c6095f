// What the matter is with a film, what goes on by itself, and what one can do: one place decides, all show the same.

/** A length of time for people. seconds: of any length. */
export const minutes = (seconds) =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`

// A film that has not been heard of for so long, and for so many of its frames, is told to stand still.
const QUIET_S = 12
const QUIET_FRAMES = 6

const frames = (count) => (count === 1 ? "1 frame" : `${count} frames`)

/**
 * film: a prediction. done, total: frames. eta: seconds left, null if not known. heard: when it was last heard of,
 * milliseconds, like now. ahead: films before it. workers: ready ones, null if not known; loading: those that will be. isAway: no answer of the server.
 * Answers {state, words, more}: state a word, words a sentence for the stage, more what goes on and what one can do.
 */
export function situationOf({ film, done, total, eta, heard, now, ahead, workers, loading = 0, isAway }) {
  const part = `Frame ${done} of ${total}`
  switch (film.status) {
    case "succeeded":
      return film.data_removed ? removed : { state: "done", words: "", more: "" }
    case "failed":
      return {
        state: "failed",
        words: film.error ?? "The film failed.",
        more: done ? `The ${frames(done)} before that are kept. Remix loads its input.` : "Remix loads its input, to try again.",
      }
    case "canceled":
      return film.data_removed
        ? removed
        : { state: "canceled", words: done ? `Canceled at frame ${done} of ${total}.` : "Canceled before its first frame.", more: "" }
  }
  if (isAway) return { state: "away", words: part, more: "The server does not answer; drawing goes on there if it can." }
  if (workers === 0 && loading) {
    return { state: "queued", words: "A worker is getting ready.", more: done ? "The film goes on as soon as its model is loaded." : "The film begins as soon as its model is loaded." }
  }
  if (workers === 0) {
    return done
      ? { state: "stopped", words: `${part}. Its worker has stopped.`, more: "The film goes on from here as soon as a worker is back." }
      : { state: "stopped", words: "No worker is ready.", more: "The film waits, and begins as soon as there is one." }
  }
  if (film.status === "starting") {
    return ahead
      ? { state: "queued", words: `Waiting: ${ahead === 1 ? "1 film is" : `${ahead} films are`} drawn before it.`, more: "It begins by itself." }
      : { state: "queued", words: "Waiting for a worker", more: "" }
  }
  if (!done) return { state: "drawing", words: "Drawing the first frame", more: "" }
  const quiet = (now - heard) / 1000
  const pace = eta === null || done >= total ? 0 : eta / (total - done)
  if (quiet > QUIET_S && quiet > QUIET_FRAMES * pace) {
    return { state: "quiet", words: `${part}. Nothing was heard for ${minutes(quiet)}.`, more: "If its worker is gone, another goes on from here." }
  }
  return { state: "drawing", words: part, more: eta === null ? "" : `${minutes(eta)} left` }
}

const removed = { state: "removed", words: "Its files are no longer kept.", more: "Remix draws it again: the same input and seed make the same film." }
