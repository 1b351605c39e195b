//! Plays every case of `policies/` on every host, and prints one table of the results.

use host_tests::case::{Case, Play};
use host_tests::corpus::{cases, filter, run};
use host_tests::expectation::Outcome;
use host_tests::say::say;
use host_tests::split::{Seam, Split};
use host_tests::{hosts, root, runner};
use mcp_policy_cases::corpus::bless;

#[test]
fn every_case_has_its_expected_outcome_on_every_host() {
    let cases = cases();
    if std::env::var_os("BLESS").is_some() {
        cases.iter().for_each(write_expectations);
        say("expectations are written; look at the difference before you commit it");
        return;
    }
    let table = run(&hosts::all(), &cases);
    let failures = table.failures(filter().is_empty());
    let file = root().join("target/corpus.md");
    std::fs::write(&file, format!("{}\n{failures}", table.in_full()))
        .expect("the table can be written");
    say(&format!(
        "\n{}\nevery row: {}",
        table.in_short(),
        file.display()
    ));
    assert!(failures.is_empty(), "\n{failures}");
}

/// The engine writes expectations; every host must agree with it.
fn write_expectations(case: &Case) {
    let seen = match runner::play(case, Split::Whole) {
        Outcome::Observed(seen) => Ok(seen),
        Outcome::Refused(lines) => Err(lines),
        other => panic!("{}: {other:?}", case.name),
    };
    bless(&root().join("policies"), case, &seen).expect("the case can be written");
}

/// This checks a whole folder, so that rewritten expectations cannot change its rule.
#[test]
fn smuggled_message_is_refused() {
    let smuggled: Vec<_> = cases()
        .into_iter()
        .filter(|case| case.name.starts_with("smuggling/"))
        .collect();
    for case in &smuggled {
        let Play::Steps(steps) = &case.play else {
            panic!("{}: it has no steps", case.name)
        };
        for step in steps {
            let seen = step
                .expect
                .as_ref()
                .unwrap_or_else(|| panic!("{}: expects nothing", case.name));
            assert!(
                !seen.forward && seen.shadow.is_empty(),
                "{}: expects it to be let through",
                case.name
            );
        }
    }
}

/// Without each seam, a host that fails at one would pass.
#[test]
fn each_seam_is_in_a_request_and_in_a_response_of_the_corpus() {
    if !filter().is_empty() {
        return;
    }
    let cases = cases();
    let steps = || cases.iter().flat_map(Case::steps);
    let requests: Vec<_> = steps().filter_map(|step| step.body.as_deref()).collect();
    let responses = steps().filter_map(|step| step.respond.as_ref());
    let responses: Vec<_> = responses.map(|respond| &*respond.body).collect();
    let has =
        |bodies: &[&[u8]], seam: Seam| bodies.iter().any(|body| !seam.places(body).is_empty());
    for seam in Seam::ALL {
        // Only a response is a stream of events.
        let of_events = [Seam::LineEnd, Seam::BlankLine, Seam::Event].contains(&seam);
        assert!(of_events || has(&requests, seam), "no request has {seam:?}");
        assert!(has(&responses, seam), "no response has {seam:?}");
    }
}
