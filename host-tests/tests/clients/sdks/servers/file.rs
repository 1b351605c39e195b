//! Turns a file of `host-tests/servers/` into a server's command, its folder and its steps.
//!
//! It skips no policy: the test fails if a folder of `policies/servers/` has no file.

use host_tests::root;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A file of `servers/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The reason why the server cannot be started; then the file has nothing else.
    pub(super) cannot: Option<String>,
    #[serde(default)]
    pub(super) command: Vec<String>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Texts of the policy that an operator would replace too.
    #[serde(default)]
    pub(super) instead: BTreeMap<String, String>,
    /// Requests of the server that the client answers, and that the policy does not list.
    #[serde(default)]
    pub(super) asks: Vec<String>,
    /// The content of the server's folder before it starts.
    #[serde(default)]
    files: BTreeMap<String, String>,
    /// Commands to run in the folder.
    #[serde(default)]
    before: Vec<Vec<String>>,
    /// The files that must not exist at the end.
    #[serde(default)]
    pub(super) absent: Vec<String>,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
}

/// A tool call. Unless it is `denied`, its result must be the same through the gateway as directly.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) call: String,
    pub(super) arguments: Value,
    pub(super) shows: Option<String>,
    pub(super) denied: Option<String>,
}

/// Every folder of `policies/servers/`, with its file.
pub(super) fn files() -> Vec<(String, File)> {
    let folder = fs::read_dir(root().join("policies/servers")).expect("the policies can be listed");
    let paths = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir());
    let names = paths.filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let read = |name: String| {
        let path = root().join(format!("host-tests/servers/{name}.json"));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name, file)
    };
    let names: BTreeSet<_> = names.collect();
    names.into_iter().map(read).collect()
}

/// Creates the folder again, with its files.
pub(super) fn prepare(folder: &Path, file: &File) {
    let above = folder.parent().expect("a folder above");
    let _ = fs::remove_dir_all(above);
    fs::create_dir_all(folder).expect("the folder can be made");
    for (path, text) in &file.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
        fs::write(path, text).expect("the file can be written");
    }
    for command in &file.before {
        let words: Vec<_> = command.iter().map(|word| filled(word, folder)).collect();
        let done = Command::new(&words[0])
            .args(&words[1..])
            .current_dir(folder)
            .output();
        let done = done.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {said}");
    }
}

/// The text with the paths that a file cannot know.
pub(super) fn filled(text: &str, folder: &Path) -> String {
    let variable = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        PathBuf::from(
            value.unwrap_or_else(|| panic!("{name} is not set: run this through `make test`")),
        )
    };
    let beside = |name: &str| variable(name).parent().expect("a folder").to_owned();
    let places = [
        ("$folder", folder.to_owned()),
        ("$servers", root().join("host-tests/servers")),
        ("$clients", root().join("host-tests/clients")),
        ("$node", variable("NODE")),
        ("$venv_1", beside("MCP_PYTHON_1")),
        ("$venv", beside("MCP_PYTHON")),
    ];
    let filled = |text: String, (name, place): (&str, PathBuf)| {
        text.replace(name, &place.display().to_string())
    };
    places.into_iter().fold(text.to_owned(), filled)
}
