// Says which tools have which kind of access, and which attack abuses which: the one table behind the catalogue.
//
// It never says that a policy stops an attack: cases do.

import { words } from "./text.mjs";

/**
 * What is known of a tool: its name, the classes that `scan` and the policy's author gave it, the kinds of its signals, and the
 * names of its parameters.
 *
 * @typedef {{ name: string, classes: string[], signals: string[], parameters: string[] }} Facts
 */

const every = (test) => ({ classes }) => classes.every(test);
const some = (test) => ({ classes }) => classes.some(test);
const is = (name) => some((one) => one === name);
const signals = (...kinds) => (facts) => kinds.some((kind) => facts.signals.includes(kind));
const takes = (...names) => ({ parameters }) => parameters.some((name) => names.includes(name));
const named = (...parts) => ({ name }) => words(name).some((word) => parts.includes(word));
const any = (...tests) => (facts) => tests.some((test) => test(facts));
const all = (...tests) => (facts) => tests.every((test) => test(facts));
const not = (test) => (facts) => !test(facts);

/** Only looks, or may change something: where `scan` and the author differ, both hold. */
const reads = every((name) => name === "Read");
const mayChange = some((name) => name !== "Read");
const changes = every((name) => name !== "Read");
const aPath = any(signals("path"), takes("path", "paths", "file", "files", "filename"), named("file", "files"));

/** Each kind of access: what a tool does, the words by which a person may look for it, and the tools that have it. */
export const ACCESS = {
  "reads-files": { title: "Reads files by a path", find: "read open cat file directory path list folder", fits: all(aPath, reads) },
  "writes-files": { title: "Writes files by a path", find: "write save edit create upload file path", fits: all(aPath, mayChange, any(signals("path"), is("Write"), is("Destructive"))) },
  "opens-addresses": { title: "Opens addresses", find: "fetch http url get request browse web page download", fits: any(signals("url"), takes("url")) },
  "runs-sql": { title: "Runs SQL", find: "execute run sql query database db select statement", fits: signals("sql") },
  "runs-commands": {
    title: "Runs commands or code",
    find: "execute run exec shell bash command code eval script terminal",
    fits: any(signals("command", "code"), takes("command", "interpreter", "host"), all(is("Execute"), named("run", "exec"))),
  },
  "passes-options": {
    title: "Hands a word to a program, which may read it as an option",
    find: "git revision branch selector option flag argument",
    fits: any(takes("revision", "branch_name", "base_branch", "start_timestamp", "labelSelector"), all(named("git"), takes("target"))),
  },
  "changes-branches": { title: "Writes to a branch", find: "git push commit branch merge checkout force", fits: all(takes("branch", "branch_name", "head", "base_branch"), changes) },
  "moves-money": { title: "Moves money", find: "pay payment transfer wire refund charge invoice money price subscription", fits: any(is("Financial"), named("transfer", "wire", "pay", "refund")) },
  deletes: { title: "Deletes or ends something", find: "delete remove drop destroy reset truncate cancel erase", fits: is("Destructive") },
  "names-environments": { title: "Changes one of several environments", find: "deploy delete namespace production staging cluster environment", fits: all(takes("namespace"), mayChange) },
  "writes-to-people": {
    title: "Writes to people",
    find: "send email mail message notify post reply chat sms comment",
    fits: all(changes, any(signals("recipient"), named("send", "reply", "comment", "review", "issue", "reaction"), all(named("post"), not(named("api"))))),
  },
  "carries-text": {
    title: "Carries free text out",
    find: "send post write comment body text message content note",
    fits: all(changes, takes("body", "text", "content", "message", "note", "description", "memo", "insight")),
  },
  remembers: {
    title: "Remembers for later sessions",
    find: "remember memory store save observation insight note",
    fits: all(changes, not(is("Destructive")), named("remember", "entities", "observations", "insight")),
  },
  "reads-records": {
    title: "Reads many records",
    find: "list query search customers users rows export dump records",
    fits: any(all(signals("sql"), is("Read")), all(reads, any(named("query", "customers", "users"), takes("limit", "perPage", "per_page", "page_size")))),
  },
  "reads-secrets": {
    title: "Answers with what may hold secrets",
    find: "secret key token password environment env credentials read",
    fits: any(signals("secrets", "environment"), named("network"), all(reads, any(aPath, named("logs")), named("read", "show", "diff", "contents", "logs"))),
  },
  "takes-anything": { title: "Takes objects of any form", find: "object fields json metadata nested free form", fits: signals("free_form") },
};

/** What is no access of one tool: these attacks are on any tool, or on the gateway. */
export const GENERAL = {
  messages: "How a message is written",
  definitions: "What a server says of its tools",
  callers: "Who calls, and which tools and servers are theirs",
  approvals: "How a person approves",
  counts: "How often calls are made",
  servers: "What a server asks of its client",
};

/** Each attack of `policies/attacks/`: the kinds of access that it abuses, or the general group that it belongs to. */
export const ATTACKS = {
  "alternative-left-out": ["moves-money"],
  "approval-by-a-forged-state": "approvals",
  "approval-by-another-site": "approvals",
  "approval-by-oneself": "approvals",
  "approval-flood": "approvals",
  "approval-for-another-server": "approvals",
  "approval-of-a-reordered-list": "approvals",
  "approval-replay": "approvals",
  "approval-with-markup": "approvals",
  "approval-with-swapped-arguments": "approvals",
  "argument-injection": ["passes-options"],
  "around-by-another-server": "callers",
  "around-by-resources": "callers",
  "batch-smuggling": "messages",
  "build-poisoning": ["writes-files"],
  "case-variant-smuggling": "messages",
  "command-injection": ["runs-commands"],
  "confused-deputy": "callers",
  "database-dump": ["reads-records"],
  "destructive-autonomy": ["deletes"],
  "directory-listing": ["reads-files"],
  "directory-of-another": ["reads-files"],
  "duplicate-key-smuggling": "messages",
  "exfiltration-by-parameter": ["carries-text"],
  "exfiltration-by-url": ["opens-addresses"],
  "flood-of-subjects": "counts",
  "force-push": ["changes-branches"],
  "forged-identity": "callers",
  "fraudulent-payment": ["moves-money"],
  "fresh-quota-by-spelling": "counts",
  "grant-that-widens": "callers",
  "group-inside-a-name": "callers",
  "header-body-mismatch": "messages",
  "high-privilege-tool": "callers",
  "instruction-in-a-nested-argument": ["takes-anything"],
  "list-replay": "callers",
  "lists-that-name-the-forbidden": "callers",
  "look-alike-tool-names": "definitions",
  "mass-notification": ["writes-to-people"],
  "memory-implant": ["remembers"],
  "path-traversal": ["reads-files"],
  "pattern-that-loosens-another": "callers",
  "places-taken-and-left": "counts",
  "read-then-send": ["writes-to-people"],
  "records-in-a-result": ["reads-records"],
  "reference-to-nothing": ["moves-money"],
  "rug-pull": "definitions",
  "runaway-loop": "counts",
  "same-name-at-another-issuer": "callers",
  "sampling-by-a-server": "servers",
  "secret-in-an-argument": ["carries-text"],
  "secrets-file-read": ["reads-secrets"],
  "secrets-in-a-result": ["reads-secrets"],
  "session-of-another-server": "callers",
  "sql-writes-through-a-read-tool": ["runs-sql"],
  ssrf: ["opens-addresses"],
  "task-of-another": "callers",
  "token-spend-loop": "counts",
  "tool-poisoning": "definitions",
  "tool-shadowing": "definitions",
  "wrong-namespace-delete": ["names-environments"],
};

/** The kinds of access that a tool has. */
export function accessOf(facts) {
  return Object.keys(ACCESS).filter((kind) => ACCESS[kind].fits(facts));
}
