//! The lint finds a breach of each kind, and none in the controls.

use super::circles::circles;
use super::edges::Edge;
use super::floors::{Floor, Serves, breaches};
use super::lengths::{Function, Lengths};
use super::tree::Tree;
use super::{Report, floors, workspace};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// The tree of a crate whose files are given as path and text; `src/lib.rs` is its root.
fn tree(files: &[(&str, &str)]) -> Tree {
    let files: BTreeMap<&Path, &str> = files
        .iter()
        .map(|(path, text)| (Path::new(*path), *text))
        .collect();
    let reader = |path: &Path| files.get(path).map(ToString::to_string);
    Tree::read(Path::new("src/lib.rs"), &reader).expect("the files are Rust")
}

fn edges(files: &[(&str, &str)]) -> Vec<String> {
    tree(files).edges().iter().map(Edge::to_string).collect()
}

/// The files of each circle.
fn circle_files(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let edges = tree(files).edges();
    let names = |files: &std::collections::BTreeSet<&Path>| {
        files
            .iter()
            .map(|file| file.display().to_string())
            .collect()
    };
    circles(&edges)
        .iter()
        .map(|circle| names(&circle.files))
        .collect()
}

#[test]
fn files_that_use_each_other_make_a_circle() {
    let circle = circle_files(&[
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use crate::b::B; pub(crate) struct A;"),
        ("src/b.rs", "use super::a::A; pub(crate) struct B;"),
    ]);
    assert_eq!(circle, [["src/a.rs", "src/b.rs"]]);
}

#[test]
fn files_that_use_each_other_one_way_make_no_circle() {
    let files = [
        ("src/lib.rs", "mod a; mod b;"),
        ("src/a.rs", "use crate::b::B; pub(crate) struct A;"),
        ("src/b.rs", "pub(crate) struct B;"),
    ];
    assert_eq!(circle_files(&files), Vec::<Vec<String>>::new());
    assert_eq!(edges(&files), ["src/a.rs:1 imports src/b.rs: B"]);
}

#[test]
fn paths_in_function_bodies_types_and_macros_are_edges() {
    for code in [
        "fn f() { crate::b::run(); }",
        "struct S { b: Option<super::b::B> }",
        "fn f() { println!(\"{}\", crate::b::run()); }",
        "fn f() { use crate::b; b::run(); }",
        "use crate::b; fn f() -> b::B { todo!() }",
        "fn f(v: u8) { match v { crate::b::MOST => {} _ => {} } }",
        "impl crate::b::T for () {}",
        "#[derive(crate::b::D)] struct S;",
    ] {
        let circle = circle_files(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", &format!("{code} pub(crate) fn a() {{}}")),
            (
                "src/b.rs",
                "fn g() { self::super::a::a() } pub(crate) fn run() {} pub(crate) struct B; pub(crate) const MOST: u8 = 1; pub(crate) trait T {}",
            ),
        ]);
        assert_eq!(circle, [["src/a.rs", "src/b.rs"]], "{code}");
    }
}

#[test]
fn field_or_variable_with_an_imported_name_makes_no_edge() {
    for code in [
        "fn f(v: V) { println!(\"{}\", v.run) }",
        "fn f(v: V) { println!(\"{}\", v.run()); v.run() }",
        "fn f(run: V) { println!(\"{}\", run); g(run) }",
        "fn f(v: V) { if let Some(run) = v { g(run) } }",
    ] {
        let edges = edges(&[
            ("src/lib.rs", &format!("mod b; pub use b::run; {code}")),
            ("src/b.rs", "pub fn run() {}"),
        ]);
        assert_eq!(edges, Vec::<String>::new(), "{code}");
    }
}

#[test]
fn glob_import_makes_edges_to_the_files_of_the_used_names() {
    let edges = edges(&[
        ("src/lib.rs", "mod a; mod b; pub use b::run;"),
        ("src/a.rs", "use super::*; fn f() { run() }"),
        ("src/b.rs", "pub fn run() {}"),
    ]);
    assert_eq!(edges, ["src/a.rs:1 imports src/b.rs: run"]);
}

#[test]
fn reexported_name_belongs_to_the_file_that_defines_it() {
    let circle = circle_files(&[
        ("src/lib.rs", "mod a; mod door;"),
        ("src/a.rs", "use crate::door::Inner; pub(crate) struct A;"),
        (
            "src/door/mod.rs",
            "mod inner; mod other; pub(crate) use inner::Inner;",
        ),
        (
            "src/door/inner.rs",
            "use crate::a::A; pub(crate) struct Inner;",
        ),
        ("src/door/other.rs", "use super::Inner;"),
    ]);
    assert_eq!(circle, [["src/a.rs", "src/door/inner.rs"]]);
}

#[test]
fn module_that_only_reexports_is_in_no_circle() {
    let files = [
        ("src/lib.rs", "mod door; pub use door::Renamed;"),
        (
            "src/door/mod.rs",
            "mod one; mod two; pub use one::{One, One as Renamed}; pub use two::*;",
        ),
        ("src/door/one.rs", "use super::Two; pub struct One;"),
        ("src/door/two.rs", "pub struct Two;"),
    ];
    assert_eq!(
        edges(&files),
        ["src/door/one.rs:1 imports src/door/two.rs: Two"]
    );
}

#[test]
fn module_that_uses_a_child_which_needs_its_type_is_in_a_circle() {
    let child = "use super::Shared; pub(crate) fn run(_: Shared) {}";
    for door in [
        "pub(crate) use child::run; pub(crate) struct Shared; fn f() { run(Shared) }",
        "pub(crate) struct Shared; fn f() { child::run(Shared) }",
        "use child::run; pub(crate) struct Shared;",
    ] {
        let circle = circle_files(&[
            ("src/lib.rs", "mod door;"),
            ("src/door/mod.rs", &format!("mod child; {door}")),
            ("src/door/child.rs", child),
        ]);
        assert_eq!(circle, [["src/door/child.rs", "src/door/mod.rs"]], "{door}");
    }
}

#[test]
fn function_and_module_of_one_name_are_distinguished() {
    let edges = edges(&[
        ("src/lib.rs", "mod task; pub use task::{task, Other};"),
        (
            "src/task/mod.rs",
            "mod a; mod b; pub use a::task; pub use b::Other;",
        ),
        ("src/task/a.rs", "pub fn task() {}"),
        (
            "src/task/b.rs",
            "use crate::task; pub struct Other; fn f() { task(); task::task() }",
        ),
    ]);
    assert_eq!(edges, ["src/task/b.rs:1 imports src/task/a.rs: task"]);
}

#[test]
fn macro_output_belongs_to_the_file_of_its_module() {
    let edges = edges(&[
        ("src/lib.rs", "mod made; mod user;"),
        ("src/made.rs", "generate!();"),
        (
            "src/user.rs",
            "use crate::made::deep::Thing; use std::fmt; use serde::Value;",
        ),
    ]);
    assert_eq!(edges, ["src/user.rs:1 imports src/made.rs: deep"]);
}

#[test]
fn test_code_is_left_out() {
    let test = "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}\n";
    let tree = tree(&[
        ("src/lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod missing;\n"),
        (
            "src/a.rs",
            &format!("struct A;\n{test}#[cfg(all(test, unix))]\nuse crate::b::B;\n"),
        ),
        (
            "src/b.rs",
            "use crate::a::A;\n#[cfg(not(test))]\nstruct B;\n",
        ),
    ]);
    let lines: Vec<usize> = tree.files.iter().map(|file| file.lines).collect();
    assert_eq!(lines, [2, 1, 3]);
    assert_eq!(circles(&tree.edges()).len(), 0);
}

const FLOORS: &[Floor] = &[
    Floor {
        name: "low",
        holds: &["low/"],
        serves: Serves::Below,
    },
    Floor {
        name: "private",
        holds: &["private.rs"],
        serves: Serves::Door,
    },
    Floor {
        name: "high",
        holds: &["high.rs"],
        serves: Serves::Below,
    },
    Floor {
        name: "door",
        holds: &["lib.rs"],
        serves: Serves::Below,
    },
];

fn floor_breaches(files: &[(&str, &str)]) -> Vec<String> {
    let tree = tree(files);
    let files = tree.files.iter().map(|file| &*file.path);
    breaches(FLOORS, Path::new("src"), files, &tree.edges())
}

#[test]
fn imports_from_layers_above_and_from_the_own_layer_pass() {
    let breaches = floor_breaches(&[
        (
            "src/lib.rs",
            "mod low; mod private; mod high; fn f() { private::p() }",
        ),
        ("src/low/mod.rs", "mod a; mod b; pub(crate) use a::A;"),
        ("src/low/a.rs", "use super::b::B; pub(crate) struct A;"),
        ("src/low/b.rs", "pub(crate) struct B;"),
        ("src/private.rs", "use crate::low::A; pub(crate) fn p() {}"),
        ("src/high.rs", "use crate::low::A;"),
    ]);
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn imports_from_layers_below_and_from_a_private_layer_fail() {
    let breaches = floor_breaches(&[
        ("src/lib.rs", "mod low; mod private; mod high;"),
        (
            "src/low/mod.rs",
            "pub(crate) struct A;\nfn f() { crate::high::run() }",
        ),
        ("src/private.rs", "pub(crate) fn p() {}"),
        ("src/high.rs", "pub(crate) fn run() { crate::private::p() }"),
    ]);
    assert_eq!(
        breaches,
        [
            "high must not import from private: src/high.rs:1 imports src/private.rs: p",
            "low must not import from high: src/low/mod.rs:2 imports src/high.rs: run",
        ]
    );
}

#[test]
fn file_without_a_layer_fails() {
    let breaches = floor_breaches(&[("src/lib.rs", "mod lower;"), ("src/lower.rs", "")]);
    assert_eq!(breaches, ["src/lower.rs belongs to no layer"]);
}

/// A crate of one file whose functions have these lengths.
fn crate_with_functions(lengths: &[usize]) -> workspace::Crate {
    let mut text = String::new();
    for (index, length) in lengths.iter().enumerate() {
        let body = "    work();\n".repeat(length - 2);
        writeln!(text, "/// Works.\nfn f{index}() {{\n{body}}}").expect("a string takes text");
    }
    workspace::Crate {
        name: "fixture".to_owned(),
        source: "src".into(),
        edges: Vec::new(),
        files: tree(&[("src/lib.rs", &text)]).files,
    }
}

fn length_problems(lengths: &[usize]) -> Vec<String> {
    Report::of(&[crate_with_functions(lengths)], floors::ENGINE).problems()
}

#[test]
fn functions_at_their_bounds_pass() {
    let lengths = [8, 8, 8, 8, 8, 8, 8, 25, 25, 60];
    assert_eq!(length_problems(&lengths), Vec::<String>::new());
}

#[test]
fn function_over_sixty_lines_fails() {
    let lengths = [8, 8, 8, 8, 8, 8, 8, 8, 8, 61];
    assert_eq!(
        length_problems(&lengths),
        ["src/lib.rs:83 `f9` has 61 lines, more than 60"]
    );
}

#[test]
fn median_or_ninetieth_percentile_over_its_bound_fails() {
    let median = "the median of function lengths is 9 lines, more than 8";
    let p90 = "the 90th percentile of function lengths is 26 lines, more than 25";
    assert_eq!(length_problems(&[9, 9, 9]), [median], "of all crates");
    assert_eq!(length_problems(&[8, 8, 26]), [p90], "of the crate");
}

#[test]
fn file_over_its_bound_fails_without_counting_tests() {
    let long = "// one line\n".repeat(450);
    let report = |text: &str| {
        let files = tree(&[("src/lib.rs", text)]).files;
        let (name, source) = ("fixture".to_owned(), "src".into());
        let one = workspace::Crate {
            name,
            source,
            edges: Vec::new(),
            files,
        };
        Report::of(&[one], floors::ENGINE).problems()
    };
    let with_tests = format!("{long}#[cfg(test)]\nmod tests {{\n}}\n");
    assert_eq!(report(&with_tests), Vec::<String>::new());
    let longer = format!("{long}struct One;\n");
    assert_eq!(report(&longer), ["src/lib.rs has 451 lines, more than 450"]);
}

#[test]
fn lengths_are_those_of_bodies_in_items_impls_and_traits() {
    let text = "trait T {\n    fn declared();\n    fn provided() {\n    }\n}\nimpl T for () {\n    fn declared() {\n        fn inner() {}\n    }\n}\n";
    let tree = tree(&[("src/lib.rs", text)]);
    let functions = tree.files.iter().flat_map(|file| &file.functions);
    let lengths: Vec<(&str, usize)> = functions
        .map(|Function { name, length, .. }| (name.as_str(), *length))
        .collect();
    assert_eq!(lengths, [("provided", 2), ("declared", 3), ("inner", 1)]);
    assert_eq!(Lengths::of([]), Lengths::default());
}
