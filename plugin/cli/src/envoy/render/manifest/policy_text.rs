//! Turns the text of a policy into an object of YAML with the same lines, which every reader of YAML reads as the same values.
//!
//! It never reads the policy: a text that is JSON is all it asks for.

use crate::yaml::quoted;
use std::fmt::Write as _;

/// The longest name that readers of YAML take for one, with its escapes, in bytes.
const LONGEST_NAME: usize = 1_000;

/// A part of a JSON text.
enum Token<'a> {
    Space(char),
    /// With its quotes.
    Text(&'a str),
    /// A bracket, a comma, a colon, or a character of a number or of `true`, `false` and `null`.
    Other(char),
}

/// The text with this indentation of each line but the first. Numbers stay as they are: those of a policy have at most 15 digits,
/// which readers that take them for binary64 write again.
///
/// # Errors
/// The line of a name that is too long for YAML, from 1.
pub(super) fn object(json: &str, indentation: usize) -> Result<String, usize> {
    let (mut written, mut line) = (String::new(), 1_usize);
    let mut rest = json.trim();
    while let Some((token, behind)) = next(rest) {
        rest = behind;
        match token {
            Token::Space('\n') => {
                line = line.saturating_add(1);
                let _ = write!(written, "\n{:indentation$}", "");
            }
            // YAML has no tabs in indentations.
            Token::Space(_) => written.push(' '),
            Token::Other(char) => written.push(char),
            Token::Text(text) => {
                let text = quoted(&serde_json::from_str::<String>(text).unwrap_or_default());
                if text.len() > LONGEST_NAME && rest.trim_start().starts_with(':') {
                    return Err(line);
                }
                written.push_str(&text);
            }
        }
    }
    Ok(without_trailing_spaces(&written))
}

fn without_trailing_spaces(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(str::trim_end).collect();
    lines.join("\n")
}

/// The first token of a JSON text, and what is behind it.
fn next(text: &str) -> Option<(Token<'_>, &str)> {
    let first = text.chars().next()?;
    let length = match first {
        '"' => text_length(text),
        _ => first.len_utf8(),
    };
    let (token, rest) = text.split_at_checked(length)?;
    let token = match first {
        '"' => Token::Text(token),
        ' ' | '\t' | '\n' | '\r' => Token::Space(first),
        _ => Token::Other(first),
    };
    Some((token, rest))
}

/// The length of the string at the beginning, with its quotes.
fn text_length(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}
