/** One notification, as docs/protocol.md §3 has it. */
export interface Notification {
  id: number;
  seq: number;
  notification_type: string;
  category: "system" | "user_action" | "progress_update" | "alert" | "error" | "success" | "info" | "warning" | "admin" | "security";
  priority: "low" | "normal" | "high" | "urgent" | "critical";
  status: "pending" | "sent" | "delivered" | "read" | "failed" | "cancelled" | "expired";
  title: string;
  message: string;
  data: Record<string, unknown>;
  source: string;
  tags: string[];
  sender: { id: number; name: string } | null;
  subject: { kind: string; id: string } | null;
  namespace: string;
  room: string | null;
  thread: string | null;
  replaces: number | null;
  actions: { id: string; label: string }[];
  action_taken: string | null;
  image: string | null;
  link: string | null;
  requires_acknowledgment: boolean;
  silent: boolean;
  reason: string;
  is_read: boolean;
  read_at: string | null;
  seen_at: string | null;
  archived_at: string | null;
  snoozed_until: string | null;
  sent_at: string | null;
  delivered_at: string | null;
  created_at: string;
  expires_at: string | null;
  event_id: string;
}

export interface Page {
  results: Notification[];
  next: string | null;
  count: number | null;
}

export interface UnreadCount {
  unread_count: number;
  by_type: Record<string, number>;
  by_priority: Record<string, number>;
  last_seq: number;
  rev: number;
  user_id: number;
  epoch: string;
}

/** online · connecting: comes back by itself, soon · offline: still trying, or disconnect() · signed_out: stopped */
export type State = "connecting" | "online" | "offline" | "signed_out";
export type Transport = "websocket" | "sse" | "polling";
type Shelf = Pick<Storage, "getItem" | "setItem">;

export interface Options {
  /** The socket; default /ws/notifications/ of this page's host. */
  url?: string;
  /** The REST root; default /api/notifications/ of the socket's host. */
  api?: string;
  /** Whose; without it no cursor outlives the page: sent for another person it would acknowledge their rows. */
  userId?: number | string | null;
  /** A fresh single-use ticket, fetched for each connect. */
  ticket?: () => Promise<string>;
  /** An access token for the connection and REST; default: the session cookie. */
  token?: string | (() => string | Promise<string>);
  /** Which to use, the best first; default all three, but only "websocket" on another endpoint, or with a ticket for another origin. */
  transports?: Transport[];
  /** Shared by the browser's tabs; default localStorage. */
  storage?: Shelf;
  /** This tab's own; default sessionStorage. */
  tabStorage?: Shelf;
  WebSocket?: typeof WebSocket;
  EventSource?: typeof EventSource;
  fetch?: typeof fetch;
}

export interface Events {
  state: { state: State; via: Transport | null; code?: number };
  /** show: worth a toast · live: not from the backlog · again: an entry's new place */
  notification: { notification: Notification; show: boolean; live: boolean; again?: "repush" | "snooze"; broadcast: boolean };
  unread_count: { unread_count: number; rev: number; last_seq: number };
  read: { ids: number[] } | { up_to_seq: number; notification_type?: string };
  changed: { id: number; seq: number; changes: Partial<Notification> };
  removed: { ids: number[] };
  caught_up: { last_seq: number; rev: number };
  /** Load everything again, then acknowledge(last_seq). */
  reset: { last_seq: number; epoch: string };
  /** A change was missed: load again what is visible. */
  stale: { rev: number };
  error: { code: string; message: string };
}

export class RequestFailed extends Error {
  status: number;
  body: any;
}

/**
 *   const client = new TidingsClient({ userId: 7 });
 *   client.addEventListener("notification", ({ detail }) => detail.show && toast(detail.notification));
 *   client.connect();
 */
export class TidingsClient extends EventTarget {
  constructor(options?: Options);
  readonly state: State;
  readonly via: Transport | null;
  connect(): void;
  disconnect(): void;
  /** What a person does: resolves when the server has it, rejects with RequestFailed or a network error. */
  markAsRead(id: number): Promise<void>;
  markAsUnread(id: number): Promise<Notification>;
  markAllAsRead(upToSeq?: number): Promise<void>;
  seen(upToSeq: number): Promise<void>;
  archive(id: number): Promise<Notification>;
  unarchive(id: number): Promise<Notification>;
  snooze(id: number, until: Date): Promise<Notification>;
  /** Back at once, in its old place. */
  unsnooze(id: number): Promise<Notification>;
  act(id: number, action: string): Promise<Notification>;
  bulk(action: "mark_as_read" | "mark_as_unread" | "archive" | "unarchive" | "delete", ids: number[]): Promise<{ count: number }>;
  remove(id: number): Promise<null>;
  acknowledge(upToSeq: number): Promise<{ acknowledged: number }>;
  /** Newest first, by cursor: go on with {before: the last seq}. The query takes the filters of GET /api/notifications/. */
  list(query?: Record<string, unknown>): Promise<Page>;
  unread(query?: Record<string, unknown>): Promise<Page>;
  unreadCount(options?: { beforeList?: boolean }): Promise<UnreadCount>;
  addEventListener<Name extends keyof Events>(name: Name, listener: (event: CustomEvent<Events[Name]>) => void, options?: AddEventListenerOptions): void;
}

/** What a socket says, and what the other transports are translated into. */
export interface Frame {
  event: string;
  data: any;
  prev?: number;
  again?: "repush" | "snooze";
  ref?: string;
}
