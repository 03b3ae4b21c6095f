// Plays films in step, by their finished frames: none goes on before all have the next one.

import { effect } from "./html.js"
import { Allowance, PICTURE_RATE } from "./allowance.js"
import { fit } from "./canvases.js"
import { doneOf, filmOf, fpsOf, known, previewAddress, totalOf } from "./films.js"
import { animation, Clock, frameAfter, rangeOf } from "./playback.js"
import { Stills } from "./stills.js"
import { following, frame, marks, playing, run, speed } from "./state.js"

export class StepPlayer {
  #clock = new Clock()
  #timer = 0
  #allowances
  #stills
  #loop
  #stop

  /** ids: of the films. screens: a canvas for each, which may come later. */
  constructor(ids, screens) {
    this.ids = ids
    this.screens = screens
    this.#allowances = ids.map(() => new Allowance(PICTURE_RATE))
    this.#stills = ids.map((id, each) => {
      const came = (idx, bytes = 0) => (this.#allowances[each].came(idx, bytes), this.#loop.wake())
      return new Stills((idx) => previewAddress(filmOf(id), idx), came, came)
    })
    this.#loop = animation((now) => this.#turn(now))
    this.#stop = effect(() => {
      void [frame.value, playing.value, run.value, known.value, marks.value]
      this.#loop.wake()
    })
  }

  close() {
    this.#stop()
    clearTimeout(this.#timer)
    this.#loop.stop()
  }

  #turn(now) {
    clearTimeout(this.#timer)
    const all = this.ids.map(filmOf)
    const ends = all.map((film) => doneOf(film) - 1)
    const newest = Math.max(...ends)
    let soonest = Infinity
    const mayShow = (at) => {
      const waits = this.#waitsFor(at, now)
      if (waits) soonest = Math.min(soonest, waits)
      return !waits
    }
    if (following.peek() && !playing.peek() && newest >= 0 && newest !== frame.peek() && mayShow(ends)) frame.value = newest
    if (playing.peek() && newest >= 0) this.#play(now, all, ends)
    else this.#clock.stop()
    this.#paint(ends, mayShow)
    if (soonest < Infinity) this.#timer = setTimeout(() => this.#loop.wake(), soonest)
    return playing.peek()
  }

  /** Milliseconds until a picture of each film may be asked for; 0 if they are from now on. at: of which frame, -1 for none. */
  #waitsFor(at, now) {
    const isNew = at.map((idx, each) => idx >= 0 && !this.#stills[each].isAsked(idx))
    const waits = Math.max(0, ...this.#allowances.map((each, idx) => (isNew[idx] ? each.waits(now) : 0)))
    if (!waits) this.#allowances.forEach((each, idx) => isNew[idx] && each.ask(at[idx], now))
    return waits
  }

  /** Moves the playhead on if time has come and every film has a picture for it. ends: the newest frame of each, -1 for none. */
  #play(now, all, ends) {
    const total = Math.max(...all.map((film) => (film ? totalOf(film) : 0)))
    const due = this.#clock.due(now, fpsOf(all[0] ?? all.find(Boolean)) * speed.peek())
    const next = frameAfter(frame.peek(), due, rangeOf(marks.peek(), total), Math.max(...ends))
    const isHere = this.#stills.map((each, idx) => ends[idx] < 0 || each.take(Math.min(next, ends[idx]), ends[idx]))
    if (due && isHere.every(Boolean)) frame.value = next
  }

  /** Shows each film at the playhead, where its picture is here. mayShow(at): whether pictures of those frames may be asked for. */
  #paint(ends, mayShow) {
    this.#stills.forEach((each, idx) => {
      const at = Math.min(frame.peek(), ends[idx])
      // One that has not come to the playhead shows its newest frame, and so another one with each that is drawn.
      const isBehind = at < frame.peek() && !playing.peek()
      if (at >= 0 && (!isBehind || mayShow(ends.map((_, other) => (other === idx ? at : -1))))) paint(this.screens[idx], each.take(at))
    })
  }
}

function paint(canvas, still) {
  if (!canvas || !still) return
  fit(canvas, still.image)
  canvas.getContext("2d").drawImage(still.image, 0, 0)
}
