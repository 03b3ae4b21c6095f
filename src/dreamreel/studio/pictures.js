// What the motion preview moves: the test picture, a film's last frame, or a picture of one's own.

import { html, useRef } from "./html.js"
import { films, frameAddress, framesDone } from "./films.js"
import { opened, picture, replays, tell } from "./state.js"

const choose = (kind, image) => (picture.value = { kind, image })

export function PictureTools() {
  const upload = useRef()
  const all = films.value
  const source = all.find((film) => film.id === opened.value[0] && framesDone(film)) ?? all.find((film) => framesDone(film) > 0)
  const takeUpload = (event) => {
    const [file] = event.currentTarget.files
    event.currentTarget.value = "" // so that the same file can be chosen again
    if (file) takeFile(file)
  }
  const option = (kind, words, onClick, title) =>
    html`<button class="quiet" aria-pressed=${picture.value.kind === kind} onClick=${onClick} title=${title}>${words}</button>`
  return html`<div class="segments" role="group" aria-label="Picture to move">
      ${option("test", "Test picture", () => choose("test", null), "A landscape drawn by this page")}
      ${source && option("frame", "A film's last frame", () => moveLastFrame(source), "The last frame of the film that is open, or of the newest")}
      ${option("upload", "Your own…", () => upload.current.click(), "It stays in this browser")}
      <input ref=${upload} class="hidden" type="file" accept="image/*" tabindex="-1" aria-hidden="true" onChange=${takeUpload} />
    </div>
    <button class="quiet toggle" aria-pressed=${replays.value} title="Play whenever a schedule is edited" onClick=${() => (replays.value = !replays.value)}>
      Play on edit
    </button>`
}

export async function takeFile(file) {
  try {
    choose("upload", await createImageBitmap(file))
  } catch {
    tell(`${file.name} is not a picture that this browser can show`)
  }
}

/** Takes the last finished frame of a film as the picture to move. */
export async function moveLastFrame(film) {
  const image = new Image()
  image.src = frameAddress(film, framesDone(film) - 1)
  try {
    await image.decode()
    choose("frame", await createImageBitmap(image))
  } catch {
    tell("That frame is no longer kept")
  }
}
