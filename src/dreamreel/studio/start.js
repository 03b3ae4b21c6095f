// What the browser runs first. The shell of the page is on the screen before any module is asked for: sixty answers that
// arrive meanwhile would keep the browser, and a busy server, from it.

function begin() {
  /** @type {HTMLTemplateElement} */
  const modules = document.querySelector("#modules")
  document.head.append(modules.content)
  import("./main.js")
}

// A page that nobody sees is not painted.
if (document.hidden) begin()
else requestAnimationFrame(() => setTimeout(begin))
