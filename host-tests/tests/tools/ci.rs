//! The script that CI runs, with a `make` that only reports how it was called. It never runs the checks themselves.

use host_tests::root;
use std::process::Command;

/// Bash runs an exported function in place of the program of the same name.
const REPORTING_MAKE: (&str, &str) = (
    "BASH_FUNC_make%%",
    "() { echo \"make $@, REQUIRE=$REQUIRE\"; }",
);

#[test]
fn ci_script_checks_lints_then_tests_without_skips() {
    let (name, body) = REPORTING_MAKE;
    let output = Command::new(root().join(".ci/run"))
        .env(name, body)
        .output()
        .expect("the script runs");

    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "make lint, REQUIRE=all\nmake test, REQUIRE=all\n"
    );
    assert!(output.status.success());
}
