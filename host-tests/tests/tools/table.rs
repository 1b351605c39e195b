//! The table of the corpus shows every way in which a host can be wrong.

use host_tests::case::{Case, Play};
use host_tests::corpus::run;
use host_tests::expectation::Outcome;
use host_tests::host::{ClockKind, Host, Played, Splits};
use host_tests::split::Split;
use host_tests::{root, runner};
use mcp_policy_cases::corpus::corpus;

fn cases() -> Vec<Case> {
    let all = corpus(&root().join("policies")).expect("a corpus");
    let folders = ["hide/", "invalid/"];
    let cases = all.into_iter();
    cases
        .filter(|case| folders.iter().any(|folder| case.name.starts_with(folder)))
        .collect()
}

fn host(play: impl Fn(&[Case]) -> Vec<Played<'_>> + Send + Sync + 'static) -> Host {
    Host::new("tried", ClockKind::Set, play)
}

/// The failures of a host whose observations are the engine's after `change`.
fn failures(change: impl Fn(&Case, Split, Outcome) -> Outcome + Send + Sync + 'static) -> String {
    let tried = host(move |cases| {
        Splits::Every.play(cases, |case, split| {
            change(case, split, runner::play(case, split))
        })
    });
    run(&[tried], &cases()).failures(true)
}

/// The number of cases in `hide/`.
fn hiding(cases: &[Case]) -> usize {
    let hiding = cases.iter().filter(|case| case.name.starts_with("hide/"));
    hiding.count()
}

#[test]
fn host_that_agrees_has_no_failures() {
    assert_eq!(failures(|_, _, outcome| outcome), "");
}

#[test]
fn different_answer_at_one_split_is_a_failure() {
    let failures = failures(|case, split, outcome| match outcome {
        Outcome::Observed(mut seen) if case.name == "hide/star.json" && split == Split::At(7) => {
            seen[0].status = Some(418);
            Outcome::Observed(seen)
        }
        other => other,
    });
    assert!(
        failures.starts_with("tried: hide/star.json [At(7)] step 1:"),
        "{failures}"
    );
    assert_eq!(failures.matches("tried: ").count(), 1, "{failures}");
}

#[test]
fn step_that_is_not_played_is_a_failure() {
    let failures = failures(|_, _, outcome| match outcome {
        Outcome::Observed(mut seen) => {
            seen.pop();
            Outcome::Observed(seen)
        }
        other => other,
    });
    let count = failures.matches("tried: hide/").count();
    assert_eq!(count, hiding(&cases()), "{failures}");
}

#[test]
fn different_error_of_an_invalid_policy_is_a_failure() {
    let failures = failures(|_, _, outcome| match outcome {
        Outcome::Refused(_) => Outcome::Refused(Vec::new()),
        other => other,
    });
    let invalid = cases();
    let invalid = invalid
        .iter()
        .filter(|case| matches!(case.play, Play::Refused(_)));
    assert_eq!(failures.matches("tried: invalid/").count(), invalid.count());
}

#[test]
fn host_that_plays_nothing_fails() {
    let cannot = failures(|_, _, _| Outcome::Cannot("it is closed today".into()));
    assert_eq!(cannot, "tried: it played nothing\n");
    let cases = cases();
    let table = run(&[host(|_| Vec::new())], &cases);
    let failures = table.failures(true);
    assert_eq!(failures.matches("did not play it").count(), cases.len());
}

#[test]
fn host_that_panics_fails_and_the_others_are_played() {
    let cases = cases();
    let hosts = [
        host(|_| panic!("it is not installed")),
        Host::new("native", ClockKind::Set, |cases| {
            Splits::Every.play(cases, runner::play)
        }),
    ];
    let table = run(&hosts, &cases);
    assert_eq!(
        table.failures(true),
        "tried: the host failed: it is not installed\n"
    );
    let (count, short) = (hiding(&cases), table.in_short());
    // The widths of the columns depend on the other folders.
    let words: Vec<_> = short.split_whitespace().collect();
    let row = format!("| **hide/** | 0 of {count} | {count} |");
    assert!(words.join(" ").contains(&row), "{short}");
}

#[test]
fn case_that_cannot_be_played_is_listed_with_the_reason() {
    let cases = cases();
    let tried = host(|cases| {
        Splits::Every.play(cases, |case, split| match &*case.name {
            "hide/star.json" => Outcome::Cannot("there are no stars here".into()),
            _ => runner::play(case, split),
        })
    });
    let table = run(&[tried], &cases);
    assert_eq!(table.failures(true), "");
    let short = table.in_short();
    assert!(short.contains("| hide/star.json | cannot (1) |"), "{short}");
    assert!(short.contains("1. there are no stars here"), "{short}");
    assert!(!short.contains("| hide/prefix.json"), "{short}");
    assert!(table.in_full().contains("| hide/prefix.json"));
}
