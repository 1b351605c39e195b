// The command line as a library: on files in memory, and on machines that fail.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, run, runWithFiles } from "mcp-policy/tool";

const DRAFT = '{\n  "version": "1",\n  "default": "deny",\n  "tool": {}\n}\n';
const POLICY = DRAFT.replace("tool", "tools");

await load();

/** A machine without files that keeps what is printed. */
function machine() {
  const printed = { stdout: "", stderr: "" };
  return {
    printed,
    kind: () => undefined,
    readFile: () => { throw Object.assign(new Error("no"), { code: "ENOENT" }); },
    writeFile: () => { throw Object.assign(new Error("no"), { code: "EROFS" }); },
    listFolder: () => [],
    stdout: (/** @type {string} */ text) => { printed.stdout += text; },
    stderr: (/** @type {string} */ text) => { printed.stderr += text; },
    now: () => 0,
    env: (/** @type {string} */ _name) => /** @type {string | undefined} */ (undefined),
  };
}

test("findings have the place where an editor underlines", () => {
  const { status, stdout, stderr } = runWithFiles(["check", "--json", "policy.json"], { "policy.json": DRAFT });
  assert.deepEqual([status, stderr], [1, ""]);
  const [{ findings: [finding] }] = JSON.parse(stdout);
  assert.deepEqual(
    [finding.at, finding.line, finding.column, finding.end_line, finding.end_column],
    ["/tool", 4, 3, 4, 9],
  );
});

test("valid policy has no findings", () => {
  const { status, stdout } = runWithFiles(["check", "policy.json"], { "policy.json": POLICY });
  assert.deepEqual([status, stdout], [0, "policy.json: ok\n"]);
});

test("written files come back beside the given ones", () => {
  const tools = JSON.stringify({ tools: [{ name: "get_x", inputSchema: { type: "object" } }] });
  const { status, files } = runWithFiles(["init", "-", "-o", "out/policy.json"], { other: "x" }, tools);
  assert.equal(status, 0);
  assert.deepEqual(Object.keys(files).sort(), ["other", "out/policy.case.json", "out/policy.json"]);
  assert.equal(runWithFiles(["test", "out"], files).stdout, "1 passed\n");
});

test("existing file is kept without force", () => {
  const tools = JSON.stringify({ tools: [{ name: "get_x", inputSchema: { type: "object" } }] });
  const { status, stderr, files } = runWithFiles(["init", "-"], { "policy.json": "mine" }, tools);
  assert.equal(status, 2);
  assert.match(stderr, /`--force` replaces it/);
  assert.equal(files["policy.json"], "mine");
});

test("errors of the machine are those of the command, with the path", () => {
  const missing = machine();
  assert.equal(run(["check", "a.json"], missing), 2);
  assert.equal(missing.printed.stderr, "error: a.json: No such file or directory (os error 2)\n");
  const broken = { ...machine(), readFile: () => { throw new Error("the disk is on fire"); } };
  assert.equal(run(["check", "a.json"], broken), 2);
  assert.equal(broken.printed.stderr, "error: a.json: the disk is on fire\n");
  const wrong = { ...machine(), readFile: () => /** @type {Uint8Array} */ (/** @type {unknown} */ ("text")) };
  assert.equal(run(["check", "a.json"], wrong), 2);
  assert.match(wrong.printed.stderr, /^error: a.json: /);
});

test("colours show on a terminal only, and never with NO_COLOR", () => {
  const shown = (/** @type {object} */ isTerminal, /** @type {Record<string, string>} */ variables) => {
    const io = { ...machine(), isTerminal, env: (/** @type {string} */ name) => variables[name] };
    run(["check", "a.json"], io);
    return io.printed.stderr.includes("\u001b[");
  };
  assert.equal(shown({ stderr: true }, { TERM: "xterm" }), true);
  assert.equal(shown({ stderr: true }, { TERM: "dumb" }), false);
  assert.equal(shown({ stdout: true }, { TERM: "xterm" }), false);
  assert.equal(shown({ stderr: true }, { TERM: "xterm", NO_COLOR: "1" }), false);
  assert.equal(shown({}, { CLICOLOR_FORCE: "1" }), true);
});

test("help is as wide as the terminal", () => {
  const longest = (/** @type {number} */ columns) => {
    const io = { ...machine(), columns };
    assert.equal(run(["check", "--help"], io), 0);
    return Math.max(...io.printed.stdout.split("\n").map((line) => line.length));
  };
  assert.ok(longest(80) <= 80);
  assert.ok(longest(120) > 100);
});

test("reader that goes away is no error", () => {
  const away = { ...machine(), stdout: () => { throw Object.assign(new Error("away"), { code: "EPIPE" }); } };
  assert.equal(run(["schema"], away), 0);
  assert.equal(away.printed.stderr, "");
});

test("fault ends in a sentence, and the next command runs", () => {
  const faulty = machine();
  Object.defineProperty(faulty, "isTerminal", { get() { throw new Error("a planted fault"); } });
  assert.equal(run(["check", "a.json"], faulty), 2);
  assert.match(faulty.printed.stderr, /fault of its own.*a planted fault/);
  const { status } = runWithFiles(["check", "policy.json"], { "policy.json": POLICY });
  assert.equal(status, 0);
});
