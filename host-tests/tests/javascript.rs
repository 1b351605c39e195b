//! The JavaScript package as its users meet it: its types, its own tests, and the example of its README.

use host_tests::node::{installed, node};
use host_tests::root;
use host_tests::upstream::Upstream;
use host_tests::wire::{Http1Request, http1};
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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
fn the_package_stands_what_a_program_does_wrong() {
    succeeds(node().args(["--test", "package.test.js"]));
}

#[test]
fn the_version_is_that_of_the_crate() {
    let text = fs::read_to_string(root().join("target/dist/js/package.json"));
    let package: Value = serde_json::from_str(&text.expect("a package")).expect("JSON");
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
}

/// Where the README has ports of its own, the example gets others.
fn write_example(upstream: SocketAddr) {
    let readme = root().join("plugin/policy-js/README.md");
    let readme = fs::read_to_string(readme).expect("the README can be read");
    let example = readme
        .split("```js\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let mut example = example.expect("the README has an example").to_owned();
    for (from, to) in [
        ("http://127.0.0.1:9000", format!("http://{upstream}")),
        ("PORT = 8080", "PORT = 0".into()),
        (r#""policy.json""#, r#""example.json""#.into()),
    ] {
        assert!(example.contains(from), "the example has {from}");
        example = example.replace(from, &to);
    }
    let policy =
        r#"{ "version": "1", "default": "deny", "tools": { "run": { "rate_limit": "2/hour" } } }"#;
    fs::write(installed().join("example.json"), policy).expect("the policy can be written");
    fs::write(installed().join("example.js"), example).expect("the example can be written");
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
    fn start() -> (Self, SocketAddr) {
        let mut process = node()
            .arg("example.js")
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let output = process.stdout.take().expect("it has an output");
        let gateway = Self(process);
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let line = lines.next().expect("it says where it listens");
        // The decisions that follow are read, so that the pipe does not fill up.
        std::thread::spawn(move || lines.for_each(drop));
        let port = line.split("port: ").nth(1).expect("a port");
        let port: u16 = port.trim_end_matches([' ', '}']).parse().expect("a number");
        (gateway, SocketAddr::from(([127, 0, 0, 1], port)))
    }
}

#[test]
fn the_types_and_the_example_of_the_readme_hold() {
    let upstream = Upstream::start().expect("the upstream starts");
    write_example(upstream.addr());
    succeeds(node().args(["node_modules/typescript/bin/tsc", "--project", "."]));
    let (_gateway, addr) = Gateway::start();
    let call = |tool: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}"}}}}"#
        );
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
