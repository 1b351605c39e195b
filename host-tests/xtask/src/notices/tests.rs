//! Tests of the third-party notices.

use super::licence::{chosen, file_names};
use super::linked::{Crates, add};
use super::page::table;

#[test]
fn own_licence_is_chosen_where_it_is_offered() {
    for (expression, licences) in [
        ("MIT OR Apache-2.0", &["Apache-2.0"][..]),
        ("Unlicense OR MIT", &["MIT"]),
        ("MIT/Apache-2.0", &["Apache-2.0"]),
        ("Zlib", &["Zlib"]),
        (
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
            &["Apache-2.0"],
        ),
        (
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            &["Apache-2.0", "Unicode-3.0"],
        ),
    ] {
        assert_eq!(chosen(expression), licences, "{expression}");
    }
}

#[test]
fn text_of_a_licence_is_in_the_file_of_its_name() {
    let names = ["LICENSE-MIT.md", "LICENSE-MIT", "LICENSE", "LICENSE.txt"];
    assert_eq!(file_names("MIT"), names);
    assert_eq!(file_names("Unicode-3.0")[1], "LICENSE-UNICODE");
}

#[test]
fn crate_of_the_workspace_is_not_listed_and_a_repeated_one_once() {
    let mut crates = Crates::new();
    let tree = "own v0.1.0 (/work/own)\tApache-2.0\t\none v1.0.0\tMIT\thttps://one\none v1.0.0\tMIT\thttps://one (*)\n";
    assert!(add(&mut crates, "plugin", tree).is_ok());
    assert!(add(&mut crates, "component", "one v1.0.0\tMIT\thttps://one\n").is_ok());
    let rows: Vec<_> = table(&crates, 3)
        .lines()
        .skip(2)
        .map(str::to_owned)
        .collect();
    assert_eq!(
        rows,
        ["| `one` | 1.0.0 | MIT | plugin, component | <https://one> |"]
    );
    assert!(
        add(&mut crates, "plugin", "one v1.0.0").is_err(),
        "no licence"
    );
}
