// @ts-check
/** On top of Swagger UI: fields that it draws without a name get one, so that they can be told by ear. */
const NAMES = { ".examples-select-element": "Example", ".body-param__text": "Request body" };

function name() {
  for (const [selector, says] of Object.entries(NAMES))
    for (const field of document.querySelectorAll(`${selector}:not([aria-label])`)) field.setAttribute("aria-label", says);
}

new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
