/** The REST calls of one person's inbox: with the session cookie and its CSRF token, or with a Bearer token. */

/** A call that was answered with an error. */
export class RequestFailed extends Error {
  constructor(status, body) {
    super(body?.detail ?? `The server answered ${status}`);
    this.status = status;
    this.body = body;
  }
}

export class Rest {
  constructor(root, token, fetcher) {
    this.root = root;
    this.token = token;
    this.fetcher = fetcher ?? ((input, init) => globalThis.fetch(input, init));
  }

  get(path, query = {}) {
    const asked = Object.entries(query).filter(([, value]) => value != null).map(([name, value]) => [name, String(value)]);
    return this.#request("GET", asked.length ? `${path}?${new URLSearchParams(asked)}` : path);
  }

  post(path, body = {}) {
    return this.#request("POST", path, JSON.stringify(body));
  }

  patch(path, body) {
    return this.#request("PATCH", path, JSON.stringify(body));
  }

  remove(path) {
    return this.#request("DELETE", path);
  }

  async #request(method, path, body) {
    const token = await this.token();
    /** @type {Record<string, string>} */ const headers = { Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (token) headers.Authorization = `Bearer ${token}`;
    else if (method !== "GET") headers["X-CSRFToken"] = csrfToken();
    const answer = await this.fetcher(new URL(path, this.root), { method, headers, body, credentials: token ? "omit" : "include", keepalive: method !== "GET" });
    const found = answer.status === 204 ? null : await answer.json().catch(() => null);
    if (!answer.ok) throw new RequestFailed(answer.status, found);
    return found;
  }
}

/** Read at each call: signing in again changes it. */
function csrfToken() {
  return globalThis.document?.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";
}
