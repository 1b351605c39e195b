//! Turns a real MCP server, a real Envoy with the plugin in front of it, and a real MCP client into checks of what the
//! client sees. The server and the client stand in `clients/`, on the official SDK for Python.
//!
//! It never judges an answer itself: the client does, and knows what a user of the SDK would call wrong.

use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::wire::Deadline;
use host_tests::{root, wasm_path};
use serde::Deserialize;
use serde_json::Value;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// For Python to import the SDK and to listen, on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Longer than the client gives itself, so that it can still say what it saw.
const STORY_LIMIT: Duration = Duration::from_secs(180);
/// Between the end of a program's output and its own.
const EXIT_LIMIT: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(10);

/// One rule of every kind that a session can meet. Months are long, so that no window ends in the middle of a test.
const POLICY: &str = r#"{
  "version": "1",
  "default": "deny",
  "tools": {
    "add": {}, "announce": {}, "ask": {}, "echo": {}, "fail": {}, "open_gate": {}, "watch": {},
    "twice": { "limits": [ { "counter": "twice", "window": "month", "max": 2, "scope": "grant" } ] },
    "delete_project": { "action": "deny", "reason": "Never from an agent." }
  },
  "prompts": { "greeting": {}, "begrüßung": {}, "secret": { "action": "deny" } },
  "resources": { "memo://public": {}, "memo://notes/*": {} },
  "methods": { "notifications/roots/list_changed": { "action": "deny" } },
  "host": { "hold_request_headers": HOLD }
}"#;

#[test]
fn python_sdk_with_headers_held() {
    play("auto", true);
}

#[test]
fn python_sdk_with_headers_flowing() {
    play("auto", false);
}

#[test]
fn python_sdk_in_legacy_mode_with_headers_held() {
    play("legacy", true);
}

#[test]
fn python_sdk_in_legacy_mode_with_headers_flowing() {
    play("legacy", false);
}

/// What the client prints, one a line.
#[derive(Debug, Deserialize)]
struct Check {
    check: String,
    ok: bool,
    saw: Value,
}

/// Plays one client's session from its start to its end.
fn play(mode: &str, hold: bool) {
    let python = python();
    let mut server = Program::start(&python, "server.py", &[]);
    let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
    let envoy = gateway(upstream, hold);
    let urls = [envoy.addr("mcp"), upstream].map(|addr| format!("http://{addr}/mcp"));
    let mut client = Program::start(&python, "client.py", &[mode, &urls[0], &urls[1]]);
    let lines = client.lines();
    let status = client.wait();
    let wrong = complain(&lines);
    if wrong.is_empty() && status.is_some_and(|status| status.success()) {
        return;
    }
    panic!(
        "{mode}, hold_request_headers {hold}: {} of {} checks failed, {}\n{}\n\nthe client wrote:\n{}\nthe server wrote:\n{}\nEnvoy wrote, allowed calls left out:\n{}",
        wrong.len(),
        lines.len(),
        status.map_or_else(|| "no end".into(), |status| status.to_string()),
        wrong.join("\n"),
        client.errors(),
        server.errors(),
        refusals(&envoy.log()),
    );
}

/// The Python that has the SDK.
fn python() -> OsString {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    match (set("ENVOY_BIN"), set("MCP_PYTHON")) {
        (Some(_), Some(python)) => python,
        _ => panic!("ENVOY_BIN or MCP_PYTHON is not set: run this through `make test`"),
    }
}

/// Two workers: the client's connections end up at both.
fn gateway(upstream: SocketAddr, hold: bool) -> Envoy {
    let policy = POLICY.replace("HOLD", &hold.to_string());
    let listener = Listener::new("mcp", &policy, upstream, &wasm_path());
    let mut config = Config::new(vec![listener]);
    config.concurrency = 2;
    Envoy::start(&config).expect("Envoy starts")
}

/// Prints all checks, and returns those that failed. A line that is no check is a failed one.
fn complain(lines: &[String]) -> Vec<String> {
    let failed = lines
        .iter()
        .filter(|line| match serde_json::from_str(line) {
            Ok(Check { check, ok, saw }) => {
                println!("{} {check}: {saw}", if ok { "ok  " } else { "FAIL" });
                !ok
            }
            Err(_) => true,
        });
    failed.cloned().collect()
}

/// The log without the lines that say that all is well.
fn refusals(log: &str) -> String {
    let lines = log
        .lines()
        .filter(|line| !line.contains(r#""decision":"allow""#));
    lines.collect::<Vec<_>>().join("\n")
}

/// A Python program of `clients/`. Dropping it ends the process.
struct Program {
    child: Child,
    output: Receiver<String>,
    // Read all the time: a program that writes into a full pipe stands still.
    errors: Option<JoinHandle<String>>,
}

impl Program {
    fn start(python: &OsString, file: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new(python)
            .arg(root().join("host-tests/clients").join(file))
            .args(arguments)
            // Python would leave its bytecode beside the sources.
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONIOENCODING", "utf-8")
            // Open as long as this process lives; the server ends with it.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{python:?} could not be started: {error}; run this through `make test`")
            });
        let stdout = child.stdout.take().expect("it is piped");
        let mut stderr = child.stderr.take().expect("it is piped");
        let (sender, output) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            // Nobody listens any more once the test has failed.
            let _ = lines.map(|line| sender.send(line)).find(Result::is_err);
        });
        let errors = thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self {
            child,
            output,
            errors: Some(errors),
        }
    }

    /// The port in the first line of the server's output.
    fn port(&mut self) -> u16 {
        let line = self.output.recv_timeout(START_LIMIT).unwrap_or_default();
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        let port = ready["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok());
        port.unwrap_or_else(|| {
            panic!(
                "the MCP server did not start: {line}\n{}\nis `mcp` installed? run this through `make test`",
                self.errors()
            )
        })
    }

    /// All lines until the program closes its output or the time is up.
    fn lines(&self) -> Vec<String> {
        let deadline = Deadline::after(STORY_LIMIT);
        let mut lines = Vec::new();
        loop {
            let left = deadline.left().unwrap_or_default();
            match self.output.recv_timeout(left) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => return lines,
                Err(RecvTimeoutError::Timeout) => {
                    lines.push(format!("nothing more came in {STORY_LIMIT:?}"));
                    return lines;
                }
            }
        }
    }

    /// How the program ended, if it did in time.
    fn wait(&mut self) -> Option<ExitStatus> {
        let deadline = Deadline::after(EXIT_LIMIT);
        while deadline.left().is_ok() {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(PAUSE);
        }
        None
    }

    /// Ends the program, and returns what it wrote to its standard error.
    fn errors(&mut self) -> String {
        self.end();
        let errors = self.errors.take().map(JoinHandle::join);
        errors.and_then(Result::ok).unwrap_or_default()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.end();
    }
}
