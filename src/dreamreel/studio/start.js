// What the browser runs first. The shell of the page is on the screen before any module is asked for: sixty answers that
// arrive meanwhile would keep the browser, and a busy server, from it.

/** A browser that paints nothing, such as one whose window is covered, begins all the same. */
const LONGEST_MS = 500
let hasBegun = false

function begin() {
  if (hasBegun) return
  hasBegun = true
  /** @type {HTMLTemplateElement} */
  const modules = document.querySelector("#modules")
  document.head.append(modules.content)
  import("./main.js").catch(say)
}

/** A module that did not come is asked for again by a new page only. */
function say() {
  const place = document.querySelector(".stage .screen")
  place.setAttribute("role", "alert")
  place.textContent = "A part of this page did not come over the line. Reload it to try again."
}

// A page that nobody sees is not painted.
if (document.hidden) begin()
else {
  requestAnimationFrame(() => setTimeout(begin))
  setTimeout(begin, LONGEST_MS)
}
