//! How policies spell the path to an argument: `args.path`, `args["a.b"]`, `args.files[*].path`.
//!
//! It never checks a path: the engine does.

use mcp_policy_cases::value_path;
pub(crate) use mcp_policy_cases::value_path::PathStep as Step;
use serde_json::json;

/// The path of all arguments.
pub(crate) const ROOT: &str = "args";

/// The path of a member, with quotation marks where its name needs them.
pub(crate) fn member(outer: &str, name: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace() && !"[]\"'*.".contains(c);
    if !name.is_empty() && name.chars().all(is_plain) {
        format!("{outer}.{name}")
    } else {
        format!("{outer}[{}]", json!(name))
    }
}

/// The path of the members' innermost one.
pub(crate) fn members<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let names = names.into_iter();
    names.fold(ROOT.to_owned(), |outer, name| member(&outer, name))
}

/// The path of every element of a list.
pub(crate) fn elements(list: &str) -> String {
    format!("{list}[*]")
}

/// A name that is short and plain enough for generated policies.
pub(crate) fn is_simple(name: &str) -> bool {
    const LONGEST: usize = 64;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-$@".contains(c);
    (1..=LONGEST).contains(&name.len()) && name.chars().all(is_plain)
}

/// The path of each text in the arguments, at any depth.
pub(crate) const ANY_TEXT: &str = "args.**";

/// The path to the value that a condition on this path reads.
pub(crate) fn value_read_by(path: &str) -> &str {
    match path {
        ANY_TEXT => ROOT,
        path => path,
    }
}

/// The path without `args.`, for people.
pub(crate) fn without_root(path: &str) -> &str {
    path.strip_prefix("args.").unwrap_or(path)
}

/// The name of the argument that a path begins with, and the rest of the path.
pub(crate) fn first_member(path: &str) -> Option<(String, &str)> {
    match value_path::first_step(path.strip_prefix(ROOT)?)? {
        (Step::Member(name), rest) => Some((name, rest)),
        (Step::Element(_), _) => None,
    }
}

/// The steps from the arguments to the end of the path; `None` for a path to anything else.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    value_path::steps(path.strip_prefix(ROOT)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unusual_name_is_quoted() {
        assert_eq!(member(ROOT, "path"), "args.path");
        assert_eq!(member(ROOT, "a.b"), "args[\"a.b\"]");
        assert_eq!(member(ROOT, ""), "args[\"\"]");
    }

    #[test]
    fn path_is_split_into_its_steps() {
        let member = |name: &str| Step::Member(name.into());
        let expected = [
            member("files"),
            Step::Element(None),
            member("a.b"),
            member("c"),
        ];
        assert_eq!(steps(r#"args.files[*]["a.b"].c"#), Some(expected.into()));
        assert_eq!(steps("args[0]"), Some(vec![Step::Element(Some(0))]));
        assert_eq!(steps("header.x"), None);
        assert_eq!(first_member("args[0].a"), None);
    }

    #[test]
    fn first_member_of_spelled_path_is_its_name() {
        for name in ["path", "a.b", "[", "\"", "", "a b"] {
            let path = elements(&member(ROOT, name));
            assert_eq!(
                first_member(&path),
                Some((name.to_owned(), "[*]")),
                "{path}"
            );
        }
    }
}
