//! Finds secrets in a text by the forms that their makers gave them: keys of clouds, private keys, tokens.
//!
//! It knows forms, not places: a password that looks like a word is none to it. It reads a text once, whatever is looked
//! for, and where a form has a checksum, what only looks like it is left alone.

use super::kinds::{Check, Form, Kind, Rest, SECRETS};
use crate::words::work::{Budget, Exhausted};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::Range;

/// Where in the text a secret stands, and which of [`SECRETS`] it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) range: Range<usize>,
    pub(crate) kind: usize,
}

/// The steps that each byte takes; each place where a form could start; and each form that starts there.
const BYTE: usize = 2;
const START: usize = 64;
const FORM: usize = 256;

/// Every secret of the kinds for which `wanted`, in the order of the text.
pub(crate) fn find(
    text: &str,
    budget: &Budget,
    wanted: impl Fn(usize) -> bool,
) -> Result<Vec<Match>, Exhausted> {
    budget.take(text.len().saturating_mul(BYTE))?;
    let mut finder = Finder {
        text,
        runs: Default::default(),
        started: 0,
    };
    let mut matched = Vec::new();
    let (mut at, mut inside) = (0, false);
    while let Some(&byte) = text.as_bytes().get(at) {
        let letter = byte.is_ascii_alphanumeric() || byte == b'_';
        // Where a word begins, or a sign stands.
        let starts = !(letter && inside) && STARTS.contains(byte);
        let mut secret = None;
        if starts {
            budget.take(START)?;
            secret = finder.at_start(at, &wanted);
            let started = std::mem::take(&mut finder.started);
            budget.take(started.saturating_mul(FORM))?;
        }
        match secret {
            Some(secret) => {
                at = secret.range.end;
                inside = false;
                matched.push(secret);
            }
            None => {
                at = at.saturating_add(1);
                inside = letter;
            }
        }
    }
    Ok(matched)
}

/// The same in the value of a member: its name says what some values are.
pub(crate) fn find_value(
    name: &str,
    text: &str,
    budget: &Budget,
    wanted: impl Fn(usize) -> bool,
) -> Result<Vec<Match>, Exhausted> {
    if name.is_empty() {
        return find(text, budget, wanted);
    }
    budget.take(START.saturating_add(name.len()))?;
    if !names_secret(name) {
        return find(text, budget, wanted);
    }
    let before = name.len().saturating_add(1);
    let matched = find(&format!("{name}:{text}"), budget, wanted)?;
    let own = matched.into_iter().filter_map(|Match { range, kind }| {
        let range = range.start.checked_sub(before)?..range.end.checked_sub(before)?;
        Some(Match { range, kind })
    });
    Ok(own.collect())
}

/// True for a name that says that its value is a secret.
fn names_secret(name: &str) -> bool {
    let mut forms = SECRETS.iter().flat_map(|secret| secret.forms);
    forms.any(|form| {
        let named = matches!(form.rest, Rest::Value(..));
        let end = name.len().saturating_sub(form.start.len());
        let end = name.get(end..);
        named && end.is_some_and(|end| end.eq_ignore_ascii_case(form.start))
    })
}

/// Looks for forms at one place after the other.
struct Finder<'t> {
    text: &'t str,
    /// The last run of each kind of characters, so that none is measured again from each of its characters.
    runs: [Run; 6],
    /// How many forms started since that was last asked.
    started: usize,
}

#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
    /// Where it ends without the full stops behind it, which end a sentence.
    stop: usize,
    /// No word goes on behind it.
    whole: bool,
}

impl Finder<'_> {
    fn at_start(&mut self, at: usize, wanted: impl Fn(usize) -> bool) -> Option<Match> {
        let first = *self.text.as_bytes().get(at)?;
        let kinds = SECRETS.iter().enumerate();
        let kinds = kinds.filter(|(kind, _)| STARTS.of(first, *kind) && wanted(*kind));
        let mut forms =
            kinds.flat_map(|(kind, secret)| secret.forms.iter().map(move |form| (kind, form)));
        forms.find_map(|(kind, form)| {
            let range = self.form(form, at)?;
            Some(Match { range, kind })
        })
    }

    /// Where the secret stands, if the form does at this place.
    fn form(&mut self, form: &Form, at: usize) -> Option<Range<usize>> {
        let from = at.saturating_add(form.start.len());
        let start = self.text.get(at..from)?;
        let named = matches!(form.rest, Rest::Value(..));
        if start != form.start && !(named && start.eq_ignore_ascii_case(form.start)) {
            return None;
        }
        self.started = self.started.saturating_add(1);
        let rest = self.text.get(from..)?;
        let range = match form.rest {
            Rest::Run(kind, least, most) => at..self.run(kind, from, least, most)?,
            Rest::Value(kind, least, most) => {
                let value = rest.trim_start_matches(BETWEEN);
                let skipped = rest.len().saturating_sub(value.len());
                let from = from.saturating_add(skipped);
                let signs = (1..=MOST_BETWEEN).contains(&skipped);
                from..self.run(kind, from, least, most).filter(|_| signs)?
            }
            Rest::Block => at..from.saturating_add(block(rest)?),
            Rest::Password => {
                let password = password(rest)?;
                from.saturating_add(password.start)..from.saturating_add(password.end)
            }
        };
        let secret = self.text.get(range.clone())?;
        let holds = form.check.holds(secret, form.start.len());
        holds.then_some(range)
    }

    /// Where a run of such characters ends, where it is as long as it must be and no word goes on behind it.
    fn run(&mut self, kind: Kind, from: usize, least: usize, most: usize) -> Option<usize> {
        let last = self.runs.get_mut(kind as usize)?;
        if !(last.start..last.end).contains(&from) {
            *last = kind.run(self.text, from);
        }
        let length = last.stop.checked_sub(from)?;
        (last.whole && (least..=most).contains(&length)).then_some(last.stop)
    }
}

/// For each byte, a bit for each kind of which a form starts with it.
struct Starts([u32; 256]);

#[expect(
    clippy::indexing_slicing,
    reason = "it is made while compiling, where a mistake is an error"
)]
const STARTS: Starts = {
    let mut starts = [0; 256];
    let mut kind = 0;
    while kind < SECRETS.len() {
        let mut form = 0;
        while form < SECRETS[kind].forms.len() {
            let byte = SECRETS[kind].forms[form].start.as_bytes()[0];
            starts[byte as usize] |= 1 << kind;
            starts[byte.to_ascii_uppercase() as usize] |= 1 << kind;
            form += 1;
        }
        kind += 1;
    }
    Starts(starts)
};

impl Starts {
    fn contains(&self, byte: u8) -> bool {
        self.kinds(byte) != 0
    }

    fn kinds(&self, byte: u8) -> u32 {
        self.0.get(usize::from(byte)).copied().unwrap_or_default()
    }

    /// True where a form of the kind starts with the byte.
    fn of(&self, byte: u8, kind: usize) -> bool {
        let bit = u32::try_from(kind).ok();
        let bit = bit.and_then(|kind| 1_u32.checked_shl(kind));
        bit.is_some_and(|bit| self.kinds(byte) & bit != 0)
    }
}

/// What stands between a name and its value, however it is written.
const BETWEEN: [char; 10] = [' ', '\t', '\n', '=', ':', '"', '\'', '>', '\\', ','];

const MOST_BETWEEN: usize = 16;

impl Kind {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Word => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
            Self::Dotted => byte.is_ascii_alphanumeric() || b"-_.".contains(&byte),
            Self::Base64 => byte.is_ascii_alphanumeric() || b"+/=".contains(&byte),
        }
    }

    /// The run that begins there.
    fn run(self, text: &str, start: usize) -> Run {
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(|&byte| self.has(byte)).count();
        let run = rest.get(..length).unwrap_or_default();
        let stop = start.saturating_add(run.trim_end_matches('.').len());
        let next = text.as_bytes().get(stop);
        Run {
            start,
            end: start.saturating_add(length),
            stop,
            whole: !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
        }
    }
}

/// The length of a block of PEM, without its first words, if a private key is in it.
fn block(text: &str) -> Option<usize> {
    const DASHES: &str = "-----";
    let label = text.get(..text.find(DASHES)?)?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte == b' ' || byte.is_ascii_digit();
    if !label.contains("PRIVATE KEY") || !label.bytes().all(plain) {
        return None;
    }
    // Without its last line it may go on to the end.
    let end = text.find("-----END ").and_then(|end| {
        let label = end.saturating_add("-----END ".len());
        let dashes = text.get(label..)?.find(DASHES)?;
        Some(label.saturating_add(dashes).saturating_add(DASHES.len()))
    });
    Some(end.unwrap_or(text.len()))
}

/// Where in what follows `://` a password stands.
fn password(text: &str) -> Option<Range<usize>> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'' | '<' | '>' | '\\');
    let authority = text.split(ends).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let start = name.len().saturating_add(1);
    (!password.is_empty() && user.len() <= LONGEST).then_some(start..user.len())
}

impl Check {
    /// Whether the secret, of which the first bytes are its start, is one.
    fn holds(self, secret: &str, start: usize) -> bool {
        let rest = secret.get(start..).unwrap_or_default();
        match self {
            Self::None => true,
            // Longer ones are made otherwise.
            Self::Crc => rest.len() != 36 || has_checksum(rest),
            Self::Jwt => is_jwt(secret),
            Self::Holds(part) => rest.len() <= LONGEST && rest.contains(part),
        }
    }
}

/// Six digits of base 62 (`0-9A-Za-z`) are the CRC-32 of what is before them: so GitHub's tokens of 2021 are made, and
/// npm's after them.
fn has_checksum(token: &str) -> bool {
    let Some((random, digits)) = token.split_at_checked(30) else {
        return false;
    };
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte.wrapping_sub(b'0')),
        b'A'..=b'Z' => Some(byte.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'z' => Some(byte.wrapping_sub(b'a').wrapping_add(36)),
        _ => None,
    };
    let number = digits.bytes().try_fold(0_u64, |number, byte| {
        number.checked_mul(62)?.checked_add(digit(byte)?.into())
    });
    number == Some(crc32(random.as_bytes()).into())
}

/// CRC-32 of IEEE 802.3, bit by bit: a table would be longer than all that it is for.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| match crc & 1 {
        1 => (crc >> 1) ^ 0xEDB8_8320,
        _ => crc >> 1,
    };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), bit);
    !bytes.iter().fold(u32::MAX, byte)
}

/// What has to be looked into is short, so that no text takes long.
const LONGEST: usize = 512;

fn is_jwt(text: &str) -> bool {
    let beginning = text.get(..text.floor_char_boundary(LONGEST));
    let parts = beginning.and_then(|beginning| beginning.split_once('.'));
    let Some((header, _)) = parts.filter(|(_, payload)| payload.starts_with("eyJ")) else {
        return false;
    };
    let header = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let named = header.windows(5).any(|bytes| bytes == br#""alg""#);
    named && text.matches('.').nth(1).is_some()
}
