//! Finds secrets in a text by the formats of their issuers: keys of clouds, private keys, tokens.
//!
//! It finds formats, never a password that looks like a word. It reads a text once for all forms, and ignores a text
//! with the form of a secret but a wrong checksum.

use super::anchor::Places;
use super::kinds::{BEFORE_PASSWORD, Check, Form, Kind, Rest, SECRETS};
use super::tables::{NAMES, STARTS};
use crate::words::work::{Budget, Exhausted};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::ops::Range;

/// A secret in the text: its range in bytes, and its index in [`SECRETS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) range: Range<usize>,
    pub(crate) kind: usize,
}

/// The prices in steps: of each byte, of each place where a form starts, of each such place at the start of a word, and
/// of each form that starts there.
const BYTE: usize = 1;
const PLACE: usize = 32;
const START: usize = 64;
const FORM: usize = 256;

/// The kinds of secrets to find, one bit for each of [`SECRETS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(u32);

impl Kinds {
    pub(crate) const ALL: Self = Self(u32::MAX);

    pub(crate) const NONE: Self = Self(0);

    /// These kinds and those.
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The kind with this index.
    pub(crate) fn one(kind: usize) -> Self {
        let bit = u32::try_from(kind).ok();
        Self(bit.and_then(|bit| 1_u32.checked_shl(bit)).unwrap_or(0))
    }

    /// The indices of the kinds, in order.
    fn each(self) -> impl Iterator<Item = usize> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let kind = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (kind < u32::BITS).then_some(kind as usize)
        })
    }
}

/// True where the JSON string may contain a secret. `raw` is its raw text, in which every escape is of white space, a
/// quote or a backslash.
pub(crate) fn may_stand(raw: &str) -> bool {
    let (mut places, free) = (Places::of(raw), Budget::unlimited());
    while let Ok(Some(place)) = places.next(&free) {
        let rest = raw.get(place..).unwrap_or_default();
        let url = rest.strip_prefix(BEFORE_PASSWORD);
        if url.is_none_or(|url| password(url).is_some()) {
            return true;
        }
    }
    false
}

/// Takes the steps for a text that cannot contain a secret.
pub(crate) fn pass_over(text: &str, budget: &Budget) -> Result<(), Exhausted> {
    budget.take(text.len().saturating_mul(BYTE))
}

/// All secrets of the wanted kinds, in text order.
pub(super) fn find(text: &str, budget: &Budget, wanted: Kinds) -> Result<Vec<Match>, Exhausted> {
    pass_over(text, budget)?;
    let mut finder = Finder::new(text, wanted);
    let (mut places, mut matched) = (Places::of(text), Vec::new());
    while let Some(place) = places.next(budget)? {
        budget.take(PLACE)?;
        matched.extend(finder.at(place, budget)?);
        places.pass(finder.done);
    }
    Ok(matched)
}

/// All secrets of the wanted kinds in the value of a member, whose name can reveal that the value is one.
pub(crate) fn find_value(
    name: &str,
    text: &str,
    budget: &Budget,
    wanted: Kinds,
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

/// True where the end of the name says that the value is a secret.
pub(crate) fn names_secret(name: &str) -> bool {
    NAMES.iter().any(|form| {
        let end = name.len().checked_sub(form.start.len());
        let end = end.and_then(|end| name.as_bytes().get(end..));
        end.is_some_and(|end| form.starts(end))
    })
}

/// Checks for forms at one place after the other, in text order.
pub(super) struct Finder<'t> {
    text: &'t str,
    wanted: Kinds,
    /// The last run of each kind of characters, so that its length is not measured again from each character in it.
    runs: [Run; 6],
    /// The number of forms that started since it was last read.
    started: usize,
    /// The end of the last secret.
    done: usize,
}

#[derive(Clone, Copy, Default)]
struct Run {
    start: usize,
    end: usize,
    /// The end without the final full stops, which end a sentence.
    stop: usize,
    /// The position of the last full stop before `stop`.
    dot: usize,
    /// True where the run ends a word.
    whole: bool,
}

impl<'t> Finder<'t> {
    pub(super) fn new(text: &'t str, wanted: Kinds) -> Self {
        Self {
            text,
            wanted,
            runs: Default::default(),
            started: 0,
            done: 0,
        }
    }

    /// The secret that starts at this place, which must not be before the end of the last one.
    pub(super) fn at(&mut self, place: usize, budget: &Budget) -> Result<Option<Match>, Exhausted> {
        if !self.may_start(place) {
            return Ok(None);
        }
        budget.take(START)?;
        let found = self.at_start(place);
        let started = std::mem::take(&mut self.started);
        budget.take(started.saturating_mul(FORM))?;
        Ok(found)
    }

    /// True where a word begins or the byte is a sign, and the last secret has ended.
    fn may_start(&self, at: usize) -> bool {
        let letter = |at: usize| {
            let byte = self.text.as_bytes().get(at);
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        };
        let inside = || at.checked_sub(1).is_some_and(letter) && letter(at);
        at == self.done || at > self.done && !inside()
    }

    /// The secret of the first form that matches at this position.
    fn at_start(&mut self, at: usize) -> Option<Match> {
        let first = *self.text.as_bytes().get(at)?;
        let kinds = Kinds(STARTS.get(usize::from(first))? & self.wanted.0);
        let forms = |kind: usize| SECRETS.get(kind).map_or(&[][..], |secret| secret.forms);
        let mut forms = kinds
            .each()
            .flat_map(|kind| forms(kind).iter().map(move |form| (kind, form)));
        let (kind, range) = forms.find_map(|(kind, form)| Some((kind, self.form(form, at)?)))?;
        self.done = range.end;
        Some(Match { range, kind })
    }

    /// The range of the secret, where the form matches at this position.
    fn form(&mut self, form: &Form, at: usize) -> Option<Range<usize>> {
        if !form.starts(self.text.as_bytes().get(at..)?) {
            return None;
        }
        let from = at.saturating_add(form.start.len());
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
        let dotted = self.runs.get(Kind::Dotted as usize);
        let dot = dotted.map_or(0, |run| run.dot.saturating_sub(range.start));
        let holds = form.check.holds(secret, form.start.len(), dot);
        holds.then_some(range)
    }

    /// The end of the run from `from`, where its length is within the bounds and it ends a word.
    fn run(&mut self, kind: Kind, from: usize, least: usize, most: usize) -> Option<usize> {
        let last = self.runs.get_mut(kind as usize)?;
        if !(last.start..last.end).contains(&from) {
            *last = kind.run(self.text, from);
        }
        let length = last.stop.checked_sub(from)?;
        (last.whole && (least..=most).contains(&length)).then_some(last.stop)
    }
}

/// The characters between a name and its value, in any notation.
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

    /// The run that starts at this position.
    fn run(self, text: &str, start: usize) -> Run {
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(|&byte| self.has(byte)).count();
        let run = rest.get(..length).unwrap_or_default();
        let run = run.trim_end_matches('.');
        let stop = start.saturating_add(run.len());
        let dot = run.rfind('.').unwrap_or(0);
        let next = text.as_bytes().get(stop);
        Run {
            start,
            end: start.saturating_add(length),
            stop,
            dot: start.saturating_add(dot),
            whole: !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'),
        }
    }
}

/// The length of a PEM block without its first words; `None` where it holds no private key.
fn block(text: &str) -> Option<usize> {
    const DASHES: &str = "-----";
    let label = text.get(..text.find(DASHES)?)?;
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte == b' ' || byte.is_ascii_digit();
    if !label.contains("PRIVATE KEY") || !label.bytes().all(plain) {
        return None;
    }
    // A block without its last line may continue to the end of the text.
    let end = text.find("-----END ").and_then(|end| {
        let label = end.saturating_add("-----END ".len());
        let dashes = text.get(label..)?.find(DASHES)?;
        Some(label.saturating_add(dashes).saturating_add(DASHES.len()))
    });
    Some(end.unwrap_or(text.len()))
}

/// The range of the password, in the text after `://`.
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
    /// True where the secret passes the check. `start` is the length of the form's start, and `dot` the position of the
    /// last full stop.
    fn holds(self, secret: &str, start: usize, dot: usize) -> bool {
        let rest = secret.get(start..).unwrap_or_default();
        match self {
            Self::None => true,
            // Tokens of another length have no checksum.
            Self::Crc => rest.len() != 36 || has_checksum(rest),
            Self::Jwt => is_jwt(secret, dot),
            Self::Holds(part) => rest.len() <= LONGEST && rest.contains(part),
        }
    }
}

/// True where six base 62 digits (`0-9A-Za-z`) at the end are the CRC-32 of the rest, as in tokens of GitHub since 2021
/// and of npm.
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

/// CRC-32 of IEEE 802.3, bit by bit: a table would be larger than the code.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| match crc & 1 {
        1 => (crc >> 1) ^ 0xEDB8_8320,
        _ => crc >> 1,
    };
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), bit);
    !bytes.iter().fold(u32::MAX, byte)
}

/// The longest text to search inside a secret, in bytes, so that no text takes long.
const LONGEST: usize = 512;

fn is_jwt(text: &str, dot: usize) -> bool {
    let beginning = text.get(..text.floor_char_boundary(LONGEST));
    let parts = beginning.and_then(|beginning| beginning.split_once('.'));
    let Some((header, _)) = parts.filter(|(_, payload)| payload.starts_with("eyJ")) else {
        return false;
    };
    let decoded = URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
    let named = decoded.windows(5).any(|bytes| bytes == br#""alg""#);
    named && header.len() < dot
}
