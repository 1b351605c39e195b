//! The files of `envoy/prometheus`, checked by Prometheus's own tool: each alert fires in its case, and is silent in another.
//!
//! It never starts Prometheus.

use host_tests::require::{PROMETHEUS, lacks};
use host_tests::root;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs promtool in a folder. Returns whether it found no mistake, and its output.
fn promtool(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut promtool = Command::new(root().join("target/prometheus/promtool"));
    let output = promtool.args(arguments).current_dir(folder).output();
    let output = output.expect("promtool runs");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (output.status.success(), said)
}

#[test]
fn rules_configuration_and_cases_of_alerts_pass() {
    if lacks(&[PROMETHEUS]) {
        return;
    }
    for arguments in [
        ["check", "rules", "alerts.yaml"],
        ["check", "config", "prometheus.yaml"],
        ["test", "rules", "alerts.test.yaml"],
    ] {
        let (passed, said) = promtool(&root().join("envoy/prometheus"), &arguments);
        assert!(passed, "{arguments:?}\n{said}");
    }
}

/// Each threshold, moved so that an alert stays silent or another one fires.
#[test]
fn alert_with_another_threshold_fails_its_case() {
    if lacks(&[PROMETHEUS]) {
        return;
    }
    let folder = root().join(format!("target/tmp/alerts-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let shipped = root().join("envoy/prometheus");
    let alerts = fs::read_to_string(shipped.join("alerts.yaml")).expect("the rules");
    let cases = "alerts.test.yaml";
    fs::copy(shipped.join(cases), folder.join(cases)).expect("the cases");
    for (written, other) in [
        ("> 0.2\n", "> 0.1\n"),
        (">= 20\n", ">= 2\n"),
        ("> 10\n", "> 2\n"),
        ("> 48 *", "> 49 *"),
        ("> 100\n", "> 10\n"),
        ("> 0.5 * sum", "> 0.1 * sum"),
        ("> 0.5 * max", "> 0.51 * max"),
        ("== 1\n", ">= 0\n"),
        ("\"refused\"", "\"accepted\""),
    ] {
        assert!(alerts.contains(written), "{written}");
        let changed = alerts.replace(written, other);
        fs::write(folder.join("alerts.yaml"), changed).expect("other rules");
        let (passed, _) = promtool(&folder, &["test", "rules", cases]);
        assert!(!passed, "{written} became {other}");
    }
    fs::remove_dir_all(&folder).expect("the folder goes");
}

/// `for`, a severity, and an annotation with the next step.
#[test]
fn alert_has_a_duration_a_severity_and_a_next_step() {
    let alerts = fs::read_to_string(root().join("envoy/prometheus/alerts.yaml"));
    let alerts = alerts.expect("the rules");
    let mut blocks = alerts.split("  - alert: ");
    blocks.next();
    let blocks: Vec<_> = blocks.collect();
    assert_eq!(blocks.len(), 12);
    for block in blocks {
        for member in [
            "    for: ",
            "    labels: { severity: ",
            "      summary: '",
            "      description: >-",
        ] {
            assert!(block.contains(member), "{member} in {block}");
        }
    }
}
