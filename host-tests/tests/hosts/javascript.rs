//! Tests the JavaScript package as users have it: its types, its own tests, and the example in its README.

use host_tests::case::Case;
use host_tests::corpus::run;
use host_tests::host::{ClockKind, Host, Splits};
use host_tests::node::{installed, node, play_without_store};
use host_tests::require::{NODE, PACKAGE, REDIS, lacks};
use host_tests::root;
use host_tests::rpc::post;
use host_tests::upstream::{Upstream, reply};
use host_tests::wire::http1;
use mcp_policy_cases::corpus::corpus;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"drop"},{"name":"run"}]}}"#;
const POLICY: &str =
    r#"{ "version": "1", "default": "deny", "tools": { "run": { "rate_limit": "2/hour" } } }"#;
const TIMEOUT: Duration = Duration::from_secs(10);

fn succeeds(command: &mut Command) {
    let output = command.output().expect("Node starts");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn package_survives_a_faulty_program() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    succeeds(node().args([
        "--test",
        "package.test.js",
        "count.test.js",
        "response.test.js",
        "tool.test.js",
    ]));
}

/// Express, Hono and `node:http` with the official SDK.
#[test]
fn adapters_pass_on_nothing_that_the_policy_has_not_judged() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    succeeds(node().args([
        "--test",
        "gateway.test.js",
        "middleware.test.js",
        "middleware_counters.test.js",
        "middleware_response.test.js",
        "fetch.test.js",
    ]));
}

/// Two independent ways to count have the same outcome.
#[test]
fn program_that_counts_decides_as_the_store() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    let mut cases = corpus(&root().join("policies")).expect("a corpus");
    cases.retain(|case| {
        let counts = ["limit/", "shadow/"].map(|folder| case.name.starts_with(folder));
        // Only the store remembers the later window after the clock goes back, and the places of tasks.
        let of_store = [
            "limit/clock-that-goes-back.json",
            "limit/running-tasks.json",
        ];
        counts.contains(&true) && !of_store.contains(&&*case.name)
    });
    counts_as_the_store("alone", &cases);
}

/// A Redis counts, and keeps sessions, tasks and pins: all cases pass. The other client only carries the same questions.
#[test]
fn redis_decides_as_the_store() {
    if lacks(&[NODE, PACKAGE, REDIS]) {
        return;
    }
    let mut cases = corpus(&root().join("policies")).expect("a corpus");
    // Only the store remembers the later window after the clock goes back, and only it has room for so few subjects that
    // others share one count.
    let of_store = [
        "limit/clock-that-goes-back.json",
        "attacks/flood-of-subjects.json",
    ];
    cases.retain(|case| !of_store.contains(&&*case.name));
    counts_as_the_store("redis", &cases);
    let asks = ["limit/", "sequence/", "pin/", "task/", "id/"];
    cases.retain(|case| asks.iter().any(|folder| case.name.starts_with(folder)));
    counts_as_the_store("ioredis", &cases);
}

fn counts_as_the_store(counts: &'static str, cases: &[Case]) {
    let host = Host::new("JavaScript without a store", ClockKind::Set, move |cases| {
        play_without_store(counts, cases, Splits::or(Splits::Chosen))
    });
    let failures = run(&[host], cases).failures(false);
    assert!(failures.is_empty(), "{counts}: {failures}");
}

#[test]
fn transports_of_the_sdk_are_governed() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    succeeds(node().args(["--test", "sdk.test.js"]));
}

#[test]
fn redis_that_fails_refuses_calls() {
    if lacks(&[NODE, PACKAGE, REDIS]) {
        return;
    }
    succeeds(node().args(["--test", "redis.test.js"]));
}

/// The README shows the function that is tested.
#[test]
fn readme_shows_the_tested_counting() {
    let program = fs::read_to_string(root().join("host-tests/js/reserve.js")).expect("a program");
    let (_, shown) = program.split_once("\n\n").expect("a header and code");
    let block = format!("```js\n{shown}```\n");
    assert!(readme().contains(&block), "the README has no\n{block}");
}

#[test]
fn package_version_equals_crate_version() {
    let text = fs::read_to_string(root().join("target/dist/js/package.json"));
    let package: Value = serde_json::from_str(&text.expect("a package")).expect("JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
}

fn readme() -> String {
    let readme = root().join("plugin/js/README.md");
    fs::read_to_string(readme).expect("the README can be read")
}

/// Writes the example, and the example that counts itself into another file. It replaces the ports of the README by
/// free ones.
fn write_examples(upstream: SocketAddr) {
    let readme = readme();
    let blocks = readme.split("```js\n").skip(1);
    let blocks: Vec<_> = blocks.filter_map(|rest| rest.split("```").next()).collect();
    let [express, fetch, sdk, redis, example, settle, _] = blocks[..] else {
        panic!("the README has seven blocks of JavaScript")
    };
    write_servers(express, fetch);
    let example = replaced(
        example,
        [
            ("http://127.0.0.1:9000", &format!("http://{upstream}")),
            ("PORT = 8080", "PORT = 0"),
            (r#""policy.json""#, r#""example.json""#),
        ],
    );
    let store = "step = store.resolve(exchange, step, Date.now());";
    let alone = replaced(&example, [(store, settle)]);
    let alone = format!("import {{ lookup, open, reserve }} from \"./reserve.js\";\n{alone}");
    for (file, text) in [
        ("example.json", POLICY),
        ("example.js", &example),
        ("example-alone.js", &alone),
        // The compiler checks them; `redis.test.js` and `sdk.test.js` run the same.
        ("example-redis.js", redis),
        ("example-sdk.js", sdk),
    ] {
        fs::write(installed().join(file), text).expect("it can be written");
    }
}

/// The MCP servers of the README, at free ports. Their types are checked apart: those of the SDK do not pass the strictest
/// settings.
fn write_servers(express: &str, fetch: &str) {
    let policy = (r#""policy.json""#, r#""example.json""#);
    let express = replaced(express, [policy, ("8080", "0")]);
    let fetch = replaced(fetch, [policy]);
    let serve = r#"import { serve } from "@hono/node-server";
serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, (address) => console.log("listening", address));
"#;
    for (file, text) in [
        ("example-express.mjs", express),
        ("example-fetch.mjs", format!("{fetch}{serve}")),
    ] {
        fs::write(installed().join(file), text).expect("it can be written");
    }
}

fn replaced<const N: usize>(text: &str, pairs: [(&str, &str); N]) -> String {
    pairs.into_iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the example has {from}");
        text.replace(from, to)
    })
}

/// A running example, ended with the test.
struct Gateway(Child);

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Gateway {
    fn start(program: &str) -> (Self, SocketAddr) {
        let mut process = node()
            .arg(program)
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let output = process.stdout.take().expect("it has an output");
        let gateway = Self(process);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let line = lines.next().expect("it says where it listens");
        // Reads the decisions that follow, so that the pipe does not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        let port = line.split("port: ").nth(1).expect("a port");
        let port: u16 = port.trim_end_matches([' ', '}']).parse().expect("a number");
        (gateway, SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

#[test]
fn types_and_examples_of_the_readme_are_valid() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    let upstream = Upstream::answering(|request| {
        let lists = request.body.windows(10).any(|part| part == b"tools/list");
        let result = if lists {
            LIST
        } else {
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#
        };
        reply(200, "application/json", result.as_bytes())
    });
    let upstream = upstream.expect("the upstream starts");
    write_examples(upstream.addr());
    succeeds(node().args(["node_modules/typescript/bin/tsc", "--project", "."]));
    for project in ["tsconfig.package.json", "tsconfig.examples.json"] {
        succeeds(node().args(["node_modules/typescript/bin/tsc", "--project", project]));
    }
    for program in ["example.js", "example-alone.js"] {
        judges_and_counts(program, &upstream);
    }
    for program in ["example-express.mjs", "example-fetch.mjs"] {
        serves_and_counts(program);
    }
}

/// An MCP server behind a policy, asked by a client that writes its requests by hand.
fn serves_and_counts(program: &str) {
    let (_gateway, addr) = Gateway::start(program);
    let list = ask(addr, "tools/list", "{}");
    assert!(list.contains(r#""name":"run""#), "{program}: {list}");
    assert!(!list.contains("drop"), "{program}: {list}");
    let call = |tool: &str| ask(addr, "tools/call", &format!(r#"{{"name":"{tool}"}}"#));
    let answers = [call("run"), call("drop"), call("run"), call("run")];
    let ran = answers.each_ref().map(|answer| answer.contains("It ran."));
    assert_eq!(ran, [true, false, true, false], "{program}: {answers:?}");
    for (answer, why) in [(1, "not available here"), (3, "2 calls is used up")] {
        assert!(answers[answer].contains(why), "{program}: {answers:?}");
    }
}

/// The body of the answer to one message.
fn ask(addr: SocketAddr, method: &str, params: &str) -> String {
    let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
    let request = post(body.into_bytes());
    let response = http1(addr, &request, TIMEOUT).expect("an answer");
    String::from_utf8_lossy(&response.body).into_owned()
}

fn judges_and_counts(program: &str, upstream: &Upstream) {
    let (_gateway, addr) = Gateway::start(program);
    let list = ask(addr, "tools/list", "{}");
    assert_eq!(list, LIST.replace(r#"{"name":"drop"},"#, ""));
    upstream.take();
    let call = |tool: &str| ask(addr, "tools/call", &format!(r#"{{"name":"{tool}"}}"#));
    let denied = |answer: &str| answer.contains("[POLICY DENIED]");
    let answers = [call("run"), call("drop"), call("run"), call("run")];
    assert_eq!(
        answers.each_ref().map(|answer| denied(answer)),
        [false, true, false, true],
        "{answers:?}"
    );
    assert!(
        answers[3].contains("The limit of 2 calls is used up"),
        "{answers:?}"
    );
    let seen = upstream.take();
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(
        seen.iter()
            .all(|request| request.complete && request.body.ends_with(br#""name":"run"}}"#))
    );
}
