// Turns the questions of a policy's steps into answers of a Redis, in which all gateways of a fleet count together.
//
// It never passes on what it could not count: a Redis that is away, slow, full or emptied refuses the call. No name of a caller
// gets there, only hashes under a secret.
import { Store } from "mcp-policy";
import * as scripts from "./redis_scripts.js";

/** The most commands that wait for Redis at a time. */
const MOST_WAITING = 1024;
/** How long the first commands may take, while the client still connects. */
const START = 5000;
const DAY = 86_400_000;

const encoder = new TextEncoder();

export async function redisCounters(policy, client, options = {}) {
  const { timeout = 50, stateTtl = DAY } = options;
  for (const [name, value] of Object.entries({ timeout, stateTtl })) {
    if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`\`${name}\` is not a number of milliseconds from 1: ${value}`);
  }
  const namespace = policy.namespace ?? options.namespace ?? "mcp-policy";
  const connection = new Connection(client, timeout);
  await evicts(connection);
  // One slot of a cluster for all keys: a script may reach no others.
  const key = (name) => `{${namespace}}:${name}`;
  const fresh = base64(crypto.getRandomValues(new Uint8Array(16)));
  await connection.first(["SET", key("seed"), fresh, "NX"]);
  const text = String(await connection.first(["GET", key("seed")]));
  const seed = bytes(text);
  if (seed?.length !== 16) throw new Error(`\`${key("seed")}\` in Redis holds no 16 bytes in Base64: delete it, or choose another namespace`);
  const secret = await crypto.subtle.importKey("raw", seed, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new RedisCounters(policy, connection, { seed, text, secret, key, stateTtl });
}

/** A Redis that makes room by itself would forget counts. */
async function evicts(connection) {
  const told = String(await connection.first(["INFO", "memory"]));
  const of = (name) => told.match(new RegExp(`^${name}:(\\S*)`, "m"))?.[1];
  const chosen = of("maxmemory_policy");
  if (of("maxmemory") !== "0" && chosen !== "noeviction") {
    throw new Error(`Redis forgets counts without room (maxmemory-policy is ${chosen}): set it to noeviction`);
  }
}

/** The commands of a client, each with a limit to its time. */
class Connection {
  #client;
  #call;
  #timeout;
  #waiting = 0;
  #hashes = new Map();

  constructor(client, timeout) {
    this.#client = client;
    this.#timeout = timeout;
    if (typeof client?.call === "function") this.#call = (parts) => client.call(...parts);
    else if (typeof client?.sendCommand === "function") this.#call = (parts) => client.sendCommand(parts);
    else throw new TypeError("`client` is neither a client of `redis` nor one of `ioredis`");
  }

  /** A client that is not connected would keep the commands, and send them long after the answer. */
  #isReady() {
    return typeof this.#client.isReady === "boolean" ? this.#client.isReady : (this.#client.status ?? "ready") === "ready";
  }

  /** The answer to one of the first commands, which may wait for the connection. */
  first(parts) {
    return this.#send(parts, START);
  }

  /** The answer to a command. `late` gets one that comes after the time was up. */
  async #send(parts, within, late) {
    if (this.#waiting >= MOST_WAITING) throw new Error("Redis does not keep up");
    this.#waiting++;
    const answer = Promise.resolve(this.#call(parts)).finally(() => this.#waiting--);
    let timer;
    let over = false;
    const timeUp = new Promise((_, reject) => {
      timer = setTimeout(() => {
        over = true;
        reject(new Error(`Redis did not answer within ${within} ms`));
      }, within);
    });
    answer.then((answer) => over && late?.(answer), () => {});
    try {
      return await Promise.race([answer, timeUp]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** The answer of a script, as texts. */
  async run(script, keys, values, late) {
    if (!this.#isReady()) throw new Error("Redis is not connected");
    const rest = [String(keys.length), ...keys, ...values.map(String)];
    const texts = (answer) => answer.map(String);
    const lately = late && ((answer) => late(texts(answer)));
    let answer;
    try {
      answer = await this.#send(["EVALSHA", await this.#hash(script), ...rest], this.#timeout, lately);
    } catch (error) {
      if (!String(error?.message).startsWith("NOSCRIPT")) throw error;
      answer = await this.#send(["EVAL", script, ...rest], this.#timeout, lately);
    }
    return texts(answer);
  }

  async #hash(script) {
    const known = this.#hashes.get(script);
    if (known) return known;
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", encoder.encode(script)));
    const hash = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#hashes.set(script, hash);
    return hash;
  }
}

class RedisCounters {
  #policy;
  #connection;
  #of;
  /** Approvals, made for the first question about one. */
  #store;

  constructor(policy, connection, of) {
    this.#policy = policy;
    this.#connection = connection;
    this.#of = of;
  }

  get seed() {
    return this.#of.seed.slice();
  }

  async resolve(exchange, step, now) {
    for (;;) {
      await this.#carryOut(step, now);
      const event = step.next === "ask" && (await this.#answer(step, now));
      if (event) step = exchange.feed(event, now);
      else if (step.next === "ask" && step.approvals) step = this.#approvals().resolveApprovals(exchange, step, now);
      else return step;
    }
  }

  isPending(approval, now) {
    return this.#store?.isPending(approval, now) ?? false;
  }

  #approvals() {
    this.#store ??= new Store(this.#policy, cells());
    return this.#store;
  }

  /** Nothing depends on the success of an effect: what cannot be taken back stays counted. */
  async #carryOut({ refund, finished, writes, end }, now) {
    const effects = [];
    if (refund) effects.push(this.#takeBack(refund, now));
    if (finished) effects.push(this.#finish(finished));
    if (writes) effects.push(this.#write(writes));
    if (end) effects.push(this.#end(end, now));
    if (effects.length > 0) await Promise.allSettled(effects);
  }

  async #answer(step, now) {
    if (step.reserve) {
      const reservation = await this.#reserve(step.reserve, now).catch(() => ({ type: "unavailable" }));
      return { type: "reserved", reservation };
    }
    if (step.lookup) return { type: "found", values: await this.#lookup(step.lookup).catch(() => null) };
    if (step.open) return { type: "opened", opening: await this.#open(step.open, now).catch(() => ({ type: "unclear" })) };
    return undefined;
  }

  /** The answer of a script; it throws where Redis has lost the seed, and with it the counts. */
  async #run(script, keys, values, late) {
    const { key, text } = this.#of;
    const [type, ...rest] = await this.#connection.run(script, [key("seed"), ...keys], [text, ...values], late);
    if (type === "lost") throw new Error(`Redis has lost \`${key("seed")}\`, and the counts with it`);
    return [type, ...rest];
  }

  /** A key in which nobody without the seed reads a name. */
  async #key(kind, ...names) {
    return this.#of.key(`${kind}:${await this.#hash(kind, ...names)}`);
  }

  async #hash(...names) {
    const code = await crypto.subtle.sign("HMAC", this.#of.secret, encoder.encode(JSON.stringify(names)));
    return base64(new Uint8Array(code, 0, 16));
  }

  #counts(charges) {
    return Promise.all(charges.map(({ counter, subject }) => this.#key("count", counter, subject)));
  }

  async #reserve(charges, now) {
    const keys = await this.#counts(charges.filter(({ subject }) => subject !== undefined));
    const values = charges.flatMap(({ subject, cost, window, ends, limits }) => [
      subject === undefined ? 0 : 1, cost, ends, window.type === "extending" ? 1 : 0, limits.length,
      ...limits.flatMap(({ max, enforced, position }) => [max, enforced ? 1 : 0, position]),
    ]);
    const late = (answer) => this.#takeBackLate(charges, reservation(answer), now);
    return reservation(await this.#run(scripts.RESERVE, keys, [whole(now), charges.length, ...values], late));
  }

  /** Charges that were added after their call was refused for want of an answer. */
  #takeBackLate(charges, { counts = [] }, now) {
    const added = charges.flatMap(({ counter, subject, cost }, index) => (counts[index]?.added ? [{ counter, subject, cost, ends: counts[index].ends }] : []));
    if (added.length > 0) this.#takeBack(added, now).catch(() => {});
  }

  async #takeBack(refund, now) {
    const charged = refund.filter(({ cost }) => cost > 0n);
    if (charged.length === 0) return;
    const keys = await this.#counts(charged);
    const values = charged.flatMap(({ ends, cost }) => [ends, cost]);
    const { task } = charged[0];
    if (task) await this.#run(scripts.KEEP, [await this.#key("task", task.name), ...keys], [whole(now), ...values]);
    else await this.#run(scripts.TAKE_BACK, keys, values);
  }

  async #finish(tasks) {
    await this.#run(scripts.FINISH, await Promise.all(tasks.map(({ name }) => this.#key("task", name))), []);
  }

  async #lookup(keys) {
    const names = await this.#states(keys);
    const [, ...values] = await this.#run(scripts.LOOKUP, names, [this.#of.stateTtl, ...(await this.#owners(keys))]);
    return values.map((value) => {
      if (value === "") return null;
      // Anything that is not empty says that only others have it.
      return value === "other" ? new Uint8Array([1]) : bytes(value.slice(1)) ?? fail("a value in Redis is not in Base64");
    });
  }

  async #write(writes) {
    const keys = writes.map(({ key }) => key);
    const owners = await this.#owners(keys);
    const values = writes.flatMap(({ value, ifAbsent }, index) => [owners[index], base64(value), ifAbsent ? 1 : 0]);
    await this.#run(scripts.WRITE, await this.#states(keys), [this.#of.stateTtl, ...values]);
  }

  #states(keys) {
    return Promise.all(keys.map(({ name }) => this.#key("state", name)));
  }

  #owners(keys) {
    return Promise.all(keys.map(({ owner }) => (owner === undefined ? "" : this.#hash("owner", owner))));
  }

  async #open({ session, id, isIssued }, now) {
    const values = [whole(now), this.#policy.longestCall, isIssued ? 1 : 0];
    const [type, opening] = await this.#run(scripts.OPEN, [await this.#key("id", session, id)], values);
    return type === "open" ? { type, opening: Number(opening) } : { type };
  }

  async #end({ key: { session, id }, opening, isAnswered }, now) {
    const values = [whole(now), this.#policy.longestCall, opening, isAnswered ? 1 : 0];
    await this.#run(scripts.END, [await this.#key("id", session, id)], values);
  }
}

/** The answer of the script that counts. */
function reservation([type, ...values]) {
  if (type === "full") {
    const [charge, limit, used, ends, ...rest] = values.map(Number);
    const shadowed = [];
    for (let place = 0; place < rest.length; place += 2) shadowed.push({ charge: rest[place], limit: rest[place + 1] });
    return { type, at: { charge, limit }, used: BigInt(used), ends, shadowed };
  }
  if (type !== "reserved") return { type: "unavailable" };
  const counts = [];
  for (let place = 0; place < values.length; place += 4) {
    const [used, ends, shadowed, added] = values.slice(place, place + 4);
    counts.push({ used: BigInt(used), ends: Number(ends), shadowed: shadowed === "" ? undefined : Number(shadowed), added: added === "1" });
  }
  return { type, counts };
}

function whole(now) {
  return Math.floor(now);
}

/** The memory of approvals, which this process has for itself. */
function cells() {
  const kept = new Map();
  let writes = 0;
  return {
    read: (key) => kept.get(key),
    compareAndSwap(key, bytes, version) {
      if (kept.get(key)?.version !== version) return false;
      kept.set(key, { bytes, version: ++writes });
      return true;
    },
  };
}

function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

/** The bytes of a text in Base64; undefined for another text. */
function bytes(text) {
  try {
    return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function fail(message) {
  throw new Error(message);
}
