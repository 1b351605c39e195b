//! The lint counts each kind of turn in prose, and no words of code.

use super::{Report, Tally, prose};

fn report(files: &[(&str, &str)]) -> Report {
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    Report::of(files.iter().map(owned))
}

fn turns(text: &str) -> usize {
    Tally::of(text, "").turns
}

#[test]
fn turns_are_counted_as_whole_words_in_any_case() {
    assert_eq!(turns("What nobody tells"), 3);
    assert_eq!(turns("whatnot, a teller, isn't"), 0);
}

#[test]
fn pairs_are_counted_across_lines() {
    assert_eq!(turns("it is\nno list, and there\n  are none"), 2);
    assert_eq!(turns("it is not a list; none are"), 0);
}

#[test]
fn comments_are_counted_without_code() {
    assert_eq!(prose("  /// A name", "//"), Some("/ A name"));
    assert_eq!(prose("let what = 1; // a number", "//"), Some(" a number"));
    assert_eq!(prose("   * A name", "//"), Some("A name"));
    assert_eq!(prose("key: 1 # one", "#"), Some(" one"));
    assert_eq!(prose("let url = \"https://what\";", "//"), None);
    assert_eq!(prose("let what = 1;", "//"), None);
}

#[test]
fn rate_above_the_ceiling_fails_and_lists_the_worst_file_first() {
    let plain = "// One two three four five six seven eight nine ten.\n";
    let fails = report(&[
        ("a.rs", "// what\n"),
        ("b.md", "what is told"),
        ("c.rs", plain),
    ]);
    assert!(!fails.passes());
    assert_eq!(
        fails.worst(),
        "  b.md: 2 in 3 words\n  a.rs: 1 in 1 words\n"
    );
}

#[test]
fn rate_below_the_ceiling_passes() {
    let text = "// Word\n".repeat(999) + "// what\n";
    let passes = report(&[("a.rs", &text), ("a.json", "what what")]);
    assert!(passes.passes());
    assert!(passes.to_string().starts_with("wording: 1.0 "));
}
