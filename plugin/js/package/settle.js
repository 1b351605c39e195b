// Turns a step with questions and effects into the step that follows their answers: counters count, services are asked, and
// the decision is logged.
//
// It decides nothing: a question without an answer refuses the call.
import { then } from "./awaitable.js";

/**
 * @typedef {import("mcp-policy").Exchange} Exchange
 * @typedef {import("mcp-policy").Step} Step
 * @typedef {import("mcp-policy").Event} Event
 * @typedef {import("./settings.js").Settings} Settings
 */
/** @template T @typedef {import("./http.d.ts").Awaitable<T>} Awaitable */

/** The most questions of one step: far more than any policy has. */
const MOST_QUESTIONS = 1000;

/**
 * @param {Exchange} exchange @param {Step} step @param {Settings} settings
 * @param {() => boolean} isOver whether nobody waits for the result any more: nothing is logged or asked then
 * @returns {Awaitable<Step>}
 */
export function settle(exchange, step, settings, isOver, questions = 0) {
  const { counters, now } = settings;
  return then(hasWork(step) ? counters.resolve(exchange, step, now()) : step, (step) => {
    if (isOver()) return step;
    notified(step, settings);
    if (step.next !== "ask") return logged(step, settings);
    if (questions >= MOST_QUESTIONS) throw new Error("the questions of a call have no end");
    return then(answer(step, settings), (event) => {
      if (isOver()) return step;
      return settle(exchange, exchange.feed(event, now()), settings, isOver, questions + 1);
    });
  });
}

/** @param {Step} step */
const hasWork = ({ next, refund, finished, writes, end }) => next === "ask" || Boolean(refund || finished || writes || end);

/** @param {Step} step @param {Settings} settings @returns {Awaitable<Step>} */
function logged(step, { log }) {
  return step.audit === undefined ? step : then(log(step.audit), () => step);
}

/** Nothing depends on the success of a notice. @param {Step} step @param {Settings} settings */
function notified({ notice }, { notify, onError }) {
  if (!notice || !notify) return;
  void Promise.resolve(notice).then(notify).catch(onError);
}

/** @param {Extract<Step, { next: "ask" }>} step @param {Settings} settings @returns {Awaitable<Event>} */
function answer(step, { service }) {
  const question = questionOf(step);
  if (!question) throw new Error("the counters returned a step with an open question: answer `lookup`, `open`, `reserve` and `approvals`");
  return then(service ? service(question) : null, (answer) =>
    answer ? { type: "serviceAnswer", status: answer.status, body: answer.body } : { type: "serviceAnswer", body: null },
  );
}

/** @param {Extract<Step, { next: "ask" }>} step @returns {import("./http.d.ts").ServiceQuestion | undefined} */
function questionOf({ rateLimits, service }) {
  if (rateLimits) return { service: "counters", ...rateLimits };
  if (!service) return undefined;
  const { body, time, signature } = service;
  const headers = /** @type {[string, string][]} */ ([
    ["content-type", "application/json"],
    ["x-mcp-policy-time", time],
    ["x-mcp-policy-signature", signature],
  ]);
  return { service: "approvals", path: undefined, headers, body };
}
