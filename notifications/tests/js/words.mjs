export { default as de } from "../../static/notifications/inbox/words/de.js";
export { en } from "../../static/notifications/inbox/words/en.js";
