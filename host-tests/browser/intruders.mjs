// Plays pages of other origins, visitors without a token and tabs that are opened again: none of them sees or decides a call.
//
// Each that is stopped has a control that passes.

import assert from "node:assert/strict";
import http from "node:http";
import { button, read, state } from "./scene.mjs";

/** A server of the attacker, whose pages are the texts by their paths. Another host than the gateway's is another site. */
async function attacker(host, pages) {
  const server = http.createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(pages[request.url] ?? "");
  });
  await new Promise((listens) => server.listen(0, "127.0.0.1", listens));
  return { at: `http://${host}:${server.address().port}`, close: () => server.close() };
}

const SITES = { "another port": "127.0.0.1", "another site": "localhost" };

export async function page_cannot_be_framed(scene) {
  const id = await scene.agent.asks("deploy", { service: "framed" });
  for (const host of Object.values(SITES)) {
    const pages = {
      "/": `<iframe name=page src="${scene.address(id)}"></iframe><iframe name=list src="${scene.list}"></iframe><iframe name=own src=/own></iframe>`,
      "/own": "the page of the attacker",
    };
    const { at, close } = await attacker(host, pages);
    const tab = await scene.tab("ada", { everywhere: true });
    const statuses = {};
    tab.on("response", (answer) => (statuses[answer.url()] = answer.status()));
    await tab.goto(at);
    // Some browsers send no token into a frame of another site.
    if (host === SITES["another port"]) assert.equal(statuses[scene.list], 200, "the control: the token comes along");
    assert.equal(await tab.frame("own").locator("body").innerText(), "the page of the attacker", "the control");
    for (const name of ["page", "list"]) {
      assert.equal(tab.frame(name).url(), "chrome-error://chromewebdata/");
      assert.doesNotMatch(await tab.frame(name).locator("body").innerText(), /deploy|Pending|Approve/);
    }
    close();
  }
  const blocked = scene.taken().filter((line) => /frame-ancestors|X-Frame-Options/.test(line));
  assert.ok(blocked.length >= 4, `${blocked}`);
}

/** A form that decides, with the true token of the victim's form, and a button. */
const form = (to, csrf, method) => `<form action="${to}" method="${method}">
  <input name=csrf value="${csrf}"><input name=decision value=approve><button>A prize</button></form>`;

export async function form_of_another_origin_is_refused(scene) {
  const call = ["deploy", { service: "another origin" }];
  const id = await scene.agent.asks(...call);
  const victim = await scene.tab("ada", { everywhere: true });
  await victim.goto(scene.address(id));
  const csrf = await victim.locator("input[name=csrf]").inputValue();
  for (const [name, host] of Object.entries(SITES)) {
    const pages = { "/post": form(scene.address(id), csrf, "post"), "/get": form(scene.address(id), csrf, "get") };
    const { at, close } = await attacker(host, pages);
    const tab = await victim.context().newPage();
    await tab.goto(`${at}/get`);
    await button(tab, "A prize").click();
    assert.match(await read(tab), /Signed in as ada/, `the control: the cookie comes along from ${name}`);
    assert.equal(await state(tab), "pending");
    await tab.goto(`${at}/post`);
    const answer = tab.waitForResponse(scene.address(id));
    await button(tab, "A prize").click();
    assert.equal((await answer).status(), 403, name);
    assert.match(await read(tab), /This form comes from another site/, name);
    close();
  }
  assert.equal((await scene.agent.calls(...call)).ran, false);
  await button(victim, "Approve").click();
  assert.equal(await state(victim), "approved", "the control: the page's own form");
  assert.equal((await scene.agent.calls(...call)).ran, true);
}

export async function script_of_another_origin_neither_reads_nor_decides(scene) {
  const id = await scene.agent.asks("deploy", { service: "fetched" });
  for (const host of Object.values(SITES)) {
    const { at, close } = await attacker(host, { "/": "the page of the attacker" });
    const tab = await scene.tab("ada", { everywhere: true });
    await tab.goto(at);
    const tried = (init) => tab.evaluate(([url, init]) => fetch(url, { credentials: "include", ...init }).then((answer) => answer.text(), () => "stopped"), [scene.address(id), init]);
    const body = new URLSearchParams({ decision: "approve", csrf: "" }).toString();
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    assert.equal(await tried({}), "stopped");
    assert.equal(await tried({ mode: "no-cors" }), "stopped");
    assert.equal(await tried({ method: "POST", body, headers }), "stopped");
    assert.equal(await tab.evaluate((url) => fetch(url).then((answer) => answer.text()), at), "the page of the attacker", "the control");
    close();
  }
  scene.taken();
  const tab = await scene.tab("ada");
  await tab.goto(scene.address(id));
  assert.equal(await state(tab), "pending");
}

export async function visitor_without_a_token_sees_the_state_alone(scene) {
  const call = ["deploy", { service: "secret-service" }];
  const id = await scene.agent.asks(...call);
  const [visitor, ada] = [await scene.tab(), await scene.tab("ada")];
  const seen = async (address) => {
    const answer = await visitor.goto(address);
    const page = await visitor.content();
    for (const secret of ["deploy", "secret-service", "agent@", "sub=agent", "/tools/"]) assert.ok(!page.includes(secret), secret);
    assert.equal(await button(visitor, "Approve").count(), 0);
    return [answer.status(), await read(visitor)];
  };
  const [listed, told] = await seen(scene.list);
  assert.equal(listed, 403);
  assert.match(told, /Nobody is signed in|You are signed in, and not as an approver/);
  assert.match((await seen(scene.address(id)))[1], /This call is pending/);
  await ada.goto(scene.address(id));
  assert.match(await read(ada), /secret-service/, "the control");
  await button(ada, "Approve").click();
  assert.match((await seen(scene.address(id)))[1], /This call is approved/);
  await scene.agent.calls(...call);
  await visitor.getByRole("link", { name: "Check again" }).click();
  assert.match(await read(visitor), /This call is used/);
  scene.taken();
}

export async function page_is_read_anew_each_time(scene) {
  const id = await scene.agent.asks("deploy", { service: "cached" });
  const tab = await scene.tab("ada");
  const answer = await tab.goto(scene.address(id));
  assert.equal(answer.headers()["cache-control"], "no-store");
  assert.equal(await button(tab, "Approve").count(), 1);
  await button(tab, "Refuse").click();
  assert.equal(await state(tab), "refused");
  await tab.goto(scene.list);
  await tab.goBack();
  assert.equal(await state(tab), "refused");
  await tab.goBack();
  assert.equal(await button(tab, "Approve").count(), 0, "the form is gone");
  await tab.goto(scene.list);
  await tab.context().clearCookies();
  await tab.goBack();
  assert.match(await read(tab), /This call is refused/);
  assert.doesNotMatch(await tab.content(), /cached/, "after the end of the session");
}
