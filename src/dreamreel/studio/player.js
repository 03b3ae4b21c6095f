// Plays a prediction's video while it grows, through Media Source; afterwards it is an ordinary video.

const START_CODES = { avcC: [0x61, 0x76, 0x63, 0x43] }

/** Plays url in the <video> element. The returned function stops reading. */
export function playGrowing(video, url) {
  const abort = new AbortController()
  play(video, url, abort.signal).catch((error) => {
    if (!abort.signal.aborted) video.dispatchEvent(new CustomEvent("growing-error", { detail: error }))
  })
  return () => abort.abort()
}

async function play(video, url, signal) {
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
  video.src = URL.createObjectURL(source)
  await once(source, "sourceopen")
  const buffer = source.addSourceBuffer(`video/mp4; codecs="${codecOf(head)}"`)
  await append(buffer, head)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    await append(buffer, value)
  }
  if (source.readyState === "open") source.endOfStream()
}

/** Bytes from the start until the description of the codec is among them. */
async function readHead(reader) {
  let head = new Uint8Array()
  while (indexOf(head, START_CODES.avcC) < 0) {
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
function codecOf(head) {
  const at = indexOf(head, START_CODES.avcC) + 5
  return "avc1." + [...head.slice(at, at + 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

function indexOf(bytes, code) {
  for (let at = 0; at + code.length + 4 <= bytes.length; at++) {
    if (code.every((byte, offset) => bytes[at + offset] === byte)) return at
  }
  return -1
}

async function append(buffer, bytes) {
  buffer.appendBuffer(bytes)
  await once(buffer, "updateend")
}

function once(target, name) {
  return new Promise((resolve) => target.addEventListener(name, resolve, { once: true }))
}
