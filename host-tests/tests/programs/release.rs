//! The files of a release as somebody has them who downloads them: checked, unpacked and loaded. `make dist` writes them.
//!
//! It never installs one on this machine.

use crate::shipped::{LINUX, output, told};
use host_tests::named_path;
use host_tests::require::{DPKG, RELEASE, lacks};
use host_tests::root;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The folder of the release.
pub(crate) fn release() -> PathBuf {
    root().join("target/dist/release")
}

/// A folder of a test, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = root().join("target/tmp/release").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// The names of the files of a folder.
fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.collect()
}

pub(crate) fn same(one: &Path, other: &Path) {
    let read = |path| fs::read(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    assert!(read(one) == read(other), "{one:?} differs from {other:?}");
}

fn built(name: &str) -> PathBuf {
    root().join("target/dist").join(name)
}

#[test]
fn release_has_every_file_that_it_should_and_the_list_has_their_digests() {
    if lacks(&[RELEASE]) {
        return;
    }
    let mut expected: BTreeSet<_> = [
        "LICENSE",
        "SHA256SUMS",
        "THIRD_PARTY-tool.md",
        "THIRD_PARTY.md",
        "mcp-policy.component.wasm",
        "mcp-policy.debug.wasm",
        "mcp-policy.wasm",
    ]
    .map(str::to_owned)
    .into();
    for end in [
        "-aarch64-unknown-linux-musl.tar.gz",
        "-x86_64-pc-windows-gnu.zip",
        "-x86_64-unknown-linux-musl.tar.gz",
        ".cdx.json",
        ".oci.tar",
        ".tgz",
    ] {
        expected.insert(format!("mcp-policy-{VERSION}{end}"));
    }
    for architecture in ["amd64", "arm64"] {
        expected.insert(format!("mcp-policy_{VERSION}_{architecture}.deb"));
    }
    expected.extend(names(&built("python")));
    assert_eq!(names(&release()), expected);
    let sums = || {
        let mut sums = Command::new("sha256sum");
        sums.args(["--check", "--strict", "SHA256SUMS"]);
        sums
    };
    let checked = told(sums().current_dir(release()));
    let checked = checked.lines().filter_map(|line| line.strip_suffix(": OK"));
    expected.remove("SHA256SUMS");
    assert!(checked.eq(&expected), "not every file is listed");
    let copy = folder("sums");
    told(Command::new("cp").arg("-rT").arg(release()).arg(&copy));
    fs::write(copy.join("LICENSE"), "another").expect("a file");
    let control = output(sums().current_dir(copy));
    assert!(!control.status.success(), "a changed file is noticed");
}

#[test]
fn modules_of_the_release_are_the_built_ones() {
    if lacks(&[RELEASE]) {
        return;
    }
    for module in ["mcp-policy.wasm", "mcp-policy.component.wasm"] {
        same(&release().join(module), &built(module));
    }
    same(&release().join("mcp-policy.debug.wasm"), &named_path());
}

/// The program of an archive, and what accompanies it.
#[test]
fn archives_hold_the_program_its_licences_and_completions() {
    if lacks(&[RELEASE]) {
        return;
    }
    let windows = "x86_64-pc-windows-gnu".to_owned();
    let linux = LINUX.map(|(processor, _)| format!("{processor}-unknown-linux-musl"));
    for (target, end, program) in [
        (&linux[0], "", "mcp-policy"),
        (&linux[1], "", "mcp-policy"),
        (&windows, ".exe", "mcp-policy.exe"),
    ] {
        let to = folder(target);
        let name = format!("mcp-policy-{VERSION}-{target}");
        let mut unpack = if end.is_empty() {
            let mut tar = Command::new("tar");
            tar.arg("-xzf")
                .arg(release().join(format!("{name}.tar.gz")));
            tar.arg("-C");
            tar
        } else {
            let mut zip = Command::new("python3");
            zip.args(["-m", "zipfile", "-e"]);
            zip.arg(release().join(format!("{name}.zip")));
            zip
        };
        told(unpack.arg(&to));
        let inside = to.join(name);
        same(
            &inside.join(program),
            &built(&format!("bin/mcp-policy-{target}{end}")),
        );
        same(&inside.join("LICENSE"), &root().join("LICENSE"));
        same(
            &inside.join("THIRD_PARTY.md"),
            &root().join("plugin/cli/THIRD_PARTY.md"),
        );
        same(
            &inside.join("README.md"),
            &root().join("plugin/cli/README.md"),
        );
        assert_eq!(names(&inside.join("completions")).len(), 4);
    }
}

#[test]
fn debian_package_holds_the_tool_the_module_and_their_licences() {
    if lacks(&[RELEASE, DPKG]) {
        return;
    }
    for ((processor, _), architecture) in LINUX.into_iter().zip(["amd64", "arm64"]) {
        let package = release().join(format!("mcp-policy_{VERSION}_{architecture}.deb"));
        let dpkg = |what: &str| told(Command::new("dpkg-deb").arg(what).arg(&package));
        let control = dpkg("--field");
        for line in [
            "Package: mcp-policy",
            &format!("Version: {VERSION}"),
            &format!("Architecture: {architecture}"),
        ] {
            assert!(control.lines().any(|own| own == line), "{line}:\n{control}");
        }
        let about = folder(&format!("{architecture}-control"));
        told(
            Command::new("dpkg-deb")
                .arg("--control")
                .arg(&package)
                .arg(&about),
        );
        assert!(
            names(&about).iter().eq(["control"]),
            "a script would be run"
        );
        let list = dpkg("--contents");
        assert!(
            list.lines()
                .all(|line| line.contains(" root/root ") || line.contains(" 0/0 "))
        );
        let to = folder(architecture);
        told(
            Command::new("dpkg-deb")
                .arg("--extract")
                .arg(&package)
                .arg(&to),
        );
        let program = format!("bin/mcp-policy-{processor}-unknown-linux-musl");
        same(&to.join("usr/bin/mcp-policy"), &built(&program));
        same(
            &to.join("usr/lib/mcp-policy/mcp-policy.wasm"),
            &built("mcp-policy.wasm"),
        );
        same(
            &to.join("usr/share/doc/mcp-policy/LICENSE"),
            &root().join("LICENSE"),
        );
        if processor == std::env::consts::ARCH {
            let version = told(Command::new(to.join("usr/bin/mcp-policy")).arg("--version"));
            assert_eq!(version, format!("mcp-policy {VERSION}\n"));
        }
    }
}

/// The folders of the machine that built, which panics would name.
#[test]
fn nothing_shipped_names_a_folder_of_this_machine() {
    if lacks(&[RELEASE]) {
        return;
    }
    let home = std::env::var("HOME").expect("a home");
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let folders = [
        root().display().to_string(),
        cargo,
        ".cargo/registry".into(),
    ];
    let holds = |path: &Path, text: &str| {
        let bytes = fs::read(path).expect("a file");
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    let files = [
        "mcp-policy.wasm",
        "mcp-policy.debug.wasm",
        "mcp-policy.component.wasm",
    ];
    let mut files: Vec<_> = files.map(built).into();
    for inner in ["js", "bin"] {
        files.extend(
            names(&built(inner))
                .iter()
                .map(|name| built(inner).join(name)),
        );
    }
    for file in &files {
        for folder in &folders {
            assert!(!holds(file, folder), "{file:?} names {folder}");
        }
    }
    assert!(holds(&built("mcp-policy.wasm"), "/crates/"), "the control");
}
