//! Turns the lines of a log into lines of the audit log, whatever a host, a container's runtime or a log shipper put around them.
//!
//! It never holds more than one unfinished line of each stream, and none beyond [`LONGEST`].

use super::found::{Found, find};
use super::line::AuditLine;
use super::values::LineValues;
use serde::Deserialize;
use std::borrow::Cow;

/// The most bytes of a line, as a whole.
pub(crate) const LONGEST: usize = 1 << 20;
/// The bytes of a part where Docker splits a line: 16 KiB, and a few more where that was inside of a character. The last part
/// has the line break.
const DOCKER_PART: std::ops::Range<usize> = 16_384..16_394;
/// The most objects of log shippers around a line.
const DEEPEST: usize = 4;

/// The content of one line of a log.
#[derive(Debug)]
pub(crate) enum Read {
    Line(Box<AuditLine>),
    /// So many lines did not reach the collector.
    Lost(u64),
    /// A line of another version than 1.
    Later(u64),
    /// A line of the audit log that cannot be read, and why.
    Unreadable(String),
    /// A part of a line, whose end follows.
    Part,
    /// Anything else.
    Other,
}

/// Reads the lines of one log, one after the other.
#[derive(Debug, Default)]
pub(crate) struct LineReader {
    /// The beginnings of lines that a runtime has cut: on the standard output, and on the standard error.
    parts: [String; 2],
}

#[derive(Deserialize)]
struct Kind {
    v: u64,
    lost: Option<u64>,
}

impl LineReader {
    pub(crate) fn read(&mut self, text: &str) -> Read {
        self.find(text, 0)
            .map_or_else(|read| read, |json| parse(&json))
    }

    /// The JSON of the audit line in a text, perhaps damaged or of a later version.
    ///
    /// # Errors
    /// The other kind of content that the text has.
    pub(crate) fn json<'t>(&mut self, text: &'t str) -> Result<Cow<'t, str>, Read> {
        self.find(text, 0)
    }

    /// The JSON of an audit line, or the other kind of content that the text has.
    fn find<'t>(&mut self, text: &'t str, depth: usize) -> Result<Cow<'t, str>, Read> {
        if depth > DEEPEST {
            return Err(Read::Other);
        }
        if let Some(cri) = Cri::of(text) {
            return match self.joined(cri.stderr, cri.text, cri.complete) {
                Ok(text) => self.found_inside(&text, depth),
                Err(read) => Err(read),
            };
        }
        match find(text) {
            Found::Audit(json) => Ok(json),
            Found::Damaged(why) => Err(Read::Unreadable(why)),
            Found::Inner {
                text: inner,
                docker,
            } => {
                let complete =
                    !docker || inner.ends_with('\n') || !DOCKER_PART.contains(&inner.len());
                let stderr = text.contains(r#""stream":"stderr""#);
                match self.joined(stderr, inner.trim_end_matches('\n'), complete) {
                    Ok(text) => self.found_inside(&text, depth),
                    Err(read) => Err(read),
                }
            }
            Found::Other => Err(Read::Other),
        }
    }

    fn found_inside(&mut self, text: &str, depth: usize) -> Result<Cow<'static, str>, Read> {
        let found = self.find(text, depth.saturating_add(1))?;
        Ok(Cow::Owned(found.into_owned()))
    }

    /// The whole line, once its last part is there.
    fn joined(&mut self, stderr: bool, text: &str, complete: bool) -> Result<String, Read> {
        let [out, err] = &mut self.parts;
        let part = if stderr { err } else { out };
        if part.len().saturating_add(text.len()) > LONGEST {
            part.clear();
            return Err(Read::Unreadable(too_long()));
        }
        part.push_str(text);
        match complete {
            true => Ok(std::mem::take(part)),
            false => Err(Read::Part),
        }
    }
}

/// Why a line beyond [`LONGEST`] is unreadable.
pub(crate) fn too_long() -> String {
    format!("it exceeds {LONGEST} bytes")
}

/// The line with this JSON.
pub(crate) fn parse(json: &str) -> Read {
    let unreadable = |error: serde_json::Error| Read::Unreadable(error.to_string());
    match serde_json::from_str::<Kind>(json) {
        Ok(Kind {
            v: 1,
            lost: Some(lost),
        }) => Read::Lost(lost),
        Ok(Kind { v: 1, .. }) => match serde_json::from_str::<Box<AuditLine>>(json) {
            Ok(mut line) => {
                line.values = LineValues::of(json);
                Read::Line(line)
            }
            Err(error) => unreadable(error),
        },
        Ok(Kind { v, .. }) => Read::Later(v),
        Err(error) => unreadable(error),
    }
}

/// A line of a container's log as CRI keeps it: the time, the stream, `P` for a part or `F` for the end, and the text.
struct Cri<'t> {
    stderr: bool,
    complete: bool,
    text: &'t str,
}

impl<'t> Cri<'t> {
    fn of(line: &'t str) -> Option<Self> {
        let mut words = line.splitn(4, ' ');
        let (time, stream, tags, text) =
            (words.next()?, words.next()?, words.next()?, words.next()?);
        let is_time = time.starts_with(|c: char| c.is_ascii_digit()) && time.contains('T');
        let tag = tags.split(':').next()?;
        let is_cri = is_time && matches!(stream, "stdout" | "stderr") && matches!(tag, "P" | "F");
        is_cri.then_some(Self {
            stderr: stream == "stderr",
            complete: tag == "F",
            text,
        })
    }
}
