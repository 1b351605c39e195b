//! The examples of the README: each command prints the text below it. `BLESS=1` writes that text.

#![allow(clippy::expect_used, reason = "a test may panic: that is how it fails")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

const FENCE: &str = "```console\n";

/// The folder of the program of the npm package, which is tested in the place of the native one where it is named.
fn npm_programs() -> Option<String> {
    std::env::var("NPM_PROGRAMS").ok()
}

/// Whether the command asks a server, which only the native program does.
fn is_native_only(command: &str) -> bool {
    ["mcp-policy approvals ", "mcp-policy envoy apply "]
        .iter()
        .any(|start| command.starts_with(start))
}

/// The output of a command, and its exit code if it is not 0.
fn output(command: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readme");
    let program = Path::new(env!("CARGO_BIN_EXE_mcp-policy"));
    let native = program.parent().expect("a folder").display().to_string();
    let programs = npm_programs().unwrap_or(native);
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{programs}:{path}"))
        .stdin(Stdio::null())
        .output()
        .expect("sh runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    match output.status.code() {
        Some(0) => text,
        code => format!("{text}? {}\n", code.expect("it ended by itself")),
    }
}

#[test]
fn example_commands_print_their_output() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(&path).expect("README.md can be read");
    let mut written = String::new();
    let mut commands = Vec::new();
    let mut blocks = readme.split(FENCE);
    written.push_str(blocks.next().expect("a beginning"));
    for block in blocks {
        let (block, rest) = block.split_once("```").expect("an end");
        let command = block
            .lines()
            .next()
            .and_then(|line| line.strip_prefix("$ "))
            .expect("a command");
        let output = match npm_programs().is_some() && is_native_only(command) {
            true => block.split_once('\n').expect("an output").1.to_owned(),
            false => output(command),
        };
        written.push_str(&format!("{FENCE}$ {command}\n{output}```{rest}"));
        commands.push(command.split(' ').nth(1).expect("a word").to_owned());
    }
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &written).expect("README.md can be written");
    } else {
        assert_eq!(written, readme);
    }
    for command in [
        "check",
        "test",
        "explain",
        "diff",
        "import",
        "scan",
        "pin",
        "audit",
        "approvals",
        "limits",
        "envoy",
        "completions",
    ] {
        assert!(
            commands.iter().any(|other| other == command),
            "{command} has no example"
        );
    }
}

/// The help lists every command.
#[test]
fn every_command_has_a_section() {
    let help = output("mcp-policy --help");
    let commands = help
        .split("Commands:\n")
        .nth(1)
        .and_then(|rest| rest.split("\n\n").next())
        .expect("commands");
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .expect("README.md");
    for line in commands
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
    {
        let command = line.split_whitespace().next().expect("a word");
        let section = format!("\n## {command}\n");
        assert!(
            command == "help" || readme.contains(&section),
            "{command} has no section"
        );
    }
}

/// The output without the lines about the dearest messages.
fn verdict(command: &str) -> String {
    let output = output(command);
    let lines = output.split_inclusive('\n');
    lines
        .filter(|line| !line.contains(": the most expensive "))
        .collect()
}

#[test]
fn exit_codes_and_streams_are_documented_ones() {
    assert_eq!(
        output("mcp-policy --version"),
        format!("mcp-policy {}\n", env!("CARGO_PKG_VERSION"))
    );
    let told = output("mcp-policy check - < policy.json");
    assert!(told.contains("<stdin>: the most expensive call"), "{told}");
    assert_eq!(verdict("mcp-policy check - < policy.json"), "<stdin>: ok\n");
    assert_eq!(
        output("mcp-policy check missing.json"),
        "error: missing.json: No such file or directory (os error 2)\n? 2\n"
    );
    assert!(output("mcp-policy check").ends_with("? 2\n"), "usage");
    assert!(
        verdict("mcp-policy check draft.json policy.json").ends_with("policy.json: ok\n? 1\n"),
        "all files"
    );
    assert!(
        output("mcp-policy check doubtful.json --deny-warnings").ends_with("? 1\n"),
        "warnings"
    );
    let allowed =
        "mcp-policy check doubtful.json --deny-warnings --allow unanchored --allow session-scope";
    assert_eq!(verdict(allowed), "doubtful.json: ok\n");
    assert_eq!(
        output("mcp-policy check draft.json | head -n 0"),
        "",
        "a closed pipe is not an error"
    );
    assert_eq!(
        output("mcp-policy test - < cases/read.json").lines().last(),
        Some("? 1"),
        "its policy is not beside it"
    );
    assert_eq!(
        output("cat policy.json | mcp-policy diff - next.json --calls /dev/null"),
        "/dev/null: no call was found; it has neither lines of the audit log nor JSON-RPC requests\n? 1\n"
    );
    let json =
        |command: &str| serde_json::from_str::<serde_json::Value>(&output(command)).expect("JSON");
    assert_eq!(
        json("mcp-policy --json check policy.json")[0]["findings"],
        serde_json::json!([])
    );
    assert_eq!(
        json("mcp-policy import --json intercept.yaml")["complete"],
        true
    );
    let explained = "mcp-policy --json explain policy.json call.json --at 0 || true";
    assert_eq!(json(explained)["rule"], "/tools/run/require/0");
    let compared = "mcp-policy --json diff policy.json next.json --calls calls.jsonl || true";
    assert_eq!(json(compared)["otherwise"][0]["line"], 2);
    assert_eq!(
        json("mcp-policy --json test cases")["cases"][0]["result"],
        "passed"
    );
}

#[test]
fn schema_is_that_of_the_policies_folder() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/policy.schema.json");
    let file = fs::read_to_string(file).expect("the schema can be read");
    assert_eq!(output("mcp-policy schema"), file);
}

#[test]
fn colours_are_for_terminals_without_no_color() {
    let escape = '\u{1b}';
    assert!(!output("mcp-policy check draft.json").contains(escape));
    let forced = "CLICOLOR_FORCE=1 mcp-policy check draft.json";
    assert!(output(forced).contains(escape));
    assert!(
        !output(&format!(
            "NO_COLOR=1 {}",
            forced.replace("CLICOLOR_FORCE=1 ", "")
        ))
        .contains(escape)
    );
}

#[test]
fn policy_in_place_of_case_is_named() {
    assert_eq!(
        output("mcp-policy test policy.json"),
        "broken policy.json: it is a policy, not a case; `mcp-policy check` reads policies\n1 broken\n? 1\n"
    );
}

#[test]
fn bless_reports_how_many_outcomes_of_how_many_cases_changed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("blessed");
    fs::create_dir_all(&folder).expect("a folder");
    let step = r#"{ "call": "a", "expect": "forward" }"#;
    for (name, steps) in [
        ("one", step.to_owned()),
        ("three", [step; 3].join(", ")),
        (
            "passes",
            String::from(r#"{ "call": "b", "expect": "forward" }"#),
        ),
    ] {
        let policy = r#"{ "version": "1", "default": "deny", "tools": { "b": {} } }"#;
        let case = format!(r#"{{ "why": "x", "policy": {policy}, "steps": [ {steps} ] }}"#);
        fs::write(folder.join(format!("{name}.json")), case).expect("it can be written");
    }
    let command = format!("mcp-policy test --bless {}", folder.display());
    let (blessed, folder) = (output(&command), folder.display());
    assert_eq!(
        blessed,
        format!(
            "blessed {folder}/one.json: 1 outcome changed\nblessed {folder}/three.json: 3 outcomes changed\n1 passed, 2 blessed (4 outcomes changed)\n"
        )
    );
    assert_eq!(output(&command), "3 passed\n");
}

#[test]
fn format_changes_neither_exit_code_nor_what_may_be_written_with_it() {
    for format in ["text", "json", "github", "sarif"] {
        for (command, ending) in [
            ("check draft.json", "? 1\n"),
            ("check doubtful.json --deny-warnings", "? 1\n"),
            ("test failing.json", "? 1\n"),
            ("test cases --coverage", "? 1\n"),
            ("check missing.json", "? 2\n"),
        ] {
            let output = output(&format!("mcp-policy {command} --format {format}"));
            assert!(output.ends_with(ending), "{command}: {output}");
        }
    }
    assert_eq!(output("mcp-policy check policy.json --format github"), "");
    let failed = output("mcp-policy test failing.json --format github");
    assert!(
        failed.starts_with("::error file=failing.json,line=4,col=81,"),
        "{failed}"
    );
    let both = output("mcp-policy check policy.json --json --format sarif");
    assert!(both.contains("cannot be used with") && both.ends_with("? 2\n"));
}

#[test]
fn junit_report_holds_failures() {
    let report = output("mcp-policy test cases --junit /dev/stderr 2>&1 >/dev/null");
    assert!(
        report.contains(r#"tests="1" skipped="0" errors="0" failures="0""#),
        "{report}"
    );
    let report = output("mcp-policy test failing.json --junit /dev/stderr 2>&1 >/dev/null");
    assert!(report.contains("<failure"), "{report}");
    assert!(report.contains("pushing is allowed"), "{report}");
    assert!(report.contains("- &quot;forward&quot;"), "{report}");
}

/// A version 1 policy of PolicyLayer is a policy as it is.
#[test]
fn policy_of_policylayer_is_valid() {
    assert_eq!(
        verdict("mcp-policy check policylayer.json"),
        "policylayer.json: ok\n"
    );
}
