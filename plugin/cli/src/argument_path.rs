//! How policies spell the path to an argument: `args.path`, `args["a.b"]`, `args.files[*].path`.
//!
//! It never checks a path: the engine does.

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

/// The path without `args.`, for people.
pub(crate) fn without_root(path: &str) -> &str {
    path.strip_prefix("args.").unwrap_or(path)
}

/// The name of the argument that a path begins with, and the rest of the path.
pub(crate) fn first_member(path: &str) -> Option<(String, &str)> {
    let rest = path.strip_prefix(ROOT)?;
    if let Some(rest) = rest.strip_prefix('.') {
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at_checked(end)?;
        return Some((name.into(), rest));
    }
    let quoted = rest.strip_prefix('[')?;
    let mut names = serde_json::Deserializer::from_str(quoted).into_iter::<String>();
    let name = names.next()?.ok()?;
    Some((name, quoted.get(names.byte_offset()..)?.strip_prefix(']')?))
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
