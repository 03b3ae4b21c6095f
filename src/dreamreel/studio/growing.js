// Feeds a <video> with a film while it grows, through Media Source; afterwards it is an ordinary video.

const CODEC_BOX = [0x61, 0x76, 0x63, 0x43] // avcC
const KEPT_BEHIND_S = 20

/**
 * Plays url in the <video> element. failed(error) is called once if that cannot go on. The returned function stops
 * reading and lets the browser forget what was read.
 */
export function feed(video, url, failed) {
  const abort = new AbortController()
  const made = []
  play(video, url, abort.signal, made).catch((error) => abort.signal.aborted || failed(error))
  return () => {
    abort.abort()
    video.removeAttribute("src")
    video.load()
    made.forEach((address) => URL.revokeObjectURL(address))
  }
}

async function play(video, url, signal, made) {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`the video answered ${response.status}`)
  if (response.headers.get("content-length") !== null || !window.MediaSource) {
    await response.body.cancel()
    video.src = url
    return
  }
  const reader = response.body.getReader()
  const head = await readHead(reader)
  const source = new MediaSource()
  const address = URL.createObjectURL(source)
  made.push(address)
  if (signal.aborted) return URL.revokeObjectURL(address)
  video.src = address
  await happened(source, "sourceopen", ["sourceclose"], signal)
  const buffer = source.addSourceBuffer(`video/mp4; codecs="${codecOf(head)}"`)
  await append(video, buffer, head, signal)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await append(video, buffer, value, signal)
  }
  if (source.readyState === "open") source.endOfStream()
}

/** Bytes from the start until the description of the codec is among them. */
async function readHead(reader) {
  let head = new Uint8Array()
  while (indexOf(head, CODEC_BOX) < 0) {
    const { done, value } = await reader.read()
    if (done) throw new Error("the video ended before it began")
    const longer = new Uint8Array(head.length + value.length)
    longer.set(head)
    longer.set(value, head.length)
    head = longer
  }
  return head
}

/** `avc1.PPCCLL` of RFC 6381: profile, constraints and level, as the avcC box has them. */
export function codecOf(head) {
  const at = indexOf(head, CODEC_BOX) + 5
  return "avc1." + [...head.slice(at, at + 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

function indexOf(bytes, code) {
  for (let at = 0; at + code.length + 4 <= bytes.length; at++) {
    if (code.every((byte, offset) => bytes[at + offset] === byte)) return at
  }
  return -1
}

/** Where the buffer is full, what has been seen makes room; until some has been seen, it waits. */
async function append(video, buffer, bytes, signal) {
  for (;;) {
    try {
      buffer.appendBuffer(bytes)
      return await happened(buffer, "updateend", ["error", "abort"], signal)
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error
    }
    const behind = video.currentTime - KEPT_BEHIND_S
    if (buffer.buffered.length && behind > buffer.buffered.start(0)) {
      buffer.remove(0, behind)
      await happened(buffer, "updateend", ["error", "abort"], signal)
    } else await happened(video, "timeupdate", ["emptied"], signal)
  }
}

/** Resolves at the event `good`, rejects at one of `bad` or when it is aborted; listens no longer than that. */
function happened(target, good, bad, signal) {
  return new Promise((resolve, reject) => {
    const heard = new AbortController()
    const once = { signal: heard.signal }
    const end = (settle) => (event) => {
      heard.abort()
      settle(event)
    }
    target.addEventListener(good, end(resolve), once)
    const refuse = end((event) => reject(new Error(`the video cannot be read on (${event.type})`)))
    bad.forEach((name) => target.addEventListener(name, refuse, once))
    signal.addEventListener("abort", refuse, once)
  })
}
