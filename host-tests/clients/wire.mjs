// Turns `fetch` into one that records every HTTP exchange, and spoils a request where a check asks for it.
//
// It never changes a response: the SDK's client gets the bytes of the gateway. Each request has an id of its own, by which it
// is found behind the gateway.

let sent = 0;

export class Wire {
  exchanges = []; // { verb, said, status }
  spoiled = []; // { status, body } of the answers to spoiled requests

  constructor(user, spoil) {
    this.user = user;
    this.spoil = spoil;
    this.answered = new Promise((resolve) => (this.tell = resolve));
  }

  /** Replaces `fetch` in the transport of a client. */
  fetch = async (url, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set("x-user", this.user);
    headers.set("x-exchange", `${this.user}, ${(sent += 1)}`);
    const spoils = this.spoil && `${init.body ?? ""}`.includes(this.spoil.where);
    const request = spoils ? this.#spoil({ ...init, headers }) : { ...init, headers };
    const response = await fetch(url, request);
    this.exchanges.push({ verb: init.method ?? "GET", said: said(init.body), status: response.status });
    if (spoils) this.#note(response.status, await response.clone().text());
    return response;
  };

  #spoil(request) {
    const { where, becomes, headers } = this.spoil;
    for (const [name, value] of Object.entries(headers ?? {})) request.headers.set(name, value);
    return { ...request, body: becomes === undefined ? request.body : request.body.replace(where, becomes) };
  }

  #note(status, body) {
    this.spoiled.push({ status, body: body && JSON.parse(body) });
    this.tell();
  }
}

function said(body) {
  return body ? (JSON.parse(body).method ?? "answer") : "";
}
