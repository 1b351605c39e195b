//! The wheels: pip takes each on every kind of Linux of its processor, and finds the program in it.
//!
//! They are never published by a test.

use crate::shipped::{LINUX, output, program, told, wheel};
use host_tests::require::{Need, PACKAGERS, lacks_for};
use host_tests::root;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn packager(program: &str) -> Command {
    Command::new(root().join("target/cross/bin").join(program))
}

/// The processors of which the wheel is there.
fn built() -> impl Iterator<Item = &'static str> {
    let there = |(processor, need): &(&str, Need)| {
        let part = format!("the wheel for {processor}");
        !lacks_for(&part, &[*need, PACKAGERS])
    };
    LINUX
        .into_iter()
        .filter(there)
        .map(|(processor, _)| processor)
}

/// The files of a wheel, unpacked.
fn unpacked(processor: &str) -> PathBuf {
    let folder = root().join(format!("target/tmp/wheel-{processor}"));
    let _ = fs::remove_dir_all(&folder);
    let mut zip = packager("python");
    told(
        zip.args(["-m", "zipfile", "-e"])
            .arg(wheel(processor))
            .arg(&folder),
    );
    folder
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn wheel_holds_the_program_its_page_and_the_licences() {
    let version = env!("CARGO_PKG_VERSION");
    for processor in built() {
        let folder = unpacked(processor);
        let script = folder.join(format!("mcp_policy-{version}.data/scripts/mcp-policy"));
        let own = fs::read(script).expect("the program");
        assert!(
            own == fs::read(program(processor)).expect("the program"),
            "another program"
        );
        let about = folder.join(format!("mcp_policy-{version}.dist-info"));
        let metadata = text(&about.join("METADATA"));
        for line in [
            "Name: mcp-policy",
            &format!("Version: {version}"),
            "License-Expression: Apache-2.0",
        ] {
            assert!(
                metadata.lines().any(|own| own == line),
                "{line}:\n{metadata}"
            );
        }
        let page = text(&root().join("plugin/cli/README.md"));
        assert!(
            metadata.trim_end().ends_with(page.trim_end()),
            "its description is another page"
        );
        let licence = text(&root().join("LICENSE"));
        assert_eq!(text(&about.join("licenses/LICENSE")), licence);
        let notices = text(&root().join("plugin/cli/THIRD_PARTY.md"));
        assert_eq!(text(&about.join("licenses/THIRD_PARTY.md")), notices);
    }
}

#[test]
fn index_accepts_the_wheel() {
    for processor in built() {
        told(
            packager("twine")
                .args(["check", "--strict"])
                .arg(wheel(processor)),
        );
        // W007: it has no module of Python, but a program.
        let mut check = packager("check-wheel-contents");
        told(check.args(["--ignore", "W007"]).arg(wheel(processor)));
    }
}

/// The choice of pip among wheels for a platform. A machine also takes those for older systems of its kind; one asked for by name
/// does not.
#[test]
fn pip_takes_the_wheel_on_every_linux_of_its_processor_alone() {
    let takes = |platform: &str| {
        let to = root().join("target/tmp/taken");
        let _ = fs::remove_dir_all(&to);
        let mut pip = packager("python");
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-index",
            "--no-deps",
        ]);
        pip.args([
            "--only-binary",
            ":all:",
            "--platform",
            platform,
            "mcp-policy",
        ]);
        pip.arg("--find-links")
            .arg(root().join("target/dist/python"));
        output(pip.arg("--dest").arg(&to)).status.success()
    };
    for processor in built() {
        for system in ["manylinux2014", "manylinux_2_17", "musllinux_1_1"] {
            assert!(
                takes(&format!("{system}_{processor}")),
                "{system}, {processor}"
            );
        }
        for other in ["win_amd64", "manylinux2014_s390x", "macosx_14_0_arm64"] {
            assert!(!takes(other), "{other}");
        }
    }
}
