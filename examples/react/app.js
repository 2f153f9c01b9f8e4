// React without a build step: `h` where JSX would stand. With JSX the component looks the same.
const { createElement: h, useEffect, useRef, useState } = React;

/** The bell as a React component: attributes as props, events as callbacks. */
function Inbox({ userId, onCount, onOpen }) {
  const inbox = useRef(null);
  useEffect(() => {
    const life = new AbortController(), { signal } = life;
    inbox.current.addEventListener("tidings-count", ({ detail }) => onCount(detail.unread), { signal });
    inbox.current.addEventListener("tidings-open", (event) => onOpen(event), { signal });
    return () => life.abort();
  }, [onCount, onOpen]);
  return h("tidings-inbox", { ref: inbox, "user-id": userId, "ticket-url": "/ticket" });
}

function Shop({ userId }) {
  const [unread, setUnread] = useState(0), [opened, setOpened] = useState("nothing yet");
  // where a router leads instead of the browser: event.preventDefault(), then navigate(notification.link)
  const [open] = useState(() => ({ detail }) => setOpened(detail.notification.title));
  return h("div", {},
    h("header", {}, h("strong", {}, "Shop"), h(Inbox, { userId, onCount: setUnread, onOpen: open })),
    h("main", {}, h("h1", {}, "React"), h("p", { id: "says" }, `${unread} unread, opened: ${opened}`)));
}

const app = document.getElementById("app");
ReactDOM.createRoot(app).render(h(Shop, { userId: app.dataset.userId }));
