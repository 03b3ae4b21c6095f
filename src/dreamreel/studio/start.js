// What the browser runs first. The shell of the page is on the screen before the modules run, which a slow machine takes a
// second for; they are loaded meanwhile.

const begin = () => import("./main.js")

// A page that nobody sees is not painted.
if (document.hidden) begin()
else requestAnimationFrame(() => setTimeout(begin))
