//! Counts the instructions of a message in the native engine with callgrind, if it is installed.
//!
//! Other programs do not disturb these figures. It measures no time.

use crate::hosts::{Host as _, Native};
use crate::phase::{FEW, Phase, SIZES};
use std::env;
use std::fmt::Write as _;
use std::process::Command;

/// With this first argument, the program only plays messages.
pub(crate) const ARGUMENT: &str = "play";

/// The sizes whose messages are counted.
const COUNTED: &[usize] = SIZES.split_at(3).0;
/// Each message is played this often. The difference of the two counts leaves out the work that is done once.
const PLAYED: [u32; 2] = [20, 120];

/// Plays a number of messages of a phase and a size, as [`command`] passes them; callgrind counts their instructions.
pub(crate) fn play(arguments: &[String]) {
    let [phase, size, times] = arguments else {
        panic!("phase, size and number of messages")
    };
    let mut phases = Phase::ALL.into_iter();
    let phase = phases.find(|own| own.name() == *phase).expect("a phase");
    let message = phase.message(size.parse().expect("a size"));
    let mut engine = Native::new(FEW);
    for _ in 0..times.parse().expect("a number") {
        engine.play(message.clone());
    }
}

pub(crate) fn markdown() -> String {
    let title = "\n## Instructions by size of the message: native\n\n";
    if Command::new("valgrind").arg("--version").output().is_err() {
        return format!("{title}callgrind is not installed (package `valgrind`).\n");
    }
    let mut text = format!(
        "{title}Counted by callgrind.\n\n| bytes | read | decide | count | answer |\n|---|---|---|---|---|\n"
    );
    for &size in COUNTED {
        let cells = Phase::ALL.map(|phase| shown(instructions(phase, size)));
        let _ = writeln!(text, "| {size} | {} |", cells.join(" | "));
    }
    text
}

/// The instructions of one message.
fn instructions(phase: Phase, size: usize) -> Option<u64> {
    let [few, many] = PLAYED;
    let less = collected(phase, size, few)?;
    let more = collected(phase, size, many)?;
    Some(more.checked_sub(less)? / u64::from(many - few))
}

fn collected(phase: Phase, size: usize, times: u32) -> Option<u64> {
    let output = command(phase, size, times).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().find(|line| line.contains("Collected :"))?;
    line.rsplit(' ').next()?.parse().ok()
}

fn command(phase: Phase, size: usize, times: u32) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.arg(env::current_exe().expect("this program is a file"));
    command.args([
        ARGUMENT,
        phase.name(),
        &size.to_string(),
        &times.to_string(),
    ]);
    command
}

fn shown(instructions: Option<u64>) -> String {
    instructions.map_or_else(|| "not counted".into(), |number| number.to_string())
}
