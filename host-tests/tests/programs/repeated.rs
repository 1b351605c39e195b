//! A release built twice: the sources in another folder, with another home of cargo, make the same files.
//!
//! It never builds in the folder of the repository.

use crate::release::{folder, release};
use crate::shipped::told;
use host_tests::program::on_its_own;
use host_tests::require::{NODE, PACKAGERS, RELEASE, lacks};
use host_tests::root;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The sources as they are now, with the times of their files, and the programs that build beside cargo.
fn sources(to: &Path) {
    let copy = "git ls-files -z --cached | tar --null --files-from - -c | tar -x -C \"$1\"";
    let mut shell = Command::new("sh");
    told(shell.current_dir(root()).args(["-euc", copy, "sh"]).arg(to));
    fs::create_dir_all(to.join("target")).expect("a folder");
    for program in ["cross", "node", "venv"] {
        let from = root().join("target").join(program);
        symlink(from, to.join("target").join(program)).expect("a link");
    }
}

/// A home of cargo with the crates that were downloaded for this one, and none that is unpacked.
fn home(to: &Path) -> PathBuf {
    let home = std::env::var("HOME").expect("a home");
    let ours = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let (ours, other) = (Path::new(&ours), to.join("cargo"));
    fs::create_dir_all(other.join("registry")).expect("a folder");
    for part in ["registry/cache", "registry/index", "config.toml"] {
        if ours.join(part).exists() {
            symlink(ours.join(part), other.join(part)).expect("a link");
        }
    }
    other
}

fn commit_time() -> String {
    let time = told(
        Command::new("git")
            .current_dir(root())
            .args(["log", "-1", "--format=%ct"]),
    );
    std::env::var("SOURCE_DATE_EPOCH").unwrap_or_else(|_| time.trim().into())
}

/// The digests of the files of a release, by their names.
fn sums(release: &Path) -> BTreeMap<String, String> {
    let list = fs::read_to_string(release.join("SHA256SUMS")).expect("the list");
    let pairs = list.lines().filter_map(|line| line.split_once("  "));
    pairs.map(|(sum, name)| (name.into(), sum.into())).collect()
}

#[test]
#[ignore = "a quarter of an hour: it compiles everything again"]
fn release_is_the_same_in_another_folder_with_another_home_of_cargo() {
    if lacks(&[RELEASE, PACKAGERS, NODE]) {
        return;
    }
    let to = folder("again");
    let sources_to = to.join("another/longer/folder");
    fs::create_dir_all(&sources_to).expect("a folder");
    sources(&sources_to);
    let mut make = Command::new("make");
    let make = on_its_own(&mut make).arg("dist").current_dir(&sources_to);
    make.env("CARGO_HOME", home(&to))
        .env("SOURCE_DATE_EPOCH", commit_time());
    told(make);
    assert_eq!(
        sums(&sources_to.join("target/dist/release")),
        sums(&release())
    );
    fs::remove_dir_all(to).expect("the folder goes");
}
