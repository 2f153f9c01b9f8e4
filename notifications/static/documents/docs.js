// @ts-check
/** On top of Swagger UI: it is dark where the person's system is, and fields that it draws without a name get one. */
const NAMES = { ".examples-select-element": "Example", ".body-param__text": "Request body" };
const dark = matchMedia("(prefers-color-scheme: dark)");

function name() {
  for (const [selector, says] of Object.entries(NAMES))
    for (const field of document.querySelectorAll(`${selector}:not([aria-label])`)) field.setAttribute("aria-label", says);
}

function shade() {
  document.documentElement.classList.toggle("dark-mode", dark.matches); // its sheet knows the word, it does not ask
}

shade();
dark.addEventListener("change", shade);
new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true });
