//! Turns a run of the official conformance suite into the status of each of its checks, scenario by scenario.
//!
//! It never says whether a result is good.

use host_tests::program::Program;
use host_tests::root;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a scenario ends in its start time, in this form.
const START: &str = "-2026-11-25T04-24-06-996Z";

/// A line of the suite, and the revision whose requirements it plays; the older line has no such sets.
#[derive(Clone, Copy)]
pub(crate) struct Suite {
    line: &'static str,
    revision: Option<&'static str>,
}

pub(crate) const NEWEST: Suite = suite("0.2", Some("2026-07-28"));
pub(crate) const SUITES: [Suite; 3] =
    [suite("0.1", None), suite("0.2", Some("2025-11-25")), NEWEST];

const fn suite(line: &'static str, revision: Option<&'static str>) -> Suite {
    Suite { line, revision }
}

/// The suite's client plays servers, and its server plays clients.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Leg {
    Server,
    Client,
}

impl Leg {
    fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Check {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: Status,
    #[serde(rename = "errorMessage")]
    pub(crate) error: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Success,
    Failure,
    Warning,
    Skipped,
    /// A note, not a check.
    Info,
}

/// The checks of each played scenario.
pub(crate) type Results = BTreeMap<String, Vec<Check>>;

impl Suite {
    pub(crate) fn title(self) -> String {
        let revision = self.revision.map(|revision| format!(", {revision}"));
        format!("{}{}", self.line, revision.unwrap_or_default())
    }

    /// The names of all scenarios, from the suite's own list.
    pub(crate) fn scenarios(self, leg: Leg) -> BTreeSet<String> {
        let list = [vec!["list"], self.choosing("--requirements")].concat();
        let (mut of_leg, mut scenarios) = (false, BTreeSet::new());
        for line in self.run(&list) {
            match line.trim_start().strip_prefix("- ") {
                Some(entry) => scenarios.extend(listed(entry, leg, of_leg)),
                None if line.contains("scenarios (") => {
                    of_leg = line.to_lowercase().starts_with(leg.word());
                }
                None => of_leg &= !line.contains("never scored"),
            }
        }
        assert!(!scenarios.is_empty(), "the suite {} lists none", self.line);
        scenarios
    }

    /// Plays all scenarios on a server.
    pub(crate) fn server(self, who: &str, url: &str) -> Results {
        let folder = self.folder(who);
        let mut chosen = self.choosing("--requirements");
        if chosen.is_empty() {
            chosen = vec!["--suite", "all"];
        }
        let arguments = [vec!["--url", url], chosen].concat();
        self.play(Leg::Server, &folder, &arguments)
    }

    /// Plays one scenario on a server at a `--url`, or on a client that a `--command` starts.
    pub(crate) fn scenario(self, leg: Leg, who: &str, scenario: &str, of: [&str; 2]) -> Results {
        let folder = self.folder(who).join(scenario.replace('/', "-"));
        let mut arguments = [of.to_vec(), vec!["--scenario", scenario]].concat();
        if self.revision.is_some() {
            // An extension belongs to no revision.
            arguments.extend([self.choosing("--spec-version"), vec!["--force"]].concat());
        }
        self.play(leg, &folder, &arguments)
    }

    /// Options for the revision; none without one.
    fn choosing(self, option: &'static str) -> Vec<&'static str> {
        let revision = self.revision.into_iter();
        revision.flat_map(|revision| [option, revision]).collect()
    }

    fn play(self, leg: Leg, folder: &Path, arguments: &[&str]) -> Results {
        let _ = fs::remove_dir_all(folder);
        let output = folder.to_string_lossy();
        let said = self.run(&[&[leg.word(), "--output-dir", &output], arguments].concat());
        let mut results = Results::new();
        read(folder, folder, leg, &mut results);
        assert!(
            !results.is_empty(),
            "the suite left nothing in {output} and said:\n{}",
            said.join("\n")
        );
        results
    }

    /// Runs the suite, and returns its output. Its exit status is ignored, because it also fails for a failed check.
    fn run(self, arguments: &[&str]) -> Vec<String> {
        let suite = format!("node_modules/suite-{}/dist/index.js", self.line);
        let mut program = Program::at("NODE_22", &fixture(&suite), arguments);
        program.tell("");
        program.told()
    }

    fn folder(self, who: &str) -> PathBuf {
        let run = format!("{who} {}", self.title()).replace([' ', ','], "-");
        root().join("target/conformance").join(run)
    }
}

/// A file of the fixtures.
pub(crate) fn fixture(file: &str) -> PathBuf {
    root().join("host-tests/conformance").join(file)
}

/// The scenario of a list entry, if it belongs to this leg. Some entries name their leg; others are below its title.
fn listed(entry: &str, leg: Leg, of_leg: bool) -> Option<String> {
    let (name, tags) = entry.split_once(' ').unwrap_or((entry, ""));
    let is = match tags {
        "[server]" => leg == Leg::Server,
        "[client]" => leg == Leg::Client,
        _ => of_leg,
    };
    is.then(|| name.to_owned())
}

/// Finds the scenarios' files at any depth, because a name may have a slash.
fn read(top: &Path, folder: &Path, leg: Leg, results: &mut Results) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            read(top, &path, leg, results);
        } else if path.ends_with("checks.json") {
            let text = fs::read_to_string(&path).expect("the checks can be read");
            let checks = serde_json::from_str(&text).expect("the checks are a list");
            results.insert(scenario_of(top, folder, leg), checks);
        }
    }
}

fn scenario_of(top: &Path, folder: &Path, leg: Leg) -> String {
    let name = folder.strip_prefix(top).unwrap_or(folder).to_string_lossy();
    let end = name.len().saturating_sub(START.len());
    let name = name.get(..end).unwrap_or_default();
    match leg {
        Leg::Server => name.strip_prefix("server-").unwrap_or(name).to_owned(),
        Leg::Client => name.to_owned(),
    }
}
