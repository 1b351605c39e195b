//! The messages of `make` for a missing program or a port in use: one sentence with the remedy.

use host_tests::ports;
use host_tests::program::on_its_own;
use host_tests::require::{ENVOY, lacks};
use std::fs;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

/// Runs `make` with these arguments and returns its output; it must fail.
fn said(make: &mut Command) -> String {
    let make = on_its_own(make).stdin(Stdio::null());
    let Output {
        status,
        stdout,
        stderr,
    } = make.output().expect("make runs");
    let said = [stdout, stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(!status.success(), "{said}");
    said
}

fn says(make: &mut Command, sentence: &str) {
    let said = said(make);
    assert!(said.contains(sentence), "{said}");
}

/// `make run` on free ports.
fn run(arguments: &[&str]) -> Command {
    let [port, admin, server] = [(); 3].map(|()| ports::free());
    let mut make = Command::new("make");
    make.args(["--silent", "run"])
        .args([format!("PORT={port}"), format!("ADMIN_PORT={admin}")]);
    make.args(arguments).env("SERVER_PORT", server.to_string());
    make
}

#[test]
fn port_in_use_is_reported() {
    if lacks(&[ENVOY]) {
        return;
    }
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let sentence = format!(
        "error: Port {port} cannot be used (Address already in use); choose another one with"
    );
    let argument = format!("PORT={port}");
    says(
        &mut run(&[&argument]),
        &format!("{sentence} PORT=<port> or --port."),
    );
    let argument = format!("ADMIN_PORT={port}");
    says(
        &mut run(&[&argument]),
        &format!("{sentence} ADMIN_PORT=<port> or --admin-port."),
    );
    let mut server = run(&[]);
    server.env("SERVER_PORT", port.to_string());
    says(
        &mut server,
        &format!("{sentence} SERVER_PORT=<port> or --server-port."),
    );
}

/// The two run one after the other, because each run has its files in the same folder.
#[test]
fn bad_policy_or_server_is_reported() {
    if lacks(&[ENVOY]) {
        return;
    }
    missing_or_invalid_policy_is_reported();
    invalid_url_or_dead_server_is_reported();
}

fn missing_or_invalid_policy_is_reported() {
    says(
        &mut run(&["POLICY=no/such/policy.json"]),
        "error: no/such/policy.json: No such file or directory",
    );
    let bad = std::env::temp_dir().join(format!("mcp-policy-bad-{}.json", std::process::id()));
    fs::write(&bad, r#"{ "version": "1", "defualt": "deny" }"#).expect("the policy can be written");
    let said = said(&mut run(&[&format!("POLICY={}", bad.display())]));
    fs::remove_file(&bad).expect("the policy goes");
    for line in [
        "error[unknown-key]: /defualt: unknown key `defualt`, did you mean `default`?",
        "error[missing-key]: the key `default` is missing",
    ] {
        assert!(said.lines().any(|own| own == line), "{said}");
    }
}

fn invalid_url_or_dead_server_is_reported() {
    says(
        &mut run(&["UPSTREAM=localhost:9000"]),
        "found `localhost:9000`; write a URL such as http://127.0.0.1:9000/mcp",
    );
    let url = format!("http://{}/mcp", ports::refusing());
    says(
        &mut run(&[&format!("UPSTREAM={url}")]),
        "The gateway runs, but no MCP response came through it",
    );
}

/// The PATH of a machine without Rust and Python has neither program.
#[test]
fn missing_program_is_reported_with_its_remedy() {
    let make = || {
        let found = std::env::split_paths(&std::env::var_os("PATH").expect("a PATH"))
            .map(|folder| folder.join("make"))
            .find(|program| program.is_file());
        let mut make = Command::new(found.expect("make is on the PATH"));
        make.arg("--silent").env("PATH", "/no/such/folder");
        make
    };
    says(
        make().arg("rust"),
        "cargo is missing: install Rust from https://rustup.rs, then run this again",
    );
    says(
        make().args(["VENV=target/tmp/no-venv", "target/tmp/no-venv/ready"]),
        "python3 is missing: install Python 3.10 or later, then run this again",
    );
}
