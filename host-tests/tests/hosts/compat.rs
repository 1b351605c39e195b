//! Plays the corpus on the plugin of `$OLD` and on the built one, and lists the cases in which they differ.
//!
//! It does not fail for a difference: `(!)` in the changelog says which are intended.

use host_tests::abi::Module;
use host_tests::case::Case;
use host_tests::compat::{Difference, difference};
use host_tests::corpus::cases;
use host_tests::expectation::Outcome;
use host_tests::split::Split;
use host_tests::{module_of, proxy_wasm, root, wasm};
use std::fmt::Write as _;
use std::fs;

type IsKind = fn(&Difference) -> bool;

/// Each kind of difference, with its heading.
const HEADINGS: [(&str, IsKind); 5] = [
    ("Decisions that differ", |kind| {
        matches!(kind, Difference::Decision(_))
    }),
    ("Policies that are no longer accepted", |kind| {
        matches!(kind, Difference::PolicyRefused(_))
    }),
    ("Failures", |kind| matches!(kind, Difference::Failed(_))),
    ("Policies that the old version does not know", |kind| {
        *kind == Difference::PolicyIsNew
    }),
    ("Other words, codes or rules", |kind| {
        *kind == Difference::Words
    }),
];

#[test]
#[ignore = "make compat OLD=module.wasm"]
fn decisions_of_two_versions_are_listed() {
    let old = module_of("OLD").expect("OLD names a module");
    let old = Module::new(&fs::read(old).expect("it can be read")).expect("it is a module");
    let new = Module::new(&wasm()).expect("the plugin is a module");
    let cases = cases();
    let play = play_of(&old, &cases);
    let report = report(&cases, |case| compared(play, &old, &new, case));
    let file = root().join("target/compat.md");
    fs::write(&file, &report).expect("the report can be written");
    println!("{report}\nwritten to {}", file.display());
}

type Play = fn(&Module, &Case, Split) -> Outcome;

/// Plays with the log, unless the module's log has another format: then rules and shadow decisions are not observed.
fn play_of(module: &Module, cases: &[Case]) -> Play {
    let names_rules = |case| match proxy_wasm::play(module, case, Split::Whole) {
        Outcome::Observed(steps) => steps.iter().any(|step| step.rule.is_some()),
        _ => false,
    };
    if cases.iter().any(names_rules) {
        proxy_wasm::play
    } else {
        proxy_wasm::play_outside
    }
}

fn compared(play: Play, old: &Module, new: &Module, case: &Case) -> Option<Difference> {
    let [old, new] = [old, new].map(|module| play(module, case, Split::Whole));
    difference(&old, &new)
}

fn report(cases: &[Case], difference: impl Fn(&Case) -> Option<Difference>) -> String {
    let differing = cases
        .iter()
        .filter_map(|case| Some((case, difference(case)?)));
    let mut differing: Vec<_> = differing.collect();
    differing.sort_by(|(_, a), (_, b)| a.cmp(b));
    let mut text = format!("{} cases, {} differ\n", cases.len(), differing.len());
    for (heading, belongs) in HEADINGS {
        let own: Vec<_> = differing.iter().filter(|(_, kind)| belongs(kind)).collect();
        let _ = writeln!(text, "\n## {heading}: {}\n", own.len());
        for (case, kind) in own {
            let _ = writeln!(text, "- `{}`{}", case.name, detail(kind));
        }
    }
    text
}

fn detail(kind: &Difference) -> String {
    match kind {
        Difference::Decision(how) | Difference::PolicyRefused(how) | Difference::Failed(how) => {
            format!(": {how}")
        }
        Difference::PolicyIsNew | Difference::Words => String::new(),
    }
}

#[test]
fn planted_difference_is_listed_under_its_heading() {
    let cases = cases();
    let planted = &cases[0].name;
    let report = report(&cases, |case| {
        (case.name == *planted).then(|| Difference::Decision("step 1: planted".into()))
    });
    assert!(report.contains(&format!(
        "## Decisions that differ: 1\n\n- `{planted}`: step 1: planted\n"
    )));
    assert!(report.contains("## Failures: 0\n"));
}

#[test]
fn two_plays_of_one_module_do_not_differ() {
    let module = Module::new(&wasm()).expect("the plugin is a module");
    let cases = cases();
    let play = play_of(&module, &cases);
    for case in cases.iter().step_by(10) {
        let difference = compared(play, &module, &module, case);
        assert_eq!(difference, None, "{}", case.name);
    }
}
