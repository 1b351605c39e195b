// Plays a call that wants to look like another, or to run in the browser of the person who reads it.
//
// Its texts are written with escapes, so that a reader of this file sees them.

import assert from "node:assert/strict";
import { button, read, state } from "./scene.mjs";

export const LONG = `${"0123456789abcdef ".repeat(1_500)}the end`;
/** The last approval of the hostile call. */
export const CALL = [
  "send",
  {
    "<img src=x onerror=alert(1)>": "in a name",
    markup: "</div></main><script>alert(1)</script><button name=decision value=approve>Approve</button>",
    attribute: "\" onmouseover=\"alert(1)\" x=\"",
    style: "</style><style>*{display:none}</style><!--",
    link: "javascript:alert(1)",
    to: "p\u0430t@example.com",
    bidi: "photo\u202egpj.exe\u202c.txt",
    hidden: "ad\u200bmin\ufeff\u00a0\u00ad\u2800",
    hebrew: "\u05e9\u05dc\u05d5\u05dd 100 EUR",
    lines: "one\r\ntwo\u2028three\n\n\n\n\n\nfour",
    marks: "a\u0338\u0338\u0338\u0338\u0338\u0338\u0338\u0338\u0338\u0338",
    codes: "U+202E ⏎ ·",
    nothing: null,
    word: "null",
    number: 1e3,
    text: "1000",
    nested: [[[[[[[[[["deep"]]]]]]]]]],
    long: LONG,
  },
  {
    requestState: "a state of the <b>server</b>",
    inputResponses: { transfer: { action: "accept", content: { iban: "DE00\u200b1234", "\u0430mount": 1_000_000 } } },
  },
];

export async function hostile_call_is_shown_whole_and_runs_nothing(scene) {
  const id = await scene.agent.asks(...CALL);
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  const shown = (await tab.locator("main").textContent()).replace(/\s+/g, " ");
  assert.ok(shown.includes(LONG.replace(/\s+/g, " ")), "all of the long value");
  assert.ok(shown.includes("text of 25507 characters"), "its length");
  for (const part of [
    "<img src=x onerror=alert(1)>", "</div></main><script>alert(1)</script>", "\" onmouseover=\"alert(1)\"", "</style><style>*{display:none}",
    "photoU+202Egpj.exeU+202C.txt", "adU+200BminU+FEFFU+00A0U+00ADU+2800", "U+000D", "U+2028", "aU+0338 × 10",
    "\"p\\u0430t@example.com\"", "\"\\u05e9\\u05dc\\u05d5\\u05dd 100 EUR\"", "DE00U+200B1234", "\\u0430mount", "1000000",
    "a state of the <b>server</b>", "object of 18 members", "number 1000", "text 1000", "null", "text null",
  ]) assert.ok(shown.includes(part), `${part} in ${shown.slice(0, 6_000)}`);
  const elements = (names) => tab.evaluate((names) => [...document.querySelectorAll(names)].map((element) => element.localName).join(" "), names);
  assert.equal(await elements("script,img,iframe,object,embed,link,svg,style,button,form"), "style form button button button", "all are the page's own");
  assert.equal(await elements(`a:not([href^="/approvals"])`), "");
  const handlers = await tab.evaluate(() => [...document.querySelectorAll("*")].flatMap((element) => element.getAttributeNames()).filter((name) => name.startsWith("on")));
  assert.deepEqual(handlers, []);

  assert.deepEqual(scene.taken(), []);
  await exact(scene, tab, id);
}

/** The call passes as it was shown, and with no other answer to the server. */
async function exact(scene, tab, id) {
  const [name, args, input] = CALL;
  const other = { ...input, inputResponses: { transfer: { action: "decline" } } };
  await button(tab, "Approve").click();
  assert.equal(await state(tab), "approved");
  assert.notEqual(await scene.agent.asks(name, args, other), id);
  assert.notEqual(await scene.agent.asks(name, { ...args, to: "pat@example.com" }, input), id);
  assert.equal((await scene.agent.calls(...CALL)).ran, true);
}

/** The page says beside the form that texts above it can look like others. */
export async function doubtful_texts_are_counted_beside_the_form(scene) {
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(await scene.agent.asks(...CALL)));
  assert.match(await read(tab), /Decision\s+\d+ texts above can look like others/);
  await tab.goto(scene.address(await scene.agent.asks("send", { to: "pat@example.com" })));
  assert.doesNotMatch(await read(tab), /can look like/, "the control");
}
