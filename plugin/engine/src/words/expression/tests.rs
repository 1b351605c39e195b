//! Compares expressions with those of the crate `regex-lite`, whose dialect they have.

use super::{Expression, Finder};
use crate::words::work::Budget;
use proptest::prelude::*;
use std::ops::Range;

/// A pattern that combines parts of the dialect.
fn patterns() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        4 => "[a-cA-C01_ \u{e9}\n]",
        2 => prop::sample::select(vec![
            ".", r"\d", r"\w", r"\s", r"\D", r"\W", r"\S", "[a-b]", "[^a]", "[[:alpha:]_]", "[^[:^digit:]]", r"[\w-]", "[]a]", "[-a]",
            r"\x41", r"\x{e9}", r"\u0062", r"\n", r"\.", r"\-", "[a-c&]", "[^\n]", "\u{1F600}", "[\u{e0}-\u{ff}]",
        ]).prop_map(String::from),
        2 => prop::sample::select(vec![
            "^", "$", r"\b", r"\B", r"\A", r"\z", r"\<", r"\>", r"\b{start}", r"\b{end}", r"\b{start-half}", r"\b{end-half}",
        ]).prop_map(String::from),
    ];
    let flags = prop::sample::select(vec![
        "", "?:", "?i:", "?m:", "?s:", "?U:", "?R:", "?x:", "?mR:", "?i-s:", "?P<n>", "?<m>",
    ]);
    atom.prop_recursive(4, 24, 4, move |inner| {
        let repeat = prop::sample::select(vec![
            "*",
            "+",
            "?",
            "*?",
            "+?",
            "??",
            "{2}",
            "{1,2}",
            "{0,2}?",
            "{2,}",
            "{0}",
            "{ 1 , 3 }",
        ]);
        prop_oneof![
            (inner.clone(), repeat).prop_map(|(sub, repeat)| format!("(?:{sub}){repeat}")),
            (inner.clone(), inner.clone()).prop_map(|(one, other)| format!("{one}|{other}")),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            (flags.clone(), inner).prop_map(|(flags, sub)| format!("({flags}{sub})")),
        ]
    })
}

/// Short texts, and long ones of repeated parts.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-cA-C01_ .\u{e9}\u{1F600}\n\r-]{0,12}",
        1 => ("[a-cA-C01_ .\u{e9}\n\r]{1,12}", 1..40_usize).prop_map(|(text, times)| text.repeat(times)),
    ]
}

fn located(expression: &Expression, text: &str) -> Vec<Range<usize>> {
    let budget = Budget::unlimited();
    let mut finder = Finder::new(expression, &budget).unwrap();
    finder.find_all(text, 0, &budget).unwrap()
}

fn agree(pattern: &str, text: &str) -> Result<(), TestCaseError> {
    let other = regex_lite::Regex::new(pattern);
    let own = Expression::located(pattern);
    prop_assert_eq!(
        own.is_ok(),
        other.is_ok(),
        "{:?}: {:?} {:?}",
        pattern,
        own.err(),
        other.err()
    );
    let (Ok(own), Ok(other)) = (own, other) else {
        return Ok(());
    };
    let found = other.find_iter(text).map(|found| found.range());
    let found: Vec<_> = found.filter(|range| !range.is_empty()).collect();
    prop_assert_eq!(located(&own, text), found, "{:?} in {:?}", pattern, text);
    let matches = |own: &Expression| own.is_match(text, &Budget::unlimited()).unwrap();
    prop_assert_eq!(
        matches(&own),
        other.is_match(text),
        "{:?} in {:?}",
        pattern,
        text
    );
    let mut prepared = Expression::new(pattern).unwrap();
    prepared.prepare(usize::MAX, &Budget::unlimited());
    prop_assert_eq!(
        matches(&prepared),
        other.is_match(text),
        "{:?} in {:?}",
        pattern,
        text
    );
    Ok(())
}

#[test]
fn expression_is_prepared_where_its_automaton_is_small() {
    let budget = Budget::of(1 << 20);
    for (pattern, small) in [
        ("^[a-z0-9_]+$", true),
        (r"\.(pem|key)$", true),
        ("(?i)password", true),
        (r"@example\.com$", true),
        ("(a|b)*a(a|b){12}", false),
        ("[a-z]{1,200}x{200}", false),
    ] {
        let mut expression = Expression::new(pattern).unwrap();
        assert_eq!(
            expression.prepare(usize::MAX, &budget) > 0,
            small,
            "{pattern}"
        );
        assert_eq!(expression.prepare(0, &budget), 0, "{pattern}");
        assert_eq!(
            expression.prepare(usize::MAX, &Budget::nothing()),
            0,
            "{pattern}"
        );
    }
}

#[test]
fn prepared_expression_takes_one_step_for_each_character() {
    let mut expression = Expression::new("^[a-z ]+$").unwrap();
    expression.prepare(usize::MAX, &Budget::unlimited());
    let text = "a line of text ".repeat(10);
    let taken = steps(|budget| assert_eq!(expression.is_match(&text, budget), Ok(true)));
    assert!(taken < 200, "{taken}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn expression_matches_as_in_regex_lite(pattern in patterns(), text in texts()) {
        agree(&pattern, &text)?;
    }

    /// A broken pattern is refused by both, or read alike.
    #[test]
    fn broken_expression_is_refused_as_in_regex_lite(pattern in r"([a-c]|[\[\](){}|*+?^$.\\#,:=!<>&~ -]|\\[a-zA-Z0-9]|[0-9]|\[:alpha:\]|\(\?|[imsURxuP]){0,10}", text in "[a-c0 -]{0,6}") {
        agree(&pattern, &text)?;
    }
}

fn steps(run: impl Fn(&Budget)) -> u64 {
    let budget = Budget::unlimited();
    run(&budget);
    u64::MAX.saturating_sub(budget.left())
}

fn match_steps(pattern: &str, text: &str) -> u64 {
    let expression = Expression::new(pattern).unwrap();
    steps(|budget| assert!(expression.is_match(text, budget).is_ok()))
}

fn find_steps(pattern: &str, text: &str) -> u64 {
    let expression = Expression::located(pattern).unwrap();
    steps(|budget| {
        let mut finder = Finder::new(&expression, budget).unwrap();
        assert!(finder.find_all(text, 0, budget).is_ok());
    })
}

/// A character whose transition is known takes one step. Each transition is computed once.
#[test]
fn long_text_takes_one_step_for_each_character() {
    for pattern in [
        "[a-z]{1,400}[0-9]",
        "(?i)password",
        r"^[a-z ]+$",
        r"\bk\w+#",
        "zzz",
    ] {
        let (short, long) = ("key of a door ".repeat(400), "key of a door ".repeat(800));
        let more = match_steps(pattern, &long) - match_steps(pattern, &short);
        assert!(more <= 14 * 400, "{pattern}: {more}");
    }
}

/// Where no match can start, no walk is made.
#[test]
fn text_without_a_start_of_a_match_takes_half_a_step_for_each_byte() {
    for (pattern, text) in [
        ("zzz", "key of a door "),
        (r"\bz\w+", "key of a door "),
        ("zzz", "schlüssel eines tors \u{1F600}"),
        ("[z-\u{ff}]{1,400}", "key of a door \n"),
    ] {
        let long = text.repeat(100);
        assert!(
            match_steps(pattern, &long) <= long.len() as u64 / 2 + 8,
            "{pattern}"
        );
        assert!(
            find_steps(pattern, &long) <= long.len() as u64 / 2 + 300,
            "{pattern}"
        );
    }
    // These may be empty, or must start at the start of the text.
    assert!(match_steps("(?:zzz)?", "key") > 20);
    assert!(match_steps("^zzz", "key") > 20);
}

#[test]
fn letter_outside_ascii_takes_a_few_steps() {
    for pattern in ["[k\u{e9}][a-z]*#", "[^a]*#", "中|k"] {
        let (short, long) = ("ké中".repeat(400), "ké中".repeat(800));
        let more = match_steps(pattern, &long) - match_steps(pattern, &short);
        assert!(more <= 20 * 400, "{pattern}: {more}");
    }
}

/// `.` reads to the end of the text after each match, and each time takes its steps.
#[test]
fn search_after_each_match_takes_steps() {
    let (short, long) = ("secret".repeat(200), "secret".repeat(400));
    let pattern = "secret(?:.*END)?";
    let times = find_steps(pattern, &long) / find_steps(pattern, &short);
    assert!((3..5).contains(&times), "{times}");
    assert!(find_steps("secret", &long) < 400 * 200);
}

#[test]
fn search_beyond_the_budget_fails() {
    let text = "ab".repeat(10_000);
    let expression = Expression::located("a[ab]{1000}c").unwrap();
    let budget = Budget::of(text.len());
    assert!(expression.is_match(&text, &budget).is_err());
    assert_eq!(budget.left(), 0);
    assert!(expression.is_match("", &budget).is_err());
    assert!(Finder::new(&expression, &budget).is_err());
    let budget = Budget::of(text.len());
    assert_eq!(expression.is_match("abc", &budget), Ok(false));
    let mut finder = Finder::new(&expression, &budget).unwrap();
    assert!(finder.find_all(&text, 0, &budget).is_err());
}

#[test]
fn expression_with_too_many_instructions_is_refused() {
    for pattern in ["a{2000}", "(?:ab){1000}", "(?:a{40}){50}"] {
        assert!(Expression::new(pattern).is_ok(), "{pattern}");
    }
    for pattern in [
        "a{2048}",
        "(?:a{50}){50}",
        "(?:(?:(?:a{1000}){1000}){1000}){1000}",
        "(?:(?:(?:(?:){1000}){1000}){1000}){1000}",
        "a{4294967295}",
    ] {
        assert!(Expression::new(pattern).is_err(), "{pattern}");
    }
}

/// One expression has more classes of characters than an automaton, the others more sets of instructions.
#[test]
fn expression_too_large_for_its_automaton_matches_alike() {
    let letters: String = (0x4e00..0x4f00).filter_map(char::from_u32).collect();
    agree(&letters, &format!("{letters}{letters}")).unwrap();
    let mut text = String::new();
    let mut state = 1_u32;
    for _ in 0..20_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.push(if state >> 31 == 0 { 'a' } else { 'b' });
    }
    agree("(?:a|b)*a(?:a|b){14}", &text).unwrap();
    agree("a(?:a|b){14}a", &text).unwrap();
}
