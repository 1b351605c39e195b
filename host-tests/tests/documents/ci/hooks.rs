//! Plays `.pre-commit-hooks.yaml` with pre-commit, in a repository that tries the hooks of another.
//!
//! It fetches nothing: both repositories are folders, and the tool is the one of this build.

use host_tests::require::{CI_PROGRAMS, lacks};
use host_tests::{root, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const GOOD: &str = r#"{ "version": "1", "default": "deny", "tools": { "read": {} } }"#;

/// A repository of hooks, and one that uses them.
struct Repositories {
    folder: PathBuf,
}

impl Repositories {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hooks-{name}"));
        let _ = fs::remove_dir_all(&folder);
        let own = Self { folder };
        for part in ["hooks", "own", "home"] {
            fs::create_dir_all(own.folder.join(part)).expect("a folder");
        }
        let hooks = own.folder.join("hooks/.pre-commit-hooks.yaml");
        fs::copy(root().join(".pre-commit-hooks.yaml"), hooks).expect("the hooks");
        for part in ["hooks", "own"] {
            own.git(part, &["init", "--quiet"]);
        }
        own.git("hooks", &["add", "--all"]);
        let author = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
        let commit = ["commit", "--quiet", "--message", "Hooks"];
        own.git("hooks", &[&author[..], &commit].concat());
        own
    }

    fn git(&self, part: &str, arguments: &[&str]) {
        let mut git = self.command("git", part);
        let output = git.args(arguments).output().expect("Git runs");
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }

    /// Writes a file of the repository that uses the hooks, and stages it.
    fn write(&self, name: &str, text: &str) {
        let file = self.folder.join("own").join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("it can be written");
        self.git("own", &["add", "--all"]);
    }

    /// Runs a hook on all files. Returns whether it passed, and its output.
    fn hook(&self, id: &str) -> (bool, String) {
        let program = root().join("target/ci/bin/pre-commit");
        let mut command = self.command(&program, "own");
        command.args([
            "try-repo",
            "../hooks",
            id,
            "--all-files",
            "--color",
            "never",
        ]);
        let output = command.output().expect("pre-commit runs");
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8(said).expect("UTF-8");
        (output.status.success(), said)
    }

    /// A program with the tool in its path, and with none of the user's settings of Git.
    fn command(&self, program: impl AsRef<Path>, part: &str) -> Command {
        let tool = tool::mcp_policy();
        let tool = Path::new(tool.get_program()).parent().expect("a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(program.as_ref());
        command.current_dir(self.folder.join(part));
        command.env("PATH", format!("{}:{path}", tool.display()));
        command.env("HOME", self.folder.join("home"));
        command.env("PRE_COMMIT_HOME", self.folder.join("cache"));
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command
    }
}

#[test]
fn mistake_in_a_policy_fails_the_hook_and_a_corrected_policy_passes() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let own = Repositories::new("check");
    let wrong = GOOD.replace("tools", "tool");
    own.write("policies/files.policy.json", &wrong);
    let (passed, said) = own.hook("mcp-policy-check");
    assert!(!passed, "{said}");
    let line = "error[unknown-key]: /tool: unknown key `tool`, did you mean `tools`?";
    assert!(said.contains(line), "{said}");
    own.write("policies/files.policy.json", GOOD);
    for name in ["policy.json", "my-policy.json"] {
        own.write(name, GOOD);
    }
    let (passed, said) = own.hook("mcp-policy-check");
    assert!(passed, "{said}");
    // Files of other names are not policies.
    for name in [
        "package.json",
        "notapolicy.json",
        "policy.json.txt",
        "policy.schema.json",
    ] {
        own.write(name, &wrong);
    }
    let (passed, said) = own.hook("mcp-policy-check");
    assert!(passed, "{said}");
    own.write("policy.json", &wrong);
    let (passed, said) = own.hook("mcp-policy-check");
    assert!(!passed, "{said}");
}

#[test]
fn changed_policy_plays_its_case() {
    if lacks(&[CI_PROGRAMS]) {
        return;
    }
    let own = Repositories::new("test");
    own.write("policy.json", GOOD);
    let case = r#"{ "why": "reading is allowed", "policy_file": "policy.json", "steps": [ { "call": "read", "expect": "forward" } ] }"#;
    own.write("policy.case.json", case);
    let (passed, said) = own.hook("mcp-policy-test");
    assert!(passed, "{said}");
    own.write("policy.json", &GOOD.replace("read", "write"));
    let (passed, said) = own.hook("mcp-policy-test");
    assert!(!passed && said.contains("reading is allowed"), "{said}");
}
