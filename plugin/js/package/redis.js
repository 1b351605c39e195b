// Turns the questions of a policy's steps into answers of a Redis, in which all gateways of a fleet count together.
//
// It never passes on what it could not count: a Redis that is away, slow, full or emptied refuses the call. No name of a caller
// gets there, only hashes under a secret.
import { within } from "./awaitable.js";
import { memoryCounters } from "./memory.js";
import * as scripts from "./redis_scripts.js";

/**
 * @typedef {import("mcp-policy").Charge} Charge
 * @typedef {import("mcp-policy").Exchange} Exchange
 * @typedef {import("mcp-policy").Refund} Refund
 * @typedef {import("mcp-policy").Reservation} Reservation
 * @typedef {import("mcp-policy").StateKey} StateKey
 * @typedef {import("mcp-policy").Step} Step
 * @typedef {Extract<Step, { next: "ask" }>} Ask
 * @typedef {import("./redis.d.ts").RedisClient} RedisClient
 * @typedef {import("./redis.d.ts").RedisCounters} Counters
 * @typedef {string | number | bigint} Value an argument of a script
 * @typedef {(answer: string[]) => void} Late gets an answer that came after the time was up
 * @typedef {{ seed: Uint8Array, text: string, secret: CryptoKey, key: (name: string) => string, stateTtl: number }} Namespace what the
 *   counts have in common: their seed, as in Redis, as a key, and what their keys begin with
 */

/** The most commands that wait for Redis at a time. */
const MOST_WAITING = 1024;
/** How long the first commands may take, while the client still connects. */
const START = 5000;
const DAY = 86_400_000;

const encoder = new TextEncoder();

/** @type {typeof import("./redis.d.ts").redisCounters} */
export async function redisCounters(policy, client, options = {}) {
  const { timeout = 50, stateTtl = DAY } = options;
  for (const [name, value] of Object.entries({ timeout, stateTtl })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`\`${name}\` is not a number of milliseconds from 1: ${value}`);
  }
  const namespace = policy.namespace ?? options.namespace ?? "mcp-policy";
  const connection = new Connection(client, timeout);
  await evicts(connection);
  // One slot of a cluster for all keys: a script may reach no others.
  const key = (/** @type {string} */ name) => `{${namespace}}:${name}`;
  const fresh = base64(crypto.getRandomValues(new Uint8Array(16)));
  await connection.first(["SET", key("seed"), fresh, "NX"]);
  const text = String(await connection.first(["GET", key("seed")]));
  const seed = bytes(text);
  if (seed?.length !== 16) throw new Error(`\`${key("seed")}\` in Redis holds no 16 bytes in Base64: delete it, or choose another namespace`);
  const secret = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new RedisCounters(policy, connection, { seed, text, secret, key, stateTtl });
}

/** A Redis that makes room by itself would forget counts. @param {Connection} connection */
async function evicts(connection) {
  const told = String(await connection.first(["INFO", "memory"]));
  const of = (/** @type {string} */ name) => told.match(new RegExp(`^${name}:(\\S*)`, "m"))?.[1];
  const chosen = of("maxmemory_policy");
  if (of("maxmemory") !== "0" && chosen !== "noeviction") {
    throw new Error(`Redis forgets counts without room (maxmemory-policy is ${chosen}): set it to noeviction`);
  }
}

/** The commands of a client, each with a limit to its time. */
class Connection {
  #client;
  /** @type {(parts: string[]) => Promise<unknown>} */
  #call;
  #timeout;
  #waiting = 0;
  /** The names of scripts in Redis. @type {Map<string, string>} */
  #hashes = new Map();

  /** @param {RedisClient} client @param {number} timeout */
  constructor(client, timeout) {
    this.#client = client;
    this.#timeout = timeout;
    if (client && "call" in client && typeof client.call === "function") this.#call = ([command = "", ...parts]) => client.call(command, ...parts);
    else if (client && "sendCommand" in client && typeof client.sendCommand === "function") this.#call = (parts) => client.sendCommand(parts);
    else throw new TypeError("`client` is neither a client of `redis` nor one of `ioredis`");
  }

  /** A client that is not connected would keep the commands, and send them long after the answer. */
  #isReady() {
    return "isReady" in this.#client ? this.#client.isReady : (this.#client.status ?? "ready") === "ready";
  }

  /** The answer to one of the first commands, which may wait for the connection. @param {string[]} parts */
  first(parts) {
    return this.#send(parts, START);
  }

  /**
   * The answer to a command. `late` gets one that comes after the time was up.
   * @param {string[]} parts @param {number} millis @param {(answer: unknown) => void} [late]
   */
  async #send(parts, millis, late) {
    if (this.#waiting >= MOST_WAITING) throw new Error("Redis does not keep up");
    this.#waiting++;
    const answer = Promise.resolve(this.#call(parts)).finally(() => this.#waiting--);
    let over = false;
    answer.then((answer) => over && late?.(answer), () => undefined);
    try {
      return await within(answer, millis, "the answer of Redis");
    } catch (error) {
      over = true;
      throw error;
    }
  }

  /** The answer of a script, as texts. @param {string} script @param {string[]} keys @param {Value[]} values @param {Late} [late] */
  async run(script, keys, values, late) {
    if (!this.#isReady()) throw new Error("Redis is not connected");
    const rest = [String(keys.length), ...keys, ...values.map(String)];
    const lately = late && ((/** @type {unknown} */ answer) => late(texts(answer)));
    try {
      return texts(await this.#send(["EVALSHA", await this.#hash(script), ...rest], this.#timeout, lately));
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return texts(await this.#send(["EVAL", script, ...rest], this.#timeout, lately));
    }
  }

  /** @param {string} script */
  async #hash(script) {
    const known = this.#hashes.get(script);
    if (known) return known;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", encoder.encode(script)));
    const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#hashes.set(script, hash);
    return hash;
  }
}

/** The values in the answer of a script. @param {unknown} answer */
function texts(answer) {
  if (!Array.isArray(answer)) throw new Error("Redis did not answer with a list");
  return answer.map(String);
}

/** @implements {Counters} */
class RedisCounters {
  #policy;
  #connection;
  #of;
  /** The approvals, which this process has for itself. @type {import("./memory.d.ts").MemoryCounters | undefined} */
  #approvals;

  /** @param {import("mcp-policy").Policy} policy @param {Connection} connection @param {Namespace} of */
  constructor(policy, connection, of) {
    this.#policy = policy;
    this.#connection = connection;
    this.#of = of;
  }

  get seed() {
    return this.#of.seed.slice();
  }

  /** @param {Exchange} exchange @param {Step} step @param {number} now */
  async resolve(exchange, step, now) {
    for (;;) {
      await this.#carryOut(step, now);
      if (step.next !== "ask") return step;
      const event = await this.#answer(step, now);
      if (event) step = exchange.feed(event, now);
      else if (step.approvals) step = (this.#approvals ??= memoryCounters(this.#policy)).resolveApprovals(exchange, step, now);
      else return step;
    }
  }

  /** @param {string} approval @param {number} now */
  isPending(approval, now) {
    return this.#approvals?.isPending(approval, now) ?? false;
  }

  /** Nothing depends on the success of an effect: what cannot be taken back stays counted. @param {Step} step @param {number} now */
  async #carryOut({ refund, finished, writes, end }, now) {
    const effects = [];
    if (refund) effects.push(this.#takeBack(refund, now));
    if (finished) effects.push(this.#finish(finished));
    if (writes) effects.push(this.#write(writes));
    if (end) effects.push(this.#end(end, now));
    if (effects.length > 0) await Promise.allSettled(effects);
  }

  /** @param {Ask} step @param {number} now @returns {Promise<import("mcp-policy").Event | undefined>} */
  async #answer(step, now) {
    if (step.reserve) return { type: "reserved", reservation: await this.#reserve(step.reserve, now).catch(() => ({ type: "unavailable" })) };
    if (step.lookup) return { type: "found", values: await this.#lookup(step.lookup).catch(() => null) };
    if (step.open) return { type: "opened", opening: await this.#open(step.open, now).catch(() => ({ type: "unclear" })) };
    return undefined;
  }

  /**
   * The answer of a script; it throws where Redis has lost the seed, and with it the counts.
   * @param {string} script @param {string[]} keys @param {Value[]} values @param {Late} [late]
   */
  async #run(script, keys, values, late) {
    const { key, text } = this.#of;
    const answer = await this.#connection.run(script, [key("seed"), ...keys], [text, ...values], late);
    if (answer[0] === "lost") throw new Error(`Redis has lost \`${key("seed")}\`, and the counts with it`);
    return answer;
  }

  /** A key in which nobody without the seed reads a name. @param {string} kind @param {string[]} names */
  async #key(kind, ...names) {
    return this.#of.key(`${kind}:${await this.#hash(kind, ...names)}`);
  }

  /** @param {string[]} names */
  async #hash(...names) {
    const code = await crypto.subtle.sign("HMAC", this.#of.secret, encoder.encode(JSON.stringify(names)));
    return base64(new Uint8Array(code, 0, 16));
  }

  /** The keys of the charges with a subject. @param {{ counter: string, subject?: string }[]} charges */
  #counts(charges) {
    return Promise.all(charges.flatMap(({ counter, subject }) => (subject === undefined ? [] : [this.#key("count", counter, subject)])));
  }

  /** @param {Charge[]} charges @param {number} now @returns {Promise<Reservation>} */
  async #reserve(charges, now) {
    const keys = await this.#counts(charges);
    const values = charges.flatMap(({ subject, cost, window, ends, limits }) => [
      subject === undefined ? 0 : 1, cost, ends, window.type === "extending" ? 1 : 0, limits.length,
      ...limits.flatMap(({ max, enforced, position }) => [max, enforced ? 1 : 0, position]),
    ]);
    const late = (/** @type {string[]} */ answer) => this.#takeBackLate(charges, reservation(answer), now);
    return reservation(await this.#run(scripts.RESERVE, keys, [whole(now), charges.length, ...values], late));
  }

  /** Charges that were added after their call was refused for want of an answer. @param {Charge[]} charges @param {Reservation} made @param {number} now */
  #takeBackLate(charges, made, now) {
    if (made.type !== "reserved") return;
    const added = charges.flatMap(({ counter, subject, cost }, index) => {
      const count = made.counts[index];
      return count?.added && subject !== undefined ? [{ counter, subject, cost, ends: count.ends }] : [];
    });
    this.#takeBack(added, now).catch(() => undefined);
  }

  /** @param {Refund[]} refund @param {number} now */
  async #takeBack(refund, now) {
    const charged = refund.filter(({ cost }) => cost > 0n);
    const [first] = charged;
    if (!first) return;
    const keys = await this.#counts(charged);
    const values = charged.flatMap(({ ends, cost }) => [ends, cost]);
    if (first.task) await this.#run(scripts.KEEP, [await this.#key("task", first.task.name), ...keys], [whole(now), ...values]);
    else await this.#run(scripts.TAKE_BACK, keys, values);
  }

  /** @param {StateKey[]} tasks */
  async #finish(tasks) {
    await this.#run(scripts.FINISH, await Promise.all(tasks.map(({ name }) => this.#key("task", name))), []);
  }

  /** @param {StateKey[]} keys */
  async #lookup(keys) {
    const names = await this.#states(keys);
    const [, ...values] = await this.#run(scripts.LOOKUP, names, [this.#of.stateTtl, ...(await this.#owners(keys))]);
    return values.map((value) => {
      if (value === "") return null;
      // Anything that is not empty says that only others have it.
      return value === "other" ? new Uint8Array([1]) : bytes(value.slice(1)) ?? fail("a value in Redis is not in Base64");
    });
  }

  /** @param {import("mcp-policy").StateWrite[]} writes */
  async #write(writes) {
    const keys = writes.map(({ key }) => key);
    const owners = await this.#owners(keys);
    const values = writes.flatMap(({ value, ifAbsent }, index) => [owners[index] ?? "", base64(value), ifAbsent ? 1 : 0]);
    await this.#run(scripts.WRITE, await this.#states(keys), [this.#of.stateTtl, ...values]);
  }

  /** @param {StateKey[]} keys */
  #states(keys) {
    return Promise.all(keys.map(({ name }) => this.#key("state", name)));
  }

  /** @param {StateKey[]} keys */
  #owners(keys) {
    return Promise.all(keys.map(({ owner }) => (owner === undefined ? "" : this.#hash("owner", owner))));
  }

  /** @param {import("mcp-policy").RequestKey} request @param {number} now @returns {Promise<import("mcp-policy").Opening>} */
  async #open({ session, id, isIssued }, now) {
    const values = [whole(now), this.#policy.longestCall, isIssued ? 1 : 0];
    const [type, opening] = await this.#run(scripts.OPEN, [await this.#key("id", session, id)], values);
    if (type === "open") return { type, opening: Number(opening) };
    return { type: type === "inUse" ? type : "unclear" };
  }

  /** @param {import("mcp-policy").IdEnd} end @param {number} now */
  async #end({ key: { session, id }, opening, isAnswered }, now) {
    const values = [whole(now), this.#policy.longestCall, opening, isAnswered ? 1 : 0];
    await this.#run(scripts.END, [await this.#key("id", session, id)], values);
  }
}

/** The answer of the script that counts. @param {string[]} answer @returns {Reservation} */
function reservation([type, ...values]) {
  if (type === "full") {
    const [charge, limit, used, ends, ...rest] = values;
    const shadowed = pieces(rest, 2).map(([charge, limit]) => ({ charge: Number(charge), limit: Number(limit) }));
    return { type, at: { charge: Number(charge), limit: Number(limit) }, used: amount(used), ends: Number(ends), shadowed };
  }
  if (type !== "reserved") return { type: "unavailable" };
  const counts = pieces(values, 4).map(([used, ends, shadowed, added]) => {
    return { used: amount(used), ends: Number(ends), shadowed: shadowed === "" ? undefined : Number(shadowed), added: added === "1" };
  });
  return { type, counts };
}

/** A list in pieces of so many values. @param {string[]} values @param {number} length */
const pieces = (values, length) => values.flatMap((_, place) => (place % length === 0 ? [values.slice(place, place + length)] : []));

/** A number of millionths. @param {string | undefined} text */
const amount = (text) => BigInt(text ?? fail("an answer of Redis lacks a count"));

/** @param {number} now */
function whole(now) {
  return Math.floor(now);
}

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes of a text in Base64; undefined for another text. @param {string} text */
function bytes(text) {
  try {
    return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/** @param {string} message @returns {never} */
function fail(message) {
  throw new Error(message);
}
