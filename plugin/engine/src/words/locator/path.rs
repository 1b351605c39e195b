//! Decides whether a path stays inside one of some directories, whichever program resolves it.
//!
//! It never resolves `..`, decodes or expands anything: a path that some program would change first is unknown.

use super::error::NotCanonical;
use crate::words::truth::Truth;

/// Directories, and the base of relative paths where the policy allows them.
#[derive(Debug)]
pub(crate) struct Roots {
    pub(crate) roots: Vec<Box<str>>,
    pub(crate) base: Option<Box<str>>,
}

impl Roots {
    pub(crate) fn contains(&self, path: &str) -> Truth {
        match self.names(path) {
            Some(names) => Truth::any(self.roots.iter().map(|root| is_below(names.clone(), root))),
            None => Truth::Unknown,
        }
    }

    /// The names from the file system's root down; `None` where programs could find different ones.
    fn names<'a>(&'a self, path: &'a str) -> Option<impl Iterator<Item = &'a str> + Clone> {
        let base = match path.starts_with('/') {
            true => "/",
            false => self.base.as_deref()?,
        };
        let absolute = |path: &str| path.starts_with(['/', '\\']);
        let certain = is_certain(path) && (absolute(path) || !hides(path, absolute));
        let names = names(base).chain(names(path));
        (certain && !is_link(names.clone().next())).then_some(names)
    }
}

/// True for an absolute path whose names every program reads alike. A Windows drive may precede it.
pub(crate) fn is_certain_path(path: &str) -> bool {
    let drive = match path.as_bytes() {
        [b'/', letter, b':', b'/', ..] if letter.is_ascii_alphabetic() => path.get(3..),
        _ => None,
    };
    let path = drive.unwrap_or(path);
    path.starts_with('/') && is_certain(path) && !is_link(names(path).next())
}

/// True for a text whose characters outside ASCII are all letters that no program reads as dots.
pub(crate) fn is_certain_text(text: &str) -> bool {
    let plain = |c: char| c.is_ascii() || is_letter(c);
    text.is_ascii() || text.chars().all(plain) && !hides(text, has_dots)
}

/// True where two slashes are side by side.
pub(crate) fn has_empty_name(path: &str) -> bool {
    let mut pairs = path.as_bytes().windows(2);
    pairs.any(|pair| matches!(pair, b"//"))
}

/// Parses an absolute path in ASCII; another spelling of it is an error with the canonical one.
pub(crate) fn parse_root(text: &str) -> Result<Box<str>, NotCanonical> {
    let mut kept = Vec::new();
    for name in names(text) {
        match name {
            ".." => drop(kept.pop()),
            name => kept.push(name),
        }
    }
    let canonical = format!("/{}", kept.join("/"));
    let link = is_link(kept.first().copied());
    let certain = text.starts_with('/') && text.is_ascii() && is_certain(&canonical) && !link;
    match certain {
        true if canonical == text => Ok(text.into()),
        true => Err(NotCanonical(Some(canonical))),
        false => Err(NotCanonical(None)),
    }
}

/// The names of a path. A final slash and `.` change nothing.
fn names(path: &str) -> impl Iterator<Item = &str> + Clone {
    path.split('/')
        .filter(|name| !name.is_empty() && *name != ".")
}

fn is_certain(path: &str) -> bool {
    // Some programs read the part after an empty name as an absolute path.
    let joins = !path.is_empty() && !has_empty_name(path);
    joins && path.chars().all(is_plain) && !hides(path, has_dots) && names(path).all(is_name)
}

/// True for directories whose entries can link anywhere: `/proc/self/root`, `/dev/fd/3`.
fn is_link(first: Option<&str>) -> bool {
    first.is_some_and(|name| ["proc", "dev"].contains(&&*name.to_ascii_lowercase()))
}

fn is_below<'a>(mut path: impl Iterator<Item = &'a str>, root: &str) -> Truth {
    let mut truth = Truth::True;
    for name in names(root) {
        match path.next() {
            Some(other) if other == name => {}
            // Some file systems ignore case. Some servers read `+` as a space, which may be trimmed.
            Some(other) if bare(other).eq_ignore_ascii_case(bare(name)) => truth = Truth::Unknown,
            // Some programs drop characters outside ASCII, or replace them by similar ones.
            Some(other) if !other.is_ascii() => return Truth::Unknown,
            Some(_) | None => return Truth::False,
        }
    }
    truth
}

fn bare(name: &str) -> &str {
    name.trim_start_matches('+').trim_end_matches(['+', '.'])
}

/// True for a character that every program keeps as it is. Excluded are characters that separate, escape, expand or
/// match (`\ % $ ~ * ? { } ; : | < > " #` and the backtick), invisible ones, and those that normalise to one of these.
fn is_plain(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        ' ' | '!' | '&' | '\'' | '(' | ')' | '+' | ',' | '-' | '.' | '/' => true,
        '=' | '@' | '[' | ']' | '^' | '_' => true,
        c => !c.is_ascii() && is_letter(c),
    }
}

fn is_letter(c: char) -> bool {
    let at = LETTERS.partition_point(|(_, last)| *last < c);
    LETTERS.get(at).is_some_and(|(first, _)| *first <= c)
}

/// The scripts of most file names, in order, without characters that only look like others. Every Unicode normalisation
/// form and change of case maps them to letters, marks and digits.
const LETTERS: &[(char, char)] = &[
    ('\u{C0}', '\u{24F}'),    // Latin
    ('\u{300}', '\u{34E}'),   // combining marks, without the joiner that is not seen
    ('\u{350}', '\u{36F}'),   // combining marks
    ('\u{386}', '\u{386}'),   // Greek, without the question mark that becomes a semicolon
    ('\u{388}', '\u{52F}'),   // Greek, Cyrillic
    ('\u{531}', '\u{556}'),   // Armenian
    ('\u{561}', '\u{587}'),   // Armenian
    ('\u{591}', '\u{5C7}'),   // Hebrew
    ('\u{5D0}', '\u{5EA}'),   // Hebrew
    ('\u{620}', '\u{669}'),   // Arabic
    ('\u{66E}', '\u{6D3}'),   // Arabic
    ('\u{900}', '\u{DFF}'),   // Devanagari to Sinhala
    ('\u{E01}', '\u{E3A}'),   // Thai
    ('\u{E40}', '\u{E59}'),   // Thai
    ('\u{10A0}', '\u{10FF}'), // Georgian
    ('\u{1E00}', '\u{1EFF}'), // Latin
    ('\u{3041}', '\u{3096}'), // Hiragana
    ('\u{30A1}', '\u{30FF}'), // Katakana
    ('\u{3400}', '\u{4DBF}'), // Chinese
    ('\u{4E00}', '\u{9FFF}'), // Chinese
    ('\u{AC00}', '\u{D7A3}'), // Hangul
];

/// True where `seen` holds for the path as a program reads it that keeps only one byte of each character, or drops
/// characters outside ASCII.
fn hides(path: &str, seen: fn(&str) -> bool) -> bool {
    let cut = || {
        path.chars()
            .map(|c| char::from(c as u8))
            .collect::<String>()
    };
    let kept = || path.chars().filter(char::is_ascii).collect::<String>();
    !path.is_ascii() && (seen(&cut()) || seen(&kept()))
}

fn has_dots(path: &str) -> bool {
    let mut names = path.split(['/', '\\', '\0']);
    names.any(|name| name.starts_with(".."))
}

/// True for a name that every program keeps. Windows drops dots and spaces at its end, and reserves device names in
/// every directory. A name without letters and digits is only dots to a program that drops the rest.
fn is_name(name: &str) -> bool {
    is_word(name)
        || !name.starts_with("..")
            && !name.starts_with(' ')
            && !name.ends_with(['.', ' '])
            && name
                .chars()
                .any(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii())
            && !is_device(name)
}

/// True for a name of letters and digits of a length that no device has. Most names are.
fn is_word(name: &str) -> bool {
    let mut bytes = name.bytes();
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = bytes.next().is_some_and(letter);
    first && !matches!(name.len(), 3 | 4) && bytes.all(|byte| letter(byte) || byte == b'-')
}

/// True for `CON`, `nul.txt`, `Com1` and the like.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    let is = |device: &&str| stem.eq_ignore_ascii_case(device);
    match stem.as_bytes() {
        [_, _, _] => ["con", "prn", "aux", "nul"].iter().any(is),
        [port @ .., b'0'..=b'9'] => [&b"com"[..], b"lpt"]
            .iter()
            .any(|device| port.eq_ignore_ascii_case(device)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(path: &str) -> Truth {
        let roots = ["/srv/data", "/home/a b"].map(Into::into).into();
        let base = None;
        Roots { roots, base }.contains(path)
    }

    #[test]
    fn root_in_another_form_is_rejected_with_the_canonical_one() {
        for text in ["/", "/srv", "/srv/data-1.x/A b", "/srv/[id]"] {
            assert_eq!(parse_root(text).as_deref(), Ok(text));
        }
        for (text, canonical) in [
            ("/srv/", "/srv"),
            ("//srv//data", "/srv/data"),
            ("/srv/./data/.", "/srv/data"),
            ("/srv/x/../data", "/srv/data"),
            ("/..", "/"),
        ] {
            assert_eq!(parse_root(text), Err(NotCanonical(Some(canonical.into()))));
        }
        for text in [
            "",
            "srv",
            "~/data",
            "C:\\data",
            "C:/data",
            "/srv/d\u{e4}ta",
            "/srv/*",
            "/srv/%64",
            "/srv/data.",
            "/srv/nul",
            "/proc/1",
            "/Dev/shm",
            "file:///srv",
            "/srv/...",
        ] {
            assert_eq!(parse_root(text), Err(NotCanonical(None)), "{text}");
        }
    }

    #[test]
    fn path_is_compared_by_names() {
        for path in [
            "/srv/data",
            "/srv/data/",
            "/srv/data/x",
            "/srv/./data/./x/.",
            "/home/a b/c",
        ] {
            assert_eq!(within(path), Truth::True, "{path}");
        }
        for path in [
            "/",
            "/srv",
            "/srv/data2",
            "/srv/dat",
            "/etc/passwd",
            "/srv/other/data",
            "/SRV/x",
        ] {
            assert_eq!(within(path), Truth::False, "{path}");
        }
        for path in [
            "/srv/data+/x",
            "/srv/data.+/x",
            "/+srv/data",
            "/srv/Data/x",
            "/SRV/DATA",
            "/srv/d\u{e4}ta/x",
            "/\u{e9}/srv/data/x",
        ] {
            assert_eq!(within(path), Truth::Unknown, "{path}");
        }
    }

    #[test]
    fn relative_path_starts_at_the_base() {
        let roots = |base: Option<&str>| Roots {
            roots: ["/srv/data".into()].into(),
            base: base.map(Into::into),
        };
        for (base, path, truth) in [
            (Some("/srv/data"), "x/y", Truth::True),
            (Some("/srv/data"), ".", Truth::True),
            (Some("/srv"), "./data/x", Truth::True),
            (Some("/srv"), "other/x", Truth::False),
            (Some("/"), "srv/data", Truth::True),
            (Some("/srv/data"), "/etc/x", Truth::False),
            (Some("/srv/data"), "", Truth::Unknown),
            (Some("/srv/data"), "/", Truth::False),
            (Some("/srv/data"), "//", Truth::Unknown),
            (Some("/srv/data"), "../data/x", Truth::Unknown),
            (Some("/"), "proc/self/root", Truth::Unknown),
            (None, "x/y", Truth::Unknown),
            (Some("/srv"), "\u{e9}/etc/x", Truth::Unknown),
            (Some("/srv"), "\u{12f}etc/x", Truth::Unknown),
            (Some("/srv"), "./\u{e9}/etc/x", Truth::Unknown),
            (Some("/srv/data"), "./\u{e9}/etc/x", Truth::True),
        ] {
            assert_eq!(roots(base).contains(path), truth, "{base:?} {path}");
        }
    }

    #[test]
    fn letter_outside_ascii_is_inside_and_lookalike_of_dot_is_unknown() {
        for name in [
            "gr\u{f6}\u{df}e",
            "gro\u{308}\u{df}e",
            "\u{4e2d}\u{6587}.txt",
            ".\u{e9}",
            "\u{12e}",
        ] {
            assert_eq!(within(&format!("/srv/data/{name}")), Truth::True, "{name}");
        }
        for name in [
            "\u{ff0e}\u{ff0e}",
            "\u{2025}",
            "\u{2024}\u{2024}",
            "a\u{ff0f}b",
            "a\u{2215}b",
            "a\u{37e}b",
            "\u{200b}a",
            "a\u{202e}b",
            "\u{fe52}",
            "\u{c0}\u{ae}",
            "\u{12e}\u{12e}",
            "a\u{12f}\u{12e}\u{12e}\u{12f}b",
            ".\u{e9}.\u{e9}",
            "..\u{e9}",
            "\u{1f600}",
        ] {
            assert_eq!(
                within(&format!("/srv/data/{name}/x")),
                Truth::Unknown,
                "{name}"
            );
        }
    }
}
