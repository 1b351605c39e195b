// The package in a program that violates the types.
//
// Each `@ts-expect-error` is a test as well: the type checker has to see the mistake.
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";
import { Exchange, Policy, Store, unavailable } from "mcp-policy";
import { begun, call, feed, HEADERS, LIMITED, memory, NOW, policy, reason } from "./support.js";

/** @typedef {import("mcp-policy").Cells} Cells @typedef {import("mcp-policy").Step} Step */

/** One call under a policy, counted in a store. @param {Policy} policy @param {Store} store @param {string} name */
function step(policy, store, name) {
  const exchange = new Exchange(policy);
  assert.equal(exchange.begin(HEADERS, false, { seed: store.seed }, NOW).next, "needMore");
  return store.resolve(exchange, exchange.feed({ type: "body", bytes: call(name), endOfStream: true }, NOW), NOW);
}

test("invalid policy throws with all its errors", () => {
  const parse = () => policy({ version: "1", defualt: "deny" });
  assert.throws(parse, (error) => {
    const refused = /** @type {import("mcp-policy").PolicyError} */ (error);
    assert.ok(refused instanceof Error);
    assert.equal(refused.name, "PolicyError");
    assert.deepEqual(refused.problems, [
      { at: "/defualt", message: "unknown key `defualt`, did you mean `default`?" },
      { at: "", message: "the key `default` is missing" },
    ]);
    assert.match(refused.message, /^\/defualt: unknown key .*\nthe document: the key `default` is missing$/);
    return true;
  });
  // @ts-expect-error: a document, not its text
  assert.throws(() => Policy.parse({}), /`text` is not a Uint8Array or a text/);
  // @ts-expect-error: only `parse` makes a policy
  new Policy();
});

test("call beyond a limit is refused", () => {
  const limited = policy(LIMITED);
  const store = new Store(limited, memory());
  const first = step(limited, store, "run");
  assert.equal(first.next, "forward");
  assert.match(first.audit ?? "", /"decision":"allow"/);
  assert.equal(reason(step(limited, store, "run")), "rate_limited");
  assert.equal(reason(step(limited, store, "other")), "not_allowed");
  assert.equal(limited.needsPeer, false);
  assert.equal(limited.maxRequestBytes, 786432);
  assert.match(limited.hash, /^[0-9a-f]{16}$/);
});

/** The context that a policy needs, by the names of its getters. @param {Policy} of */
function needs(of) {
  const { needsPeer, needsClaims, needsUriSan, needsDnsSan, needsSubject, needsCluster } = of;
  const all = { needsPeer, needsClaims, needsUriSan, needsDnsSan, needsSubject, needsCluster };
  return Object.entries(all).flatMap(([name, needed]) => (needed ? [name] : []));
}

test("policy needs only the identities and the cluster that it names", () => {
  /** @param {string} kind @param {object} texts */
  const grants = (kind, texts) => ({ grants: { ada: { match: { [kind]: texts }, policy: "main" } } });
  /** @param {object} rules */
  const ruled = (rules) => policy({ version: "1", default: "deny", ...rules });
  // Any name of a certificate shows that the caller has one.
  const names = ["needsUriSan", "needsDnsSan", "needsSubject"];
  const servers = { servers: { files: { match: { cluster: "files" } } } };
  const limits = [{ counter: "calls", window: "minute", max: 1, scope: "claim:sub" }];
  assert.deepEqual(needs(ruled({})), []);
  assert.deepEqual(needs(ruled(grants("claim", { sub: "ada" }))), ["needsClaims"]);
  assert.deepEqual(needs(ruled({ all_tools: { limits } })), ["needsClaims"]);
  assert.deepEqual(needs(ruled(grants("mtls", { uri_san: "spiffe://acme.example/*" }))), names);
  assert.deepEqual(needs(ruled(grants("mtls", { dns_san: "ada.acme.example" }))), names);
  assert.deepEqual(needs(ruled(grants("mtls", { subject: "CN=ada" }))), names);
  assert.deepEqual(needs(ruled(servers)), ["needsCluster"]);
});

test("step is narrowed by its `next`", () => {
  /** @param {Step} step @returns {string | number} */
  const shown = (step) => {
    switch (step.next) {
      case "needMore":
      case "ask":
      case "forward":
        // @ts-expect-error: only an answer has a status
        return step.status;
      case "reply":
        return step.status;
      default:
        return /** @type {never} */ (step);
    }
  };
  assert.equal(shown(unavailable()), 503);
  assert.equal(reason(unavailable()), "unavailable");
});

test("call with a limit and without a store is not forwarded", () => {
  const exchange = new Exchange(policy(LIMITED));
  exchange.begin(HEADERS, false, {}, NOW);
  assert.equal(exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW).next, "ask");
  assert.equal(reason(exchange.feed({ type: "trailers" }, NOW)), "unavailable");
});

test("store without working cells throws", () => {
  const throws = () => {
    throw new Error("the disk is full");
  };
  const limited = policy(LIMITED);
  assert.throws(() => new Store(limited, { read: throws, compareAndSwap: throws }), /keeps nothing to count in/);
  // @ts-expect-error: no cells
  assert.throws(() => new Store(limited, {}), /keeps nothing to count in/);
});

/** Faults that a store's cells may develop. @type {[string, (good: Cells) => object][]} */
const FAULTS = [
  ["throws in read", () => ({ read: () => { throw new Error("gone"); } })],
  ["throws in compareAndSwap", () => ({ compareAndSwap: () => { throw new Error("gone"); } })],
  ["forgets", () => ({ read: () => undefined })],
  ["is asynchronous in read", (good) => ({ read: async (/** @type {string} */ key) => good.read(key) })],
  ["is asynchronous in compareAndSwap", () => ({ compareAndSwap: async () => true })],
  ["never succeeds", () => ({ compareAndSwap: () => false })],
  ["returns a version beyond 32 bits", (good) => ({ read: (/** @type {string} */ key) => ({ ...good.read(key), version: 2 ** 32 + 1 }) })],
  ["returns other bytes", (good) => ({ read: (/** @type {string} */ key) => ({ ...good.read(key), bytes: new Uint8Array(3) }) })],
  ["returns no bytes", () => ({ read: () => ({ bytes: "abc", version: 1 }) })],
];
for (const [name, fault] of FAULTS) {
  test(`store that ${name} has the call refused`, () => {
    const limited = policy(LIMITED);
    const cells = memory();
    const store = new Store(limited, cells);
    const whole = { ...cells };
    Object.assign(cells, fault(whole));
    assert.equal(reason(step(limited, store, "run")), "unavailable");
    Object.assign(cells, whole);
    assert.equal(step(limited, store, "run").next, "forward", "and nothing was counted");
  });
}

test("store whose methods use the exchange has the call refused", () => {
  const limited = policy(LIMITED);
  const exchange = new Exchange(limited);
  const cells = memory();
  const store = new Store(limited, cells);
  cells.read = () => {
    exchange.feed({ type: "trailers" }, NOW);
    return undefined;
  };
  exchange.begin(HEADERS, false, {}, NOW);
  const asked = exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW);
  assert.equal(reason(store.resolve(exchange, asked, NOW)), "unavailable");
});

test("body after a verdict is refused", () => {
  const exchange = new Exchange(policy({ version: "1", default: "allow" }));
  exchange.begin(HEADERS, false, {}, NOW);
  assert.equal(exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW).next, "forward");
  assert.equal(reason(exchange.feed({ type: "body", bytes: call("drop"), endOfStream: true }, NOW)), "unreadable");
  assert.equal(exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW).next, "needMore");
});

test("body that is unavailable or too long is refused", () => {
  for (const event of /** @type {const} */ ([{ type: "bodyUnavailable" }, { type: "buffered", length: 786433 }, { type: "buffered", length: 2 ** 40 }])) {
    const exchange = new Exchange(policy({ version: "1", default: "allow" }));
    exchange.begin(HEADERS, false, {}, NOW);
    assert.equal(reason(exchange.feed(event, NOW)), "unreadable");
  }
});

/** Mistakes of a program, each made in an exchange that has begun. @type {[string, (exchange: Exchange) => unknown][]} */
const MISTAKES = [
  ["begins twice", (exchange) => exchange.begin(HEADERS, false, {}, NOW)],
  // @ts-expect-error: a text, not bytes
  ["gives a body as a text", (exchange) => exchange.feed({ type: "body", bytes: "{}", endOfStream: true }, NOW)],
  // @ts-expect-error: no `end`
  ["does not say whether more follows", (exchange) => exchange.feed({ type: "body", bytes: call("run") }, NOW)],
  // @ts-expect-error: no such event
  ["makes events up", (exchange) => exchange.feed({ type: "finished" }, NOW)],
  // @ts-expect-error: no event
  ["gives nothing", (exchange) => exchange.feed(undefined, NOW)],
  ["holds less than nothing", (exchange) => exchange.feed({ type: "buffered", length: -1 }, NOW)],
  ["holds half a byte", (exchange) => exchange.feed({ type: "buffered", length: 0.5 }, NOW)],
  // @ts-expect-error: no time
  ["leaves the time out", (exchange) => exchange.feed({ type: "trailers" })],
  ...[NaN, -1, Infinity, 2 ** 53].map((now) => /** @type {[string, (exchange: Exchange) => unknown]} */ (
    [`says that it is ${now}`, (exchange) => exchange.feed({ type: "trailers" }, now)]
  )),
];
for (const [name, mistake] of MISTAKES) {
  test(`exchange whose program ${name} is over`, () => {
    const exchange = new Exchange(policy({ version: "1", default: "allow" }));
    exchange.begin(HEADERS, false, {}, NOW);
    assert.throws(() => mistake(exchange), Error);
    assert.throws(() => exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW), /is over/);
  });
}

test("exchange without valid headers throws", () => {
  const open = policy({ version: "1", default: "allow" });
  assert.throws(() => new Exchange(open).feed({ type: "trailers" }, NOW), /has not begun/);
  assert.throws(() => new Exchange(open).begin([":method"], false, {}, NOW), TypeError);
  assert.throws(() => new Exchange(open).begin([":method", "POST", "x", "\u0100"], false, {}, NOW), TypeError);
  // @ts-expect-error: an object, as `request.headers` is
  assert.throws(() => new Exchange(open).begin({ ":method": "POST" }, false, {}, NOW), TypeError);
  // @ts-expect-error: no context
  assert.throws(() => new Exchange(open).begin(HEADERS, false, undefined, NOW), TypeError);
  assert.throws(() => new Exchange(open).begin(HEADERS, false, { seed: new Uint8Array(8) }, NOW), TypeError);
});

test("header names are case-insensitive and values count apart", () => {
  const document = { version: "1", default: "allow", all_tools: { limits: [{ counter: "all", window: "minute", max: 1, scope: "header:x-team" }] } };
  const teams = policy(document);
  const store = new Store(teams, memory());
  const of = (/** @type {string} */ team) => {
    const exchange = new Exchange(teams);
    exchange.begin([...HEADERS, "X-Team", team], false, {}, NOW);
    return store.resolve(exchange, exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW), NOW).next;
  };
  assert.deepEqual([of("a"), of("b"), of("a")], ["forward", "forward", "reply"]);
});

test("credential of a grant is in removeHeaders of every step", () => {
  const document = { version: "1", default: "allow", grants: { alice: { match: { bearer_sha256: "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0" }, policy: "main" } } };
  const exchange = new Exchange(policy(document));
  assert.equal(exchange.begin([...HEADERS, "Authorization", "Bearer token"], false, {}, NOW).removeHeaders.includes("authorization"), true);
  const last = exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW);
  assert.deepEqual([last.next, last.removeHeaders], ["forward", ["authorization"]]);
});

test("policies have different seeds and stores have the seed of their cells", () => {
  const open = { version: "1", default: "allow" };
  const logged = (/** @type {Policy} */ policy, /** @type {Uint8Array | undefined} */ seed) => {
    const exchange = new Exchange(policy);
    exchange.begin(HEADERS, false, { seed }, NOW);
    return exchange.feed({ type: "body", bytes: call("run"), endOfStream: true }, NOW).audit;
  };
  assert.notEqual(logged(policy(open), undefined), logged(policy(open), undefined));
  const cells = memory();
  const [one, other] = [new Store(policy(open), cells), new Store(policy(open), cells)];
  assert.deepEqual(one.seed, other.seed);
  assert.equal(logged(policy(open), one.seed), logged(policy(open), other.seed));
  assert.notDeepEqual(one.seed, new Store(policy(open), memory()).seed);
});

test("text and bytes of a document are the same policy", () => {
  const document = JSON.stringify({ version: "1", default: "deny", tools: { "größe_𝕏": {} } });
  const { hash, namespace, longestCall } = Policy.parse(document);
  assert.equal(hash, Policy.parse(Buffer.from(document)).hash);
  assert.notEqual(hash, Policy.parse(document.replace("𝕏", "X")).hash);
  assert.deepEqual([namespace, longestCall], [undefined, 600_000]);
  const host = { namespace: "fleet", longest_call: "1m" };
  const named = Policy.parse(JSON.stringify({ version: "1", default: "deny", host }));
  assert.deepEqual([named.namespace, named.longestCall], ["fleet", 60_000]);
});

test("text with half a surrogate pair is refused", () => {
  const named = (/** @type {string} */ name) => Policy.parse(`{ "version": "1", "default": "deny", "tools": { "${name}": {} } }`);
  for (const half of ["\ud835", "\udd4f", "\udd4f\ud835"]) {
    assert.throws(() => named(half), /^TypeError: `text` is not well-formed/, JSON.stringify(half));
  }
  assert.equal(feed(begun(named("\ufffd")), "\ufffd").next, "forward");
  assert.ok(named("\ud835\udd4f"));
});

test("invalid policy in a text throws with all its errors", () => {
  assert.throws(() => Policy.parse("{}"), { name: "PolicyError", message: /`version` is missing\n.*`default` is missing/ });
});

test("package is loaded without a file or a connection", async () => {
  const scripts = ["index.js", "mcp_policy.js"].map((name) => new URL(name, import.meta.resolve("mcp-policy")));
  for (const script of scripts) {
    const text = await readFile(script, "utf8");
    assert.doesNotMatch(text, /import\.meta|new URL|^await|readFile|from "node:/m, script.pathname);
  }
});

test("trace has the rules where the context asks for it", () => {
  const { trace } = feed(begun(policy({ version: "1", default: "deny" }), { explain: true }), "run");
  assert.deepEqual(trace, [{ rule: "/default", outcome: "deny" }]);
  assert.equal(feed(begun(policy({ version: "1", default: "deny" })), "run").trace, undefined);
  // @ts-expect-error
  assert.throws(() => begun(policy(LIMITED), { explain: 1 }), /`context.explain` is not true or false/);
});

const SERVED = {
  version: "1",
  default: "deny",
  approvals: { keys: ["KEY"], service: { cluster: "decisions", path: "/ask", key: "KEY" } },
  tools: { deploy: { action: "require_approval" } },
};

/** Asks about one call; `answer` turns each question into the body of its answer. @param {(question: any) => object | null} answer */
function served(answer) {
  const policy = Policy.parse(Buffer.from(JSON.stringify(SERVED)), { KEY: "0123456789abcdef0123456789abcdef" });
  const store = new Store(policy, memory());
  const exchange = begun(policy, { seed: store.seed });
  let step = store.resolve(exchange, feed(exchange, "deploy"), NOW);
  while (step.next === "ask" && step.service) {
    assert.match(step.service.signature, /^sha256=[0-9a-f]{64}$/);
    const answered = answer(JSON.parse(step.service.body));
    const body = answered && Buffer.from(JSON.stringify(answered));
    step = store.resolve(exchange, exchange.feed(body ? { type: "serviceAnswer", status: 200, body } : { type: "serviceAnswer", body: null }, NOW), NOW);
  }
  return step;
}

test("call whose limit a service counts passes by its answers alone", () => {
  /** @param {string} backend @param {number} status */
  const answered = (backend, status) => {
    const counters = { backend, cluster: "counters", domain: "mcp" };
    const rate_limit = { max: 1, window: 60, scope: ["global"] };
    const counted = policy({ version: "1", default: "deny", counters, tools: { run: { rate_limit } } });
    const store = new Store(counted, memory());
    const exchange = begun(counted, { seed: store.seed });
    const step = store.resolve(exchange, feed(exchange, "run"), NOW);
    assert(step.next === "ask" && step.rateLimits);
    const body = Buffer.from([0, 0, 0, 0, 2, 8, 1]);
    const next = store.resolve(exchange, exchange.feed({ type: "serviceAnswer", status, body }, NOW), NOW);
    return { ...step.rateLimits, next: next.next };
  };
  const envoy = answered("rate_limit_service", 200);
  assert.match(envoy.path, /RateLimitService\/ShouldRateLimit$/);
  assert.deepEqual(envoy.headers[0], ["content-type", "application/grpc"]);
  assert.equal(envoy.next, "forward");
  const limitador = answered("limitador_http", 200);
  assert.equal(JSON.parse(Buffer.from(limitador.body).toString()).namespace, "mcp");
  assert.equal(limitador.next, "forward");
  assert.equal(answered("limitador_http", 429).next, "reply");
  assert.equal(answered("limitador_http", 500).next, "reply");
});

test("call whose approval a service keeps passes by its answers alone", () => {
  /** @param {string} standing */
  const says = (standing) => (/** @type {any} */ { ask, question, calls }) =>
    ask === "find"
      ? { question, approvals: [{ id: "0".repeat(32), digest: calls[0].digest, standing, url: "https://approvals.example/0" }] }
      : { question, done: true };
  assert.equal(served(says("approved")).next, "forward");
  assert.equal(reason(served(says("pending"))), "approval_required");
  assert.equal(reason(served(() => null)), "unavailable");
  const broken = /** @type {any} */ ({ type: "serviceAnswer", status: 200, body: "text" });
  assert.throws(() => begun(policy(LIMITED)).feed(broken, NOW), TypeError);
});

/** Their types are of other files. */
const GENERATED = ["index.js", "tool_bindings.js"];

test("checker of types reads every module that has a file of types beside it", async () => {
  // It prefers the file of types, unless the module is named.
  const { files } = JSON.parse(await readFile("tsconfig.package.json", "utf8"));
  const names = await readdir(new URL(".", import.meta.resolve("mcp-policy")));
  const typed = names.filter((name) => name.endsWith(".js") && !GENERATED.includes(name) && names.includes(name.replace(/js$/, "d.ts")));
  assert.ok(typed.includes("http.js"));
  assert.deepEqual(files, typed.map((name) => `../dist/js/${name}`).sort());
});
