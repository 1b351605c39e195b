//! The program of the npm package prints what the native one prints: of all policies, logs, documents and tool lists of these
//! tests, and of the cases in `policies/`.
//!
//! `NPM_PROGRAMS`, which `make test` sets, names the folder with the program, as npm installs it.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may panic: that is how it fails"
)]

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn program() -> PathBuf {
    let folder = std::env::var("NPM_PROGRAMS");
    let folder = folder.expect("NPM_PROGRAMS is not set: run this through `make test`");
    Path::new(&folder).join("mcp-policy")
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// An empty folder for files.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("npm")
        .join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

fn output(program: &Path, folder: &Path, arguments: &[String]) -> Output {
    let mut command = Command::new(program);
    let command = command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).output().expect("it starts")
}

/// Both programs end alike; returns the standard output.
fn both(folder: &Path, arguments: &[&str]) -> String {
    let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
    let native = output(
        Path::new(env!("CARGO_BIN_EXE_mcp-policy")),
        folder,
        &arguments,
    );
    let node = output(&program(), folder, &arguments);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert_eq!(text(&node.stderr), text(&native.stderr), "{arguments:?}");
    assert_eq!(text(&node.stdout), text(&native.stdout), "{arguments:?}");
    assert_eq!(node.status.code(), native.status.code(), "{arguments:?}");
    text(&native.stdout)
}

/// The files of a folder of these tests, with their content.
fn cases(name: &str) -> Vec<(String, Value)> {
    let mut cases: Vec<_> = fs::read_dir(tests().join(name))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a case");
            let name = path.file_stem().expect("a name").to_string_lossy();
            (
                name.into_owned(),
                serde_json::from_str(&text).expect("JSON"),
            )
        })
        .collect();
    cases.sort_by(|one, other| one.0.cmp(&other.0));
    assert!(!cases.is_empty(), "{name} has no cases");
    cases
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("it can be written");
}

fn write_json(folder: &Path, name: &str, value: &Value) {
    let text = serde_json::to_string_pretty(value).expect("JSON");
    write(folder, name, &text);
}

/// The policies are checked by one command, and each of those with tools by one of its own.
#[test]
fn check_prints_what_the_native_one_prints() {
    let folder = folder("check");
    let mut policies = Vec::new();
    for (name, case) in cases("check") {
        let file = format!("{name}.json");
        match case["policy_text"].as_str() {
            Some(text) => write(&folder, &file, text),
            None => write_json(&folder, &file, &case["policy"]),
        }
        if !case["tools"].is_null() {
            let tools = format!("{name}.tools");
            write_json(&folder, &tools, &case["tools"]);
            both(&folder, &["check", &file, "--tools", &tools]);
        }
        policies.push(file);
    }
    let policies: Vec<&str> = policies.iter().map(String::as_str).collect();
    let text = both(&folder, &[&["check"], &*policies].concat());
    assert!(text.contains("^^^^"), "{text}");
    let json = both(&folder, &[&["check", "--json"], &*policies].concat());
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json.as_array().expect("a list").len(), policies.len());
    for format in ["github", "sarif"] {
        both(
            &folder,
            &[&["check", "--format", format], &*policies].concat(),
        );
    }
}

#[test]
fn diff_prints_what_the_native_one_prints() {
    for (name, case) in cases("diff") {
        let folder = folder(&format!("diff-{name}"));
        write_json(&folder, "new.json", &case["new"]);
        let lines = case["lines"].as_array().expect("lines").iter();
        let line = |line: &Value| {
            line.as_str()
                .map_or_else(|| line.to_string(), str::to_owned)
        };
        let lines: Vec<String> = lines.map(line).collect();
        write(&folder, "calls.jsonl", &(lines.join("\n") + "\n"));
        let mut arguments = vec!["diff"];
        if !case["old"].is_null() {
            write_json(&folder, "old.json", &case["old"]);
            arguments.push("old.json");
        }
        arguments.extend(["new.json", "--calls", "calls.jsonl"]);
        if let Some(grant) = case["as"].as_str() {
            arguments.extend(["--as", grant]);
        }
        both(&folder, &arguments);
        both(&folder, &[&["--json"], &*arguments].concat());
    }
}

#[test]
fn import_prints_and_writes_what_the_native_one_does() {
    let folder = folder("import");
    for (name, case) in cases("import") {
        let lines = case["yaml"].as_array().expect("lines").iter();
        let lines: Vec<&str> = lines.filter_map(Value::as_str).collect();
        let file = format!("{name}.yaml");
        write(&folder, &file, &(lines.join("\n") + "\n"));
        let policy = both(&folder, &["import", &file]);
        let _ = fs::remove_file(folder.join("policy.json"));
        let arguments = ["import", &file, "-o", "policy.json"].map(str::to_owned);
        output(&program(), &folder, &arguments);
        let written = fs::read_to_string(folder.join("policy.json"));
        assert_eq!(written.unwrap_or_default(), policy, "{name}");
    }
}

#[test]
fn limits_prints_what_the_native_one_prints() {
    let folder = folder("limits");
    for (name, case) in cases("limits") {
        let file = format!("{name}.json");
        write_json(&folder, &file, &case["policy"]);
        for format in ["limitador", "envoy-ratelimit"] {
            both(&folder, &["limits", "--format", format, &file]);
        }
    }
}

#[test]
fn test_prints_what_the_native_one_prints_of_all_cases_of_the_project() {
    let policies = tests().join("../../../policies");
    let passed = both(&policies, &["test", "."]);
    assert!(passed.ends_with(" passed\n"), "{passed}");
    both(&policies, &["--json", "test", "limit", "condition"]);
    both(&policies, &["test", "limit", "--coverage"]);
    for format in ["github", "sarif"] {
        both(
            &policies,
            &["test", "limit", "--coverage", "--format", format],
        );
    }
}

#[test]
fn explain_prints_what_the_native_one_prints() {
    let folder = tests().join("readme");
    for times in ["1", "11"] {
        both(
            &folder,
            &[
                "explain",
                "policy.json",
                "call.json",
                "--at",
                "1767225600",
                "--times",
                times,
            ],
        );
    }
}

#[test]
fn scan_init_and_pin_of_files_do_what_the_native_one_does() {
    let lists = tests().join("fixtures/tool-lists");
    let list = lists.join("github.json");
    let list = list.to_str().expect("UTF-8");
    let folder = folder("scan");
    for format in [&[][..], &["--json"], &["--markdown"], &["--html"]] {
        both(&folder, &[&["scan", list], format].concat());
    }
    let written = |program: &Path, name: &str| {
        let file = format!("{name}.json");
        let init = ["init", list, "-o", &file].map(str::to_owned);
        let ended = output(program, &folder, &init);
        assert!(ended.status.success(), "{ended:?}");
        let again = output(program, &folder, &init);
        assert_eq!(again.status.code(), Some(2), "{again:?}");
        let said = String::from_utf8_lossy(&again.stderr).into_owned();
        assert!(said.contains("`--force` replaces it"), "{said}");
        let pin = ["pin", list, "--policy", &file].map(str::to_owned);
        assert!(output(program, &folder, &pin).status.success());
        fs::read_to_string(folder.join(&file)).expect("a policy")
    };
    let native = written(Path::new(env!("CARGO_BIN_EXE_mcp-policy")), "native");
    assert!(native.contains("\"pin\""), "{native}");
    assert_eq!(written(&program(), "node"), native);
}

#[test]
fn audit_prints_what_the_native_one_prints() {
    let folder = tests().join("audit/logs");
    for entry in fs::read_dir(&folder).expect("logs") {
        let name = entry.expect("a log").file_name();
        let name = name.to_str().expect("UTF-8");
        for format in ["text", "json", "html", "ocsf"] {
            both(&folder, &["audit", name, "--format", format]);
        }
    }
}

#[test]
fn help_of_each_command_is_that_of_the_native_one() {
    let folder = folder("help");
    let help = both(&folder, &["--help"]);
    let commands = help.split("Commands:\n").nth(1).expect("commands");
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| !name.starts_with(char::is_uppercase)) {
        both(&folder, &["help", name]);
        both(&folder, &[name, "--no-such-option"]);
    }
}

#[test]
fn command_that_asks_a_server_says_which_program_does() {
    let folder = tests().join("readme");
    for arguments in [
        &["scan", "https://mcp.example.com/mcp"][..],
        &["scan", "--", "a-server"],
        &["approvals", "list", "https://gateway.example/approvals"],
        &["envoy", "apply", "policy.json"],
        &["audit", "--follow", "gateway.log"],
    ] {
        let arguments: Vec<String> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let ended = output(&program(), &folder, &arguments);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert!(said.contains("cargo install"), "{said}");
    }
}
