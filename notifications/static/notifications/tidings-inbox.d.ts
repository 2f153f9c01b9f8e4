import type { Notification, State, TidingsClient, Transport } from "./client.d.ts";

/** Words of one's own; all names stand in inbox/words/en.js. */
export type Words = Record<string, unknown>;

export interface TidingsInboxEvents {
  "tidings-count": CustomEvent<{ unread: number }>;
  /** preventDefault(): the host shows it. */
  "tidings-notification": CustomEvent<{ notification: Notification }>;
  /** preventDefault(): the host leads on. */
  "tidings-open": CustomEvent<{ notification: Notification }>;
  "tidings-state": CustomEvent<{ state: State; via: Transport | null }>;
}

/** Attributes: layout, user-id, ticket-url, url, api, lang, theme, sign-in (docs/embedding.md). */
export class TidingsInbox extends HTMLElement {
  /** A fresh ticket for each connect. */
  ticket?: () => Promise<string>;
  token?: string | (() => string | Promise<string>);
  words?: Words;
  transports?: Transport[];
  /** Null while it is not in a page. */
  readonly client: TidingsClient | null;
  readonly unreadCount: number;
  open(): void;
  addEventListener<Name extends keyof TidingsInboxEvents>(name: Name, listener: (event: TidingsInboxEvents[Name]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<Name extends keyof HTMLElementEventMap>(name: Name, listener: (event: HTMLElementEventMap[Name]) => void, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "tidings-inbox": TidingsInbox;
  }
  interface HTMLElementEventMap extends TidingsInboxEvents {}
}
