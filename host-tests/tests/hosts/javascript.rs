//! Tests the JavaScript package as users have it: its types, its own tests, and the example in its README.

use host_tests::corpus::run;
use host_tests::host::{ClockKind, Host, Splits};
use host_tests::node::{installed, node, play_without_store};
use host_tests::require::{NODE, PACKAGE, lacks};
use host_tests::root;
use host_tests::upstream::{Upstream, reply};
use host_tests::wire::{Http1Request, http1};
use mcp_policy_cases::corpus::corpus;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const LIST: &str =
    r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"drop"},{"name":"run"}]}}"#;
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
    let host = Host::new("JavaScript alone", ClockKind::Set, |cases| {
        play_without_store(cases, Splits::or(Splits::Chosen))
    });
    let failures = run(&[host], &cases).failures(false);
    assert!(failures.is_empty(), "{failures}");
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
    let [example, settle, _] = blocks[..] else {
        panic!("the README has three blocks of JavaScript")
    };
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
    let policy =
        r#"{ "version": "1", "default": "deny", "tools": { "run": { "rate_limit": "2/hour" } } }"#;
    for (file, text) in [
        ("example.json", policy),
        ("example.js", &example),
        ("example-alone.js", &alone),
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
    for program in ["example.js", "example-alone.js"] {
        judges_and_counts(program, &upstream);
    }
}

fn judges_and_counts(program: &str, upstream: &Upstream) {
    let (_gateway, addr) = Gateway::start(program);
    let ask = |method: &str, params: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#);
        let request = Http1Request {
            method: "POST".into(),
            path: "/mcp".into(),
            headers: vec![(b"content-type".to_vec(), b"application/json".to_vec())],
            body: Some(body.into_bytes()),
            ..Http1Request::default()
        };
        let response = http1(addr, &request, TIMEOUT).expect("an answer");
        String::from_utf8_lossy(&response.body).into_owned()
    };
    let list = ask("tools/list", "{}");
    assert_eq!(list, LIST.replace(r#"{"name":"drop"},"#, ""));
    upstream.take();
    let call = |tool: &str| ask("tools/call", &format!(r#"{{"name":"{tool}"}}"#));
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
