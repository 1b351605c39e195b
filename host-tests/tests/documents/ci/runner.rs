//! Runs the step of `action.yml` in a folder: inputs become its environment, as GitHub's runner makes them, and the log becomes the
//! commands that the runner reads from it.
//!
//! It installs the tool's package from a file, without a network.

use host_tests::root;
use host_tests::yaml::documents;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a checkout, and the runner's own files beside it.
pub(super) struct Runner {
    folder: PathBuf,
}

/// What a step left.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) status: Option<i32>,
    pub(super) log: String,
    pub(super) summary: String,
    pub(super) outputs: BTreeMap<String, String>,
}

/// A command of the log: its name, its properties and its message.
pub(super) type LogCommand = (String, String, String);

impl Runner {
    /// A runner with an empty checkout, and with the package in a file.
    pub(super) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("action-{name}"));
        let _ = fs::remove_dir_all(&folder);
        for part in ["checkout", "temp", "home"] {
            fs::create_dir_all(folder.join(part)).expect("a folder");
        }
        let runner = Self { folder };
        let package = root().join("target/npm/node_modules/mcp-policy");
        let package = fs::canonicalize(package).expect("the package");
        let packed = runner
            .command("npm")
            .args(["pack", "--silent", "--pack-destination"])
            .args([&runner.folder, &package])
            .output();
        let packed = packed.expect("npm starts");
        assert!(packed.status.success(), "{packed:?}");
        let file = String::from_utf8(packed.stdout).expect("UTF-8");
        let file = runner.folder.join(file.trim());
        fs::rename(file, runner.folder.join("package.tgz")).expect("the package moves");
        runner
    }

    pub(super) fn checkout(&self) -> PathBuf {
        self.folder.join("checkout")
    }

    /// Writes a file of the checkout.
    pub(super) fn write(&self, name: &str, text: &str) {
        let file = self.checkout().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("it can be written");
    }

    /// Plays the step with these inputs, and with the package of the tests where they name no version.
    pub(super) fn play(&self, inputs: &[(&str, &str)]) -> Played {
        let mut inputs: BTreeMap<_, _> = inputs.iter().copied().collect();
        inputs.entry("version").or_insert("../package.tgz");
        let (environment, script) = step(&inputs);
        let file = |name: &str| {
            let file = self.folder.join(name);
            fs::write(&file, "").expect("it can be written");
            file
        };
        let (summary, outputs) = (file("summary"), file("outputs"));
        let script_file = file("script");
        fs::write(&script_file, script).expect("it can be written");
        let output = self
            .command("bash")
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .arg(script_file)
            .envs(environment)
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("GITHUB_OUTPUT", &outputs)
            .env("RUNNER_TEMP", self.folder.join("temp"))
            .output()
            .expect("bash starts");
        let log = [output.stdout, output.stderr].concat();
        let read = |file| fs::read_to_string(file).expect("UTF-8");
        let lines = read(outputs);
        let lines = lines.lines().filter_map(|line| line.split_once('='));
        Played {
            status: output.status.code(),
            log: String::from_utf8(log).expect("UTF-8"),
            summary: read(summary),
            outputs: lines
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    /// A program in the checkout, with Node in its path and npm without a network.
    fn command(&self, program: &str) -> Command {
        let node = root().join("target/node");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("exec {program} \"$@\""), program]);
        command.current_dir(self.checkout());
        command.env("PATH", format!("{}:{path}", node.display()));
        command.env("HOME", self.folder.join("home"));
        command.env("npm_config_cache", self.folder.join("cache"));
        command.env("npm_config_offline", "true");
        command
    }
}

impl Played {
    /// The commands that the runner reads, but for those that group lines or stop the reading, and for lines in between.
    pub(super) fn commands(&self) -> Vec<LogCommand> {
        let mut token = None;
        let mut read = Vec::new();
        for line in self.log.split(['\n', '\r']) {
            let Some((name, properties, message)) = command(line) else {
                continue;
            };
            match (&token, &*name) {
                (Some(own), other) if own == other => token = None,
                (Some(_), _) | (None, "group" | "endgroup") => {}
                (None, "stop-commands") => token = Some(message),
                (None, _) => read.push((name, properties, message)),
            }
        }
        assert_eq!(token, None, "the reading goes on at the end");
        read
    }
}

/// A command in one of the two forms of the runner. It finds the second anywhere in a line.
fn command(line: &str) -> Option<LogCommand> {
    let (head, message) = match line.trim_start().strip_prefix("::") {
        Some(rest) => rest.split_once("::")?,
        None => line.split_once("##[")?.1.split_once(']')?,
    };
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    Some((name.into(), properties.into(), message.into()))
}

/// The environment of the only step, and its script.
fn step(inputs: &BTreeMap<&str, &str>) -> (BTreeMap<String, String>, String) {
    let text = fs::read_to_string(root().join("action.yml")).expect("the action");
    let action = documents(&text).remove(0);
    let steps = action["runs"]["steps"].as_array().expect("steps");
    let [step] = &steps[..] else {
        panic!("another step: {steps:?}")
    };
    assert_eq!(step["shell"], "bash");
    let value = |value: &Value| {
        let value = value.as_str().expect("a text");
        let input = value.strip_prefix("${{ inputs.");
        let input = input.and_then(|rest| rest.strip_suffix(" }}"));
        let input = input.unwrap_or_else(|| panic!("{value} is no input"));
        let default = &action["inputs"][input]["default"];
        let default = default.as_str().expect("each input has a default");
        inputs.get(input).copied().unwrap_or(default).to_owned()
    };
    let environment = step["env"].as_object().expect("an environment");
    let environment: BTreeMap<_, _> = environment
        .iter()
        .map(|(name, of)| (name.clone(), value(of)))
        .collect();
    let declared = action["inputs"].as_object().expect("inputs");
    assert_eq!(environment.len(), declared.len(), "an input is not used");
    let script = step["run"].as_str().expect("a script");
    assert!(!script.contains("${{"), "an input becomes code: {script}");
    (environment, script.to_owned())
}
