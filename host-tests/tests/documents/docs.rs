//! Checks the README: the engine gives its answers, its commands run, its figures are those of the build.
//!
//! It checks no links and no other page; `links` and `examples` do.

use super::pages::{blocks, commands, page};
use host_tests::abi::{Clock, Faults, Module, Request, SharedData, Vm};
use host_tests::ports;
use host_tests::program::on_its_own;
use host_tests::require::{ENVOY, lacks};
use host_tests::rpc;
use host_tests::samples::{LONGEST, messages::tiny_values};
use host_tests::tool::mcp_policy;
use host_tests::{root, wasm};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("README.md can be read")
}

/// The shipped module with a policy, 18 seconds after the start of a minute.
fn started(policy: &str) -> Vm {
    let clock = Clock::default();
    clock.set((1_767_225_600 + 18) * 1_000_000_000);
    let module = Module::new(&wasm()).expect("the plugin is a module");
    let vm = module
        .start(
            SharedData::default(),
            clock,
            "mcp_policy",
            Faults::default(),
        )
        .expect("the VM starts");
    assert_eq!(vm.configure(policy.as_bytes()), Ok(true));
    vm
}

type Headers = Vec<(Vec<u8>, Vec<u8>)>;

/// The plugin's own answer to a message; `None` where the message passes.
fn call(vm: &Vm, body: &[u8]) -> Option<Value> {
    let headers = [
        (":method", "POST"),
        ("content-type", "application/json"),
        ("x-request-id", "f00d"),
    ];
    let headers = headers.map(|(name, value)| (name.into(), value.into()));
    answer(vm, headers.into(), body)
}

/// The plugin's own answer to a request; `None` where it passes.
fn answer(vm: &Vm, headers: Headers, body: &[u8]) -> Option<Value> {
    let mut stream = vm.stream(Request {
        headers,
        ..Request::default()
    });
    stream.headers(false).expect("no trap");
    stream.body(body, true).expect("no trap");
    let seen = stream.seen();
    let answer = seen
        .local_response
        .map(|response| serde_json::from_slice(&response.body).expect("JSON"));
    assert_eq!(answer.is_none(), seen.complete, "let through or answered");
    answer
}

/// Plays calls within one minute and returns the last answer. Only the last call is refused.
fn last_answer(policy: &str, tools: &[&str]) -> Value {
    let vm = started(policy);
    let calls = tools.iter().enumerate();
    let calls = calls.map(|(index, tool)| call(&vm, &rpc::call_with(tool, index + 1)));
    let mut answers: Vec<_> = calls.collect();
    let last = answers.pop().flatten();
    assert!(answers.iter().all(Option::is_none), "{answers:?}");
    last.expect("the last call is refused")
}

#[test]
fn policy_of_the_readme_gives_its_two_answers() {
    let readme = readme();
    let [policy, limited, denied] = &blocks(&readme, "json")[..] else {
        panic!("README has three blocks of JSON")
    };
    let parsed = |text: &String| serde_json::from_str::<Value>(text).expect("JSON");
    let eleven = ["run"; 11];
    assert_eq!(last_answer(policy, &eleven), parsed(limited));
    let mut calls = vec!["run"; 10];
    calls.extend(["drop_table"; 1]);
    let mut answer = last_answer(policy, &calls);
    answer["id"] = json!(12);
    assert_eq!(answer, parsed(denied));
}

/// The headers and the body of a request with `curl`, whose arguments have single quotes.
fn curl(command: &str) -> (Vec<(String, String)>, &str) {
    let parts: Vec<_> = command.split('\'').collect();
    let (mut headers, mut body) = (Vec::new(), "");
    for pair in parts.chunks_exact(2) {
        match pair[0].split_whitespace().last() {
            Some("-H") => headers.extend(
                pair[1]
                    .split_once(": ")
                    .map(|(name, value)| (name.into(), value.into())),
            ),
            Some("-d") => body = pair[1],
            other => panic!("{other:?} in {command}"),
        }
    }
    (headers, body)
}

#[test]
fn requests_of_the_pages_get_their_outcomes() {
    let policy = &blocks(&readme(), "json")[0];
    for (path, expected) in [
        (
            "README.md",
            Some("The tool `drop_table` is not available here."),
        ),
        ("envoy/README.md", None),
    ] {
        let commands = commands(&page(path).text);
        let command = commands.iter().find(|line| line.starts_with("curl"));
        let (headers, body) = curl(command.expect("a request"));
        let mut all = vec![
            (":method".into(), "POST".into()),
            (":path".into(), "/mcp".into()),
        ];
        all.extend(
            headers
                .into_iter()
                .map(|(name, value)| (name.into(), value.into())),
        );
        let answer = answer(&started(policy), all, body.as_bytes());
        let text = answer.map(|answer| answer["result"]["content"][0]["text"].clone());
        let text = text.as_ref().and_then(Value::as_str);
        match expected {
            Some(expected) => assert!(text.expect("an answer").contains(expected), "{text:?}"),
            None => assert_eq!(text, None),
        }
    }
}

/// A size in a text equals that of the built file, within a few per cent.
#[test]
fn sizes_equal_those_of_the_build() {
    let sizes = [
        ("README.md", "The module is ", "mcp-policy.wasm"),
        (
            "plugin/component/README.md",
            "one WebAssembly component of ",
            "mcp-policy.component.wasm",
        ),
        (
            "plugin/js/README.md",
            "Its module is ",
            "js/mcp_policy_bg.wasm",
        ),
        (
            "plugin/js/README.md",
            "as a text in a script ",
            "js/mcp_policy_text.js",
        ),
    ];
    for (document, before, file) in sizes {
        let text = fs::read_to_string(root().join(document)).expect("it can be read");
        let told = text.split(before).nth(1);
        let told = told.and_then(|rest| rest.split(" KiB").next()?.parse::<f64>().ok());
        let told = told.unwrap_or_else(|| panic!("{document} does not tell the size of {file}"));
        let built = fs::metadata(root().join("target/dist").join(file));
        let built = built.expect("`make build` was run").len() as f64 / 1024.0;
        assert!(
            (built / told - 1.0).abs() < 0.03,
            "{document}: {file} has {built:.0} KiB, not {told}"
        );
    }
}

#[test]
fn memory_equals_that_of_the_module() {
    let readme = readme();
    let told = |before: &str| {
        let rest = readme.split(before).nth(1);
        rest.and_then(|rest| rest.split(" MiB").next()?.parse::<f64>().ok())
            .unwrap_or_else(|| panic!("README does not tell the memory after `{before}`"))
    };
    let vm = started(&blocks(&readme, "json")[0]);
    let taken = || vm.memory_bytes() as f64 / 1024.0 / 1024.0;
    assert!(call(&vm, &rpc::call("run")).is_none());
    println!("memory of a worker: {:.2} MiB", taken());
    assert!((taken() - told("A worker thread takes ")).abs() < 0.1);
    let answer = call(&vm, &tiny_values(LONGEST));
    println!("and after the worst message: {:.2} MiB", taken());
    assert_eq!(answer, None, "the worst message is one that is read");
    assert!((taken() - told("it takes up to ")).abs() < 1.0);
}

/// The cost in the README is that of the last measurement.
#[test]
fn measurement_is_the_last_one() {
    let results = root().join("host-tests/benches/results/gateway.md");
    let results = fs::read_to_string(results).expect("the results can be read");
    let mut lines = results.lines();
    let found = lines.find(|line| line.starts_with("**") && line.ends_with("**"));
    let found = found.expect("the results say in one line what was found");
    assert!(readme().contains(found), "README does not say: {found}");
}

/// Runs every `make` command of the documents as written, except for ports and the user's own server.
#[test]
fn commands_of_the_documents_run() {
    if lacks(&[ENVOY]) {
        return;
    }
    let readme = readme();
    let commands = commands(&readme);
    assert!(commands.len() >= 3);
    for command in commands {
        let command = command.split('#').next().unwrap_or_default().trim();
        let words: Vec<_> = command.split_whitespace().collect();
        match words[..] {
            // CI runs the test command, and so this test.
            ["make", "test"] => {
                let ci = fs::read_to_string(root().join(".ci/run")).expect(".ci/run can be read");
                assert!(ci.lines().any(|line| line == "make test"));
            }
            ["make", "run"] => {
                let told = make_run(&[]);
                the_log_has_decisions();
                a_call_is_approved_once(&told);
            }
            ["make", "run", policy, upstream] => make_run_for_a_server(policy, upstream),
            // `requests_of_the_pages_get_their_outcomes` plays requests.
            ["curl", ..] => {}
            _ => panic!("no test runs `{command}`"),
        }
    }
}

/// The probe of the demo has no token, so that a policy with `grants` refuses it.
#[test]
fn demo_with_grants_runs_and_shows_how_to_send_a_token() {
    if lacks(&[ENVOY]) {
        return;
    }
    let grants = r#""grants": { "alice": { "match": { "bearer_sha256": "9c220f200955d76c0a38d308225e0ef10c5f971acaf2f8d1d8f732affa5bd1dc" }, "policy": "main" } }"#;
    let policy = format!(r#"{{ "version": "1", "default": "allow", {grants} }}"#);
    let (succeeded, text) = demo_with(&policy);
    assert!(succeeded, "{text}");
    let told = "The gateway runs. Its policy admits only callers with a token, and this probe has none: \
        Unknown caller. Send your bearer token, or ask the gateway's operator for one.\n";
    assert!(text.contains(told), "{text}");
    assert!(
        text.contains(r#"-H "Authorization: Bearer $TOKEN""#),
        "{text}"
    );
}

#[test]
fn demo_with_refused_probe_runs_and_quotes_the_refusal() {
    if lacks(&[ENVOY]) {
        return;
    }
    let policy = r#"{ "version": "1", "default": "deny", "frozen": true }"#;
    let (succeeded, text) = demo_with(policy);
    assert!(succeeded, "{text}");
    let told = "The gateway runs. Its policy refuses this probe: ";
    assert!(text.contains(told), "{text}");
    assert!(!text.contains(".."), "{text}");
    assert!(!text.contains("$TOKEN"), "{text}");
}

/// Each start makes the keys that the policy names, unless they are in the environment.
#[test]
fn demo_with_approvals_has_their_keys() {
    if lacks(&[ENVOY]) {
        return;
    }
    let approvals = r#""approvals": { "keys": ["FIRST_KEY", "SECOND_KEY"], "url": "https://gateway.example/approvals",
        "approvers": { "ops": { "mtls": { "uri_san": "spiffe://acme/ops" } } } }"#;
    let policy = format!(
        r#"{{ "version": "1", "default": "deny", {approvals}, "tools": {{ "deploy": {{ "action": "require_approval" }} }} }}"#
    );
    let (succeeded, text) = demo_with(&policy);
    assert!(succeeded, "{text}");
    assert!(text.contains("Tools under this policy: deploy"), "{text}");
}

#[test]
fn demo_with_invalid_policy_underlines_the_mistake() {
    if lacks(&[ENVOY]) {
        return;
    }
    let (succeeded, text) = demo_with(r#"{ "version": "1", "default": "deny", "tool": {} }"#);
    assert!(!succeeded, "{text}");
    assert!(text.contains("error[unknown-key]: "), "{text}");
    assert!(text.contains("^^^^^^"), "{text}");
    assert!(!text.contains("Starting Envoy"), "{text}");
}

#[test]
fn applied_policy_is_written_with_a_warning_where_the_module_is_not_on_this_machine() {
    let folder = std::env::temp_dir().join(format!("mcp-policy-apply-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (policy, out) = (
        root().join("envoy/demo/policy.json"),
        folder.join("plugin.json"),
    );
    let apply = |module: &Path| {
        let mut apply = mcp_policy();
        apply.args(["envoy", "apply", "--no-wait", "--wasm"]);
        apply.arg(module).arg("--file").arg(&out).arg(&policy);
        let output = apply.output().expect("the tool runs");
        assert!(output.status.success() && fs::remove_file(&out).is_ok());
        String::from_utf8(output.stderr).expect("UTF-8")
    };
    let missing = folder.join("missing.wasm");
    assert_eq!(
        apply(&missing),
        format!(
            "{} does not exist on this machine; where Envoy runs, the module must be there (`--wasm` names another path)\n",
            missing.display()
        )
    );
    assert_eq!(apply(&policy), "", "a file that is there");
    fs::remove_dir_all(&folder).expect("the folder can be removed");
}

/// Whether the demo succeeds with this policy and its own server, and its output.
fn demo_with(policy: &str) -> (bool, String) {
    let folder = std::env::temp_dir().join(format!("mcp-policy-demo-{}", ports::free()));
    fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("policy.json");
    fs::write(&file, policy).expect("the policy can be written");
    let python = std::env::var("MCP_PYTHON").expect("run this through `make test`");
    let mut run = Command::new(python);
    run.arg(root().join("envoy/demo/run.py"))
        .stdin(Stdio::null());
    run.arg("--policy").arg(&file).arg("--work").arg(&folder);
    for port in ["--port", "--admin-port", "--server-port"] {
        run.arg(port).arg(ports::free().to_string());
    }
    let output = run.output().expect("the demo runs");
    fs::remove_dir_all(&folder).expect("the folder can be removed");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into(),
    )
}

/// The output of `make run`, which must succeed.
fn make_run(extra: &[String]) -> String {
    let ports = [ports::free(), ports::free(), ports::free()];
    let mut make = Command::new("make");
    on_its_own(&mut make).arg("run").args(extra);
    make.arg(format!("PORT={}", ports[0]))
        .arg(format!("ADMIN_PORT={}", ports[1]))
        .env("SERVER_PORT", ports[2].to_string());
    make.stdin(Stdio::null());
    let output = make.output().expect("make runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{text}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    text
}

/// Without a terminal the demo signs in and approves by itself; the approved call passes, and the same one again does not.
fn a_call_is_approved_once(told: &str) {
    let rows = [
        "Call deploy  ",
        "An approver signs in",
        "Call deploy with another",
        "Call deploy as it was",
        "Call deploy once more",
    ];
    for row in rows {
        let line = told.lines().find(|line| line.starts_with(row));
        assert!(
            line.is_some_and(|line| line.ends_with(" ok")),
            "{row}: {told}"
        );
    }
    assert!(told.contains("deploy once"), "{told}");
}

/// `POLICY=my.json UPSTREAM=http://127.0.0.1:9000/mcp`, with a server of this test instead of the user's.
fn make_run_for_a_server(policy: &str, upstream: &str) {
    assert_eq!(
        (policy, upstream),
        ("POLICY=my.json", "UPSTREAM=http://127.0.0.1:9000/mcp")
    );
    let python = std::env::var("MCP_PYTHON").expect("run this through `make test`");
    let port = ports::free();
    let mut server = Command::new(python)
        .args([
            root().join("envoy/demo/server.py").display().to_string(),
            "--port".into(),
            port.to_string(),
        ])
        .spawn()
        .expect("the server starts");
    let wait = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
    let up = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        wait()
    });
    let policy = root().join("envoy/demo/policy.json").display().to_string();
    let run = std::panic::catch_unwind(|| {
        assert!(up, "the server listens");
        make_run(&[
            format!("POLICY={policy}"),
            format!("UPSTREAM=http://127.0.0.1:{port}/mcp"),
        ]);
    });
    server.kill().expect("the server ends");
    server.wait().expect("the server ends");
    run.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

/// The command of `envoy/README.md` that reads the log finds decisions in the log that the demo leaves.
fn the_log_has_decisions() {
    let page = page("envoy/README.md").text;
    let mut lines = page.lines();
    let command = lines
        .find(|line| line.starts_with("grep "))
        .expect("a command");
    let output = Command::new("sh")
        .current_dir(root())
        .args(["-c", command])
        .output()
        .expect("sh runs");
    let found = String::from_utf8(output.stdout).expect("UTF-8");
    let decision = found.lines().next().expect("a decision");
    assert!(
        serde_json::from_str::<Value>(decision).is_ok(),
        "{decision}"
    );
}
