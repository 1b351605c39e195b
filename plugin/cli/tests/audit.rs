//! `audit` with real files and streams: a log that grows, is rotated and truncated; a reader that goes away.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, and waits by a clock"
)]

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// The time after which an expected line is missing.
const PATIENCE: Duration = Duration::from_secs(20);
/// The time in which a line comes once the log is followed.
const LOOK: Duration = Duration::from_millis(300);
/// The time in which an unexpected line would come.
const SILENCE: Duration = Duration::from_millis(600);

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mcp-policy"))
}

fn decision(tool: &str) -> String {
    format!(
        r#"{{"v":1,"event":"decision","time":"2026-01-01T09:00:00.000Z","policy":"2a19be0f7cbb0e0b","grant":"ci","method":"tools/call","tool":"{tool}","decision":"allow"}}"#
    )
}

/// A log that is followed, and the lines that are printed.
struct Followed {
    log: PathBuf,
    process: Child,
    lines: Receiver<String>,
}

impl Followed {
    fn start(name: &str, options: &[&str]) -> Self {
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&log, decision("before") + "\n").expect("it can be written");
        let mut process = command()
            .args(["audit", "--follow"])
            .args(options)
            .arg(&log)
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let output = process.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            let lines = BufReader::new(output).lines();
            lines.for_each(|line| drop(sender.send(line.expect("a line"))));
        });
        let followed = Self {
            log,
            process,
            lines,
        };
        followed.wait_for_start();
        followed
    }

    /// Writes until a line is printed: the program has found the end of the log.
    fn wait_for_start(&self) {
        for _ in 0..100 {
            self.append(&(decision("start") + "\n"));
            if self.lines.recv_timeout(LOOK).is_ok() {
                while self.lines.recv_timeout(SILENCE).is_ok() {}
                return;
            }
        }
        panic!("no line was printed");
    }

    fn append(&self, text: &str) {
        let log = OpenOptions::new().append(true).create(true).open(&self.log);
        let written = log.expect("a log").write_all(text.as_bytes());
        written.expect("it can be written");
    }

    fn expect(&self, tool: &str) {
        let line = self.lines.recv_timeout(PATIENCE).expect("a line");
        assert_eq!(line, format!("2026-01-01T09:00:00.000Z ci {tool} allow"));
    }

    fn expect_silence(&self) {
        assert!(self.lines.recv_timeout(SILENCE).is_err());
    }
}

impl Drop for Followed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn followed_log_prints_each_decision_once_its_line_is_whole() {
    let followed = Followed::start("grows.log", &[]);
    let line = decision("whole");
    let (start, end) = line.split_at(40);
    followed.append(start);
    followed.expect_silence();
    followed.append(&format!("{end}\nanother program\n"));
    followed.expect("whole");
    followed.expect_silence();
}

#[test]
fn followed_log_goes_on_after_a_rotation() {
    let followed = Followed::start("rotated.log", &[]);
    let old = followed.log.with_extension("log.1");
    fs::rename(&followed.log, &old).expect("it can be renamed");
    // As logrotate does, before the gateway opens its log again.
    File::create(&followed.log).expect("it can be created");
    thread::sleep(SILENCE);
    let mut file = OpenOptions::new().append(true).open(&old).expect("a log");
    writeln!(file, "{}", decision("late")).expect("it can be written");
    followed.expect("late");
    followed.append(&(decision("next") + "\n"));
    followed.expect("next");
    followed.append(&(decision("more") + "\n"));
    followed.expect("more");
    followed.expect_silence();
}

#[test]
fn followed_log_goes_on_after_it_was_truncated() {
    let followed = Followed::start("truncated.log", &[]);
    File::create(&followed.log).expect("it can be truncated");
    thread::sleep(SILENCE);
    followed.append(&(decision("next") + "\n"));
    followed.expect("next");
    followed.expect_silence();
}

#[test]
fn followed_log_shows_the_decisions_that_are_asked_for() {
    let followed = Followed::start("filtered.log", &["--tool", "start", "--grant", "ci"]);
    followed.append(&(decision("other") + "\n"));
    followed.expect_silence();
    followed.append(&(decision("start") + "\n"));
    followed.expect("start");
}

fn audit(options: &[&str], input: &[u8]) -> Output {
    let mut process = command()
        .arg("audit")
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = process.stdin.take().expect("a pipe");
    let input = input.to_vec();
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = process.wait_with_output().expect("it ends");
    writer.join().expect("the writer ends");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn line_without_an_end_is_cut_and_the_next_one_is_read() {
    let mut log = b"{\"v\":1,\"event\":\"decision\",".to_vec();
    log.resize(8 << 20, b'x');
    log.extend(format!("\n{}", decision("after")).bytes());
    let output = audit(&["-"], &log);
    let report = text(&output.stdout);
    assert!(report.contains("after"), "{report}");
    assert!(
        report.contains("<stdin>:1: it exceeds 1048576 bytes: "),
        "{report}"
    );
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn unreadable_lines_of_events_are_told_beside_them() {
    let log = format!("{}\n{{\"v\":1,\n{}\n", decision("a"), decision("b"));
    let output = audit(&["--format", "ocsf"], log.as_bytes());
    assert_eq!(text(&output.stdout).lines().count(), 2);
    assert!(text(&output.stderr).starts_with("unreadable lines of the audit log: 1;"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn log_of_another_program_is_a_finding_in_each_format() {
    for format in ["text", "json", "html", "ocsf"] {
        let status = |log: &str| audit(&["--format", format], log.as_bytes()).status.code();
        assert_eq!(status("another program\n"), Some(1), "{format}");
        assert_eq!(status(&decision("a")), Some(0), "{format}");
    }
}

#[test]
fn mistakes_of_the_command_line_are_named() {
    for (options, expected) in [
        (&["--since", "noon"][..], "error: `noon` is no time; write "),
        (
            &["--follow", "a", "b"],
            "error: `--follow` follows one log\n",
        ),
        (
            &["--follow", "--format", "html"],
            "error: `--follow` prints lines as they come: ",
        ),
        (
            &["missing.log"],
            "error: missing.log: No such file or directory",
        ),
        (
            &["--follow", "missing.log"],
            "error: missing.log: No such file or directory",
        ),
    ] {
        let output = audit(options, b"");
        let error = text(&output.stderr);
        assert!(error.starts_with(expected), "{options:?}: {error}");
        assert_eq!(output.status.code(), Some(2));
    }
}

/// The commands of a page's blocks in `sh` that read `gateway.log` and end.
fn commands(page: &str) -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let page = fs::read_to_string(page).expect("it can be read");
    let blocks = page.split("```sh\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let lines = blocks.flat_map(str::lines);
    let lines = lines.filter(|line| {
        line.contains(" gateway.log") && !line.contains("--follow") && !line.contains(".gz")
    });
    lines.map(str::to_owned).collect()
}

#[test]
fn commands_of_the_pages_run() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    fs::create_dir_all(&folder).expect("a folder");
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readme/gateway.log");
    fs::copy(log, folder.join("gateway.log")).expect("it can be copied");
    let program = Path::new(env!("CARGO_BIN_EXE_mcp-policy"));
    let programs = program.parent().expect("a folder").display();
    let path = std::env::var("PATH").unwrap_or_default();
    for (page, count) in [("README.md", 3), ("../../policies/AUDIT.md", 8)] {
        let commands = commands(page);
        assert_eq!(commands.len(), count, "{page}");
        for line in commands {
            let mut shell = Command::new("sh");
            let shell = shell.args(["-c", &line]).current_dir(&folder);
            let shell = shell.env("PATH", format!("{programs}:{path}"));
            let output = shell.output().expect("sh runs");
            assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        }
    }
    let written = |name: &str| fs::read(folder.join(name)).expect("it was written");
    assert!(written("report.html").starts_with(b"<!DOCTYPE html>"));
    assert!(written("events.jsonl").starts_with(b"{\"activity_id\":"));
}
