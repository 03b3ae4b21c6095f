// One prediction: its video as it grows, its progress, its end.

import { playGrowing } from "./player.js"

const id = location.pathname.split("/").pop()
const status = document.getElementById("status")
const progress = document.getElementById("progress")
const video = document.getElementById("video")

async function watch() {
  const response = await fetch(`/v1/predictions/${encodeURIComponent(id)}`)
  if (!response.ok) {
    status.textContent = (await response.json()).detail
    return
  }
  const prediction = await response.json()
  document.getElementById("json").href = `/v1/predictions/${prediction.id}`
  playGrowing(video, prediction.urls.video)
  const events = new EventSource(prediction.urls.events)
  events.addEventListener("status", (event) => (status.textContent = JSON.parse(event.data).status))
  events.addEventListener("progress", (event) => {
    const { frame, total, seconds_per_frame, eta_s } = JSON.parse(event.data)
    progress.value = frame / total
    status.textContent = `frame ${frame} of ${total}, ${seconds_per_frame.toFixed(2)} s a frame, ${Math.ceil(eta_s)} s left`
  })
  events.addEventListener("done", (event) => {
    const ended = JSON.parse(event.data)
    events.close()
    status.textContent = ended.error ?? ended.status
  })
}

watch()
