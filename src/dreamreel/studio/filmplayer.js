// One film on the stage: finished frames at once, the video as soon as it has reached the playhead.
//
// Two things can show a frame: a canvas with the finished frames, and the <video>. The canvas leads until the video has
// a frame at or behind the playhead to show; the video leads until it runs dry. So the playhead never goes back.

import { Allowance, PICTURE_RATE } from "./allowance.js"
import { copyOf, fit } from "./canvases.js"
import { effect } from "./html.js"
import { feed } from "./growing.js"
import { animation, Clock, frameAfter, rangeOf } from "./playback.js"
import { Stills } from "./stills.js"
import { frame, following, marks, playing, speed } from "./state.js"
import { fpsOf, frameAddress, isOver, previewAddress, videoAddress } from "./films.js"

const RESTS_MS = 250
const LONGEST_FADE_MS = 450
// The video begins this many frames ahead of the playhead: it takes a moment until it shows its first picture.
const HEAD_START = 3
const FIRST_TO_HAVE = 0.02

/**
 * canvas, video: the elements. run: a signal of {prediction, done, total}. says: called with {film, error} when files
 * cannot be had. isCalm: no fading. close() ends it.
 */
export class FilmPlayer {
  #clock = new Clock()
  #leads = false // the video
  #stopFeeding = null
  #fade = null
  #rest = 0
  #allowance = new Allowance(PICTURE_RATE)
  #next = 0 // a timer: when the newest frame may be asked for
  #isBroken = false

  constructor({ canvas, video, run, says, isCalm }) {
    /** @type {HTMLCanvasElement} */
    this.canvas = canvas
    /** @type {HTMLVideoElement} */
    this.video = video
    this.says = says
    this.isCalm = isCalm
    /** What is known of the film; it stays the same film for good. @type {import("./types.d.ts").Run} */
    this.now = run.peek()
    /** The frame on the canvas, and since when. */
    this.shown = { idx: -1, since: null }
    this.stills = new Stills((idx) => previewAddress(this.now.prediction, idx), (idx, bytes) => this.#came(idx, bytes), (idx) => this.#missed(idx))
    this.loop = animation((now) => this.#tick(now))
    const on = (name, act) => video.addEventListener(name, act, { signal: this.listening.signal })
    this.listening = new AbortController()
    on("ended", () => this.#videoEnded())
    on("waiting", () => this.#handBack())
    on("error", () => video.src && this.#videoFailed(video.error))
    this.stops = [
      effect(() => {
        void [frame.value, marks.value]
        // Another film may be open already while this one is still on the stage.
        if (run.value?.prediction?.id === this.now.prediction.id) this.now = run.value
        this.loop.wake()
      }),
      effect(() => {
        video.playbackRate = speed.value
      }),
      effect(() => (playing.value ? this.loop.wake() : this.#pause())),
    ]
  }

  close() {
    this.stops.forEach((stop) => stop())
    this.listening.abort()
    clearTimeout(this.#rest)
    clearTimeout(this.#next)
    this.#dropVideo()
    this.loop.stop()
  }

  get range() {
    return rangeOf(marks.peek(), this.now.total)
  }

  #tick(now) {
    const { done } = this.now
    if (following.peek() && done && !playing.peek() && frame.peek() !== done - 1) this.#follow(done - 1, now)
    const isGoing = playing.peek() && !this.#leads
    if (isGoing) this.#advance(now, done - 1)
    else this.#clock.stop()
    if (playing.peek()) this.#considerVideo()
    if (this.#leads) return false
    const isFading = this.#draw(now)
    return isGoing || isFading
  }

  /** Moves the playhead to the newest frame, as soon as its picture may be asked for. */
  #follow(newest, now) {
    clearTimeout(this.#next)
    const isAsked = this.stills.isAsked(newest)
    const waits = isAsked ? 0 : this.#allowance.waits(now)
    if (waits > 0) return void (waits < Infinity && (this.#next = setTimeout(() => this.loop.wake(), waits)))
    if (!isAsked) this.#allowance.ask(newest, now)
    frame.value = newest
  }

  #came(idx, bytes) {
    this.#allowance.came(idx, bytes)
    this.loop.wake()
  }

  /** Moves the playhead as far as time did, but not past what has been loaded. */
  #advance(now, newest) {
    const due = this.#clock.due(now, fpsOf(this.now.prediction) * speed.peek())
    if (!due || newest < 0 || this.#isArming(frame.peek())) return
    const next = frameAfter(frame.peek(), due, this.range, newest)
    if (next === frame.peek()) return
    if (this.stills.take(next, newest)) frame.value = next
    else if (this.stills.has(frame.peek() + 1) && frame.peek() + 1 <= newest) frame.value += 1
    else this.#clock.stop()
  }

  // The video

  /** Whether the video is about to show its first picture, which is still behind the playhead: that waits for it. */
  #isArming(at) {
    const { video } = this
    return !video.paused && video.readyState >= 3 && this.#frameOfVideo() < at && this.#frameOfVideo() > at - 2 * HEAD_START
  }

  #frameOfVideo() {
    return Math.floor(this.video.currentTime * fpsOf(this.now.prediction) + 0.01)
  }

  /** Begins to load it, or starts it where the playhead will be as soon as it has that. */
  #considerVideo() {
    if (this.#leads || this.#isBroken) return
    const { video } = this
    const { prediction, total } = this.now
    if (!this.#stopFeeding) this.#loadVideo()
    if (!video.paused || video.readyState < 1) return
    const from = Math.min(frame.peek() + HEAD_START * Math.max(speed.peek(), 1), total - 1) / fpsOf(prediction)
    const { buffered } = video
    const isThere = Array.from({ length: buffered.length }).some((_, idx) => buffered.start(idx) <= from && from + 0.5 <= buffered.end(idx))
    if (!isThere && !(isOver(prediction) && Number.isFinite(video.duration) && from < video.duration - FIRST_TO_HAVE)) return
    video.currentTime = from + FIRST_TO_HAVE / 2
    video.playbackRate = speed.peek()
    video.play().catch(() => {})
    this.#listenToPictures()
  }

  #loadVideo() {
    const { prediction } = this.now
    this.#stopFeeding = feed(this.video, videoAddress(prediction), (error) => this.#videoFailed(error))
  }

  #dropVideo() {
    this.#stopFeeding?.()
    this.#stopFeeding = null
    this.#leads = false
    this.video.classList.add("behind")
  }

  /** Each picture tells its time where the browser can do that; elsewhere the clock does, four times a second. */
  #listenToPictures() {
    const { video } = this
    const told = (_, picture) => {
      if (video.paused) return
      this.#pictureShown(picture?.mediaTime ?? video.currentTime)
      video.requestVideoFrameCallback?.(told)
    }
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(told)
    else video.addEventListener("timeupdate", told, { signal: this.listening.signal })
  }

  #pictureShown(time) {
    const at = Math.floor(time * fpsOf(this.now.prediction) + 0.01)
    const [first, last] = this.range
    if (!this.#leads) {
      if (at < frame.peek()) return
      this.#leads = true
      this.video.classList.remove("behind")
    }
    if (at > last || at < first) return this.#jump(first)
    frame.value = at
  }

  /** Back to where the part that plays begins, without losing the lead. */
  #jump(to) {
    frame.value = to
    this.video.currentTime = to / fpsOf(this.now.prediction) + FIRST_TO_HAVE / 2
  }

  #videoEnded() {
    const { prediction, total } = this.now
    if (!playing.peek()) return
    if (!isOver(prediction) || frame.peek() < Math.min(total, this.now.done) - 2) return this.#handBack()
    this.#jump(this.range[0])
    this.video.play().catch(() => {})
  }

  /** It has nothing more to show for now: the finished frames go on where it stopped. */
  #handBack() {
    if (!this.#leads) return
    this.#leads = false
    this.video.pause()
    this.shown.idx = -1
    this.#clock.stop()
    this.loop.wake()
  }

  #videoFailed(error) {
    this.#isBroken = true
    this.#handBack()
    this.#dropVideo()
    this.says({ what: "video", error })
    this.loop.wake()
  }

  /** After new addresses: everything is tried again. */
  retry() {
    this.#isBroken = false
    this.stills.retry()
    this.#allowance = new Allowance(PICTURE_RATE) // what was on its way is forgotten, and may never be told of
    this.loop.wake()
  }

  #pause() {
    this.video.pause()
    if (this.#leads) this.#handBack()
    this.loop.wake()
  }

  // The finished frames

  #missed(idx) {
    this.#allowance.came(idx, 0)
    if (idx === frame.peek()) this.says({ what: "frame", error: null })
  }

  /** Draws the frame at the playhead if it is here; whether there is more to draw soon. */
  #draw(now) {
    const { done } = this.now
    const at = Math.min(frame.peek(), done - 1)
    if (at < 0) return false
    if (at !== this.shown.idx) {
      const found = this.stills.take(at, playing.peek() ? done - 1 : at)
      if (!found) return false
      this.#begin(found.image, at, now)
    }
    return this.#fade !== null && this.#paint(now)
  }

  #begin(image, at, now) {
    const isNext = following.peek() && !playing.peek() && !this.isCalm.matches && this.shown.idx >= 0
    this.#fade = { image, from: isNext ? copyOf(this.canvas) : null, since: now, takes: isNext ? this.#fadeMs(now) : 0 }
    this.shown = { idx: at, since: now }
    this.#restLater(at)
    this.#paint(now)
  }

  /** As long as the frame took to come, so that one melts into the next. */
  #fadeMs(now) {
    return Math.min(Math.max(now - (this.shown.since ?? now), 0) * 0.9, LONGEST_FADE_MS)
  }

  #paint(now) {
    const { image, from, since, takes } = this.#fade
    const share = takes ? Math.min((now - since) / takes, 1) : 1
    fit(this.canvas, image)
    delete this.canvas.dataset.fine
    const context = this.canvas.getContext("2d")
    if (from && share < 1) context.drawImage(from, 0, 0, this.canvas.width, this.canvas.height)
    context.globalAlpha = share
    context.drawImage(image, 0, 0, this.canvas.width, this.canvas.height)
    context.globalAlpha = 1
    if (share >= 1) this.#fade = null
    return share < 1
  }

  /** Whoever rests at a frame gets it as it was drawn. */
  #restLater(at) {
    clearTimeout(this.#rest)
    this.#rest = setTimeout(async () => {
      if (playing.peek() || following.peek() || frame.peek() !== at) return
      const image = new Image()
      image.src = frameAddress(this.now.prediction, at)
      await image.decode().catch(() => {})
      if (!image.naturalWidth || this.shown.idx !== at || this.#leads || playing.peek()) return
      fit(this.canvas, image)
      this.canvas.getContext("2d").drawImage(image, 0, 0)
      this.canvas.dataset.fine = at
    }, RESTS_MS)
  }
}
