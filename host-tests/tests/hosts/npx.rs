//! The npm package as a user gets it: packed, installed in an empty folder without a network, and started by `npm exec`, which `npx` is.
//!
//! It never runs a script of the package: there is none.

use host_tests::require::{NODE, PACKAGE, lacks};
use host_tests::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program beside Node, in a folder, with Node in its path.
fn beside_node(program: &str, folder: &Path, arguments: &[&str]) -> Output {
    let node = root().join("target/node");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new("sh");
    let line = format!("exec {program} \"$@\"");
    command.args(["-c", &line, program]).args(arguments);
    command.current_dir(folder);
    command.env("PATH", format!("{}:{path}", node.display()));
    command.env("npm_config_cache", folder.join("cache"));
    command.output().expect("sh starts")
}

/// The package, installed in an empty folder.
fn installed() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("npx");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    let package = root().join("target/npm/node_modules/mcp-policy");
    let package = fs::canonicalize(package).expect("the package");
    let package = package.to_str().expect("UTF-8");
    let packed = beside_node("npm", &folder, &["pack", "--silent", package]);
    assert!(packed.status.success(), "{packed:?}");
    let file = String::from_utf8(packed.stdout).expect("UTF-8");
    let file = format!("./{}", file.trim());
    let options = ["install", "--offline", "--no-audit", "--no-fund", &file];
    let installed = beside_node("npm", &folder, &options);
    assert!(installed.status.success(), "{installed:?}");
    folder
}

#[test]
fn npx_of_the_packed_package_checks_a_policy() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    let folder = installed();
    let text = r#"{ "version": "1", "default": "deny", "tool": {} }"#;
    fs::write(folder.join("policy.json"), text).expect("it can be written");
    let npx = |arguments: &[&str]| {
        let words = ["exec", "--offline", "--no", "--", "mcp-policy"];
        let words = [&words, arguments].concat();
        beside_node("npm", &folder, &words)
    };
    let wrong = npx(&["check", "policy.json"]);
    let said = String::from_utf8_lossy(&wrong.stdout).into_owned();
    assert_eq!(wrong.status.code(), Some(1), "{wrong:?}");
    assert!(said.contains("did you mean `tools`?"), "{said}");
    assert!(
        said.contains("\n  |                                      ^^^^^^\n"),
        "{said}"
    );
    let right = text.replace("tool", "tools");
    fs::write(folder.join("policy.json"), right).expect("it can be written");
    let checked = npx(&["check", "policy.json"]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
    let version = npx(&["--version"]);
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    assert_eq!(
        version,
        format!("mcp-policy {}\n", env!("CARGO_PKG_VERSION"))
    );
}

/// The pieces of a pipe are written before the process ends.
#[test]
fn output_longer_than_a_pipe_is_whole() {
    if lacks(&[NODE, PACKAGE]) {
        return;
    }
    let folder = root().join("target/npm");
    let line = "node_modules/.bin/mcp-policy schema | (sleep 1; cat)";
    let output = beside_node("sh", &folder, &["-c", line]);
    let schema = fs::read(root().join("policies/policy.schema.json")).expect("a schema");
    assert!(schema.len() > 1 << 16, "a pipe holds that many bytes");
    assert!(output.stdout == schema, "{} bytes", output.stdout.len());
}
