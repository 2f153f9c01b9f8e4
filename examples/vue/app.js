// Vue without a build step: render functions, because templates compiled in the page would need 'unsafe-eval'.
// In a template it is <tidings-inbox :user-id="userId" ticket-url="/ticket" @tidings-count="count" @tidings-open="open" />,
// with compilerOptions.isCustomElement = (tag) => tag.startsWith("tidings-").
import { createApp, h, ref } from "/node_modules/vue/dist/vue.runtime.esm-browser.prod.js";

const app = document.getElementById("app"), { userId } = app.dataset;

createApp({
  setup() {
    const unread = ref(0), opened = ref("nothing yet");
    const inbox = () => h("tidings-inbox", {
      "user-id": userId,
      "ticket-url": "/ticket",
      "onTidings-count": ({ detail }) => (unread.value = detail.unread),
      "onTidings-open": ({ detail }) => (opened.value = detail.notification.title),
    });
    return () => [
      h("header", [h("strong", "Shop"), inbox()]),
      h("main", [h("h1", "Vue"), h("p", { id: "says" }, `${unread.value} unread, opened: ${opened.value}`)]),
    ];
  },
}).mount(app);
