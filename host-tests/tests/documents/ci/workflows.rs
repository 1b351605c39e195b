//! Checks the files for GitHub and pre-commit by their published schemas, the permissions of each job, and all of it by zizmor, which
//! finds holes in workflows; each check finds a planted mistake too.
//!
//! It runs no workflow.

use host_tests::require::{CI_PROGRAMS, lacks};
use host_tests::root;
use host_tests::yaml::documents;
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Files and the name of their schema.
const FORMS: [(&str, &str); 7] = [
    (".github/workflows/ci.yml", "github-workflows"),
    (".github/workflows/release.yml", "github-workflows"),
    (".github/workflows/site.yml", "github-workflows"),
    ("action.yml", "github-actions"),
    (".github/dependabot.yml", "dependabot"),
    (".github/ISSUE_TEMPLATE/bug.yml", "github-issue-forms"),
    (".github/ISSUE_TEMPLATE/feature.yml", "github-issue-forms"),
];

/// Runs a program of the environment in a folder. Returns whether it found no mistake, and its output.
pub(super) fn checked(program: &str, folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(root().join("target/ci/bin").join(program));
    let output = command.args(arguments).current_dir(folder).output();
    let output = output.expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

fn text(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// A copy of the files that are checked, with one text in place of another in one of them.
fn planted(name: &str, file: &str, written: &str, planted: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("workflows-{name}"));
    let _ = fs::remove_dir_all(&folder);
    let others = [".pre-commit-hooks.yaml", ".github/zizmor.yml"];
    for own in FORMS.iter().map(|(own, _)| *own).chain(others) {
        let to = folder.join(own);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        let mut text = text(own);
        if own == file {
            assert!(text.contains(written), "{file} has no {written}");
            text = text.replacen(written, planted, 1);
        }
        fs::write(to, text).expect("it can be written");
    }
    folder
}

fn has_its_form(folder: &Path, file: &str, schema: &str) -> (bool, String) {
    let schema = format!("vendor.{schema}");
    checked(
        "check-jsonschema",
        folder,
        &["--builtin-schema", &schema, file],
    )
}

fn hooks_have_their_form(folder: &Path) -> (bool, String) {
    let arguments = ["validate-manifest", ".pre-commit-hooks.yaml"];
    checked("pre-commit", folder, &arguments)
}

/// Of a copy: around it, all other files are ignored by Git.
fn has_no_hole(folder: &Path) -> (bool, String) {
    let options = ["--offline", "--no-progress", "--strict-collection"];
    let inputs = ["--persona", "auditor", "--collect=all", "."];
    checked("zizmor", folder, &[&options[..], &inputs].concat())
}

#[test]
fn files_have_their_forms_and_no_hole() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let workflows = fs::read_dir(root().join(".github/workflows")).expect("workflows");
    let known = FORMS
        .iter()
        .filter(|(_, schema)| *schema == "github-workflows");
    assert_eq!(
        workflows.count(),
        known.count(),
        "a workflow is not checked"
    );
    for (file, schema) in FORMS {
        let (passed, said) = has_its_form(&root(), file, schema);
        assert!(passed, "{said}");
    }
    let copy = planted("none", "action.yml", "name", "name");
    for (passed, said) in [hooks_have_their_form(&root()), has_no_hole(&copy)] {
        assert!(passed, "{said}");
    }
}

#[test]
fn planted_mistake_of_form_is_found() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    for (file, written, other) in [
        (".github/workflows/ci.yml", "runs-on", "runs_on"),
        (
            ".github/workflows/release.yml",
            "contents: read",
            "contents: reads",
        ),
        (
            ".github/workflows/site.yml",
            "  workflow_dispatch:",
            "  workflow_dispatched:",
        ),
        ("action.yml", "shell: bash", "shells: bash"),
        (
            ".github/dependabot.yml",
            "interval: weekly",
            "interval: weekday",
        ),
        (
            ".github/ISSUE_TEMPLATE/bug.yml",
            "type: textarea",
            "type: text",
        ),
        (".github/ISSUE_TEMPLATE/feature.yml", "label:", "labels:"),
    ] {
        let folder = planted("form", file, written, other);
        let schema = FORMS.iter().find(|(own, _)| *own == file);
        let (_, schema) = schema.expect("it has a schema");
        let (passed, _) = has_its_form(&folder, file, schema);
        assert!(!passed, "{file}: {written} became {other}");
    }
    let folder = planted(
        "hooks",
        ".pre-commit-hooks.yaml",
        "language: system",
        "language: none",
    );
    assert!(!hooks_have_their_form(&folder).0);
}

#[test]
fn planted_hole_is_found() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let release = ".github/workflows/release.yml";
    for (file, written, hole) in [
        (
            "action.yml",
            "run: bash ",
            "run: echo ${{ inputs.policies }}; bash ",
        ),
        (
            release,
            "@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0",
            "@v5",
        ),
        (release, "persist-credentials: false", "fetch-depth: 1"),
        (release, "permissions: {}", "permissions: write-all"),
        (
            release,
            "run: .ci/tag \"$GITHUB_REF_NAME\"",
            "run: .ci/tag ${{ github.ref_name }}",
        ),
        (
            ".github/workflows/ci.yml",
            "  pull_request:\n",
            "  pull_request_target:\n",
        ),
        (
            ".github/dependabot.yml",
            "default-days: 7",
            "default-days: 0",
        ),
    ] {
        let (passed, said) = has_no_hole(&planted("hole", file, written, hole));
        assert!(!passed, "{file}: {written} became {hole}\n{said}");
    }
}

/// The jobs of a workflow with their names.
fn jobs(workflow: &str) -> Vec<(String, Value)> {
    let workflow = documents(&text(workflow)).remove(0);
    let jobs = workflow["jobs"].as_object().expect("jobs").clone();
    jobs.into_iter().collect()
}

fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_array().expect("steps")
}

/// The scripts of a job's steps.
fn scripts(job: &Value) -> impl Iterator<Item = &str> {
    steps(job).iter().filter_map(|step| step["run"].as_str())
}

/// What compiles may write nowhere and proves nothing; what may, waits for a person, or proves and publishes nothing.
#[test]
fn job_that_compiles_can_only_read_and_job_that_publishes_waits_for_a_person() {
    let mut publishing = Vec::new();
    for workflow in [
        ".github/workflows/release.yml",
        ".github/workflows/site.yml",
    ] {
        for (name, job) in jobs(workflow) {
            let permissions = job["permissions"].as_object().expect("permissions");
            let writes = permissions.iter().filter(|(_, kind)| *kind == "write");
            let writes: Vec<_> = writes.map(|(what, _)| what.as_str()).collect();
            let compiles = scripts(&job).any(|script| script.contains("make "));
            assert_eq!(compiles, writes.is_empty(), "{workflow}: {name}");
            if compiles {
                assert_eq!(permissions.len(), 1, "{workflow}: {name}");
            } else if job["environment"].is_null() {
                assert_eq!(writes, ["attestations", "id-token"], "{workflow}: {name}");
            } else {
                publishing.push(name);
            }
        }
    }
    assert_eq!(
        publishing,
        ["github", "image", "npm", "pypi", "crates", "deploy"]
    );
}

#[test]
fn scripts_of_jobs_and_files_have_no_mistake_that_shellcheck_finds() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let shellcheck = |script: &str| {
        let mut command = Command::new(root().join("target/ci/bin/shellcheck"));
        command.args(["--shell", "bash", "-"]).current_dir(root());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(script.as_bytes()).expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let mut count = 0;
    for (file, _) in FORMS
        .iter()
        .filter(|(_, schema)| *schema == "github-workflows")
    {
        for (name, job) in jobs(file) {
            for script in scripts(&job) {
                assert_eq!(shellcheck(script), "", "{file}: {name}");
                count += 1;
            }
        }
    }
    assert!(count > 10, "{count} scripts");
    for file in fs::read_dir(root().join(".ci")).expect("scripts") {
        let file = file.expect("a file").path();
        let script = fs::read_to_string(&file).expect("UTF-8");
        assert_eq!(shellcheck(&script), "", "{}", file.display());
    }
    assert!(shellcheck("echo $1").contains("SC2086"));
}

#[test]
fn tag_is_that_of_the_version_whose_changes_have_a_date() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tag");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join(".ci")).expect("a folder");
    fs::copy(root().join(".ci/tag"), folder.join(".ci/tag")).expect("the script");
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
    write(
        "Cargo.toml",
        "[workspace.package]\nversion = \"1.2.0\"\n\n[x]\nversion = \"3.0.0\"\n",
    );
    let tag = |tag: &str| {
        let mut command = Command::new(folder.join(".ci/tag"));
        let output = command.arg(tag).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.success(), said.is_empty(), "{said}");
        said
    };
    write("CHANGELOG.md", "# Changelog\n\n## 1.2.0 (2026-11-30)\n");
    assert_eq!(tag("v1.2.0"), "");
    for wrong in ["v1.2.1", "1.2.0", "v1.2", "", "v3.0.0"] {
        let said = tag(wrong);
        assert!(
            said.contains("tag v1.2.0, or set the version first"),
            "{said}"
        );
    }
    for wrong in [
        "## 1.2.0 (unreleased)\n",
        "## 1.2.00 (2026-11-30)\n",
        "## 1x2.0 (2026-11-30)\n",
    ] {
        write("CHANGELOG.md", wrong);
        assert!(
            tag("v1.2.0").contains("give the version its date"),
            "{wrong}"
        );
    }
}
