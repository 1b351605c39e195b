//! Turns the bytes of a message, however they are cut, into whether any reader could find a list or a request in it.
//!
//! It looks at no more than the names of members where a list would stand, so that what is none passes unread and
//! unbounded. It never says no of a text that some reader takes for a list: what is no JSON at all included.

use super::ask::INPUT_REQUESTS;
use super::list::LISTS;
use crate::read::is_confusable;

/// What was found in the text so far.
#[derive(Debug, Default)]
pub(super) struct ListScanner {
    /// How many arrays and objects are open.
    depth: u32,
    /// The message is one of a batch, a level deeper.
    batch: bool,
    inside: Inside,
    /// The string that is being read, where it may be a list's name.
    name: Vec<u8>,
    found: bool,
    whole: bool,
}

/// Of what a member could be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Message,
    Result,
    Elsewhere,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Value,
    String,
    /// Behind a backslash.
    Escape,
}

/// What has to be looked at in a result.
const NAMES: [&str; 5] = {
    let [one, two, three, four] = LISTS;
    [
        one.member,
        two.member,
        three.member,
        four.member,
        INPUT_REQUESTS,
    ]
};

/// No name of these is longer, even with each letter as an escape of six bytes, and a NUL behind it.
const LONGEST: usize = 6 * 24;

impl ListScanner {
    pub(super) fn of(text: &[u8]) -> Self {
        let mut scanner = Self::default();
        scanner.read(text);
        scanner
    }

    /// Goes on with the bytes that follow.
    pub(super) fn read(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.byte(byte);
        }
    }

    /// Some reader could find a list or a request.
    pub(super) fn may_contain_list(&self) -> bool {
        self.found
    }

    /// The outermost array or object was closed, or it is none.
    pub(super) fn is_complete(&self) -> bool {
        self.whole
    }

    fn byte(&mut self, byte: u8) {
        match (self.inside, byte) {
            (Inside::Value, b'"') => {
                self.inside = Inside::String;
                self.name.clear();
            }
            (Inside::Value, b'{' | b'[') => {
                self.batch |= self.depth == 0 && byte == b'[';
                self.depth = self.depth.saturating_add(1);
            }
            (Inside::Value, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                self.whole |= self.depth == 0;
            }
            (Inside::Value, b' ' | b'\t' | b'\r' | b'\n') => {}
            // A byte order mark, which some readers pass over.
            (Inside::Value, 0xEF | 0xBB | 0xBF) => {}
            (Inside::Value, _) => self.whole |= self.depth == 0,
            (Inside::String, b'"') => {
                self.inside = Inside::Value;
                self.found |= match self.level() {
                    Level::Message => is_named(&self.name, &["method"]),
                    Level::Result => is_named(&self.name, &NAMES),
                    Level::Elsewhere => false,
                };
            }
            (Inside::String, b'\\') => {
                self.inside = Inside::Escape;
                self.keep(byte);
            }
            (Inside::String, _) => self.keep(byte),
            (Inside::Escape, _) => {
                self.inside = Inside::String;
                self.keep(byte);
            }
        }
    }

    /// The result is a member of the message, and the list one of the result.
    fn level(&self) -> Level {
        match self.depth.saturating_sub(self.batch.into()) {
            1 => Level::Message,
            2 => Level::Result,
            _ => Level::Elsewhere,
        }
    }

    fn keep(&mut self, byte: u8) {
        if self.level() != Level::Elsewhere && self.name.len() <= LONGEST {
            self.name.push(byte);
        }
    }
}

/// A value that reads like a name is taken for one: that costs a closer look and lets nothing through.
fn is_named(raw: &[u8], names: &[&str]) -> bool {
    // A reader that ends names at a NUL sees the beginning alone, whatever follows.
    let nul = |rest: &[u8]| rest.starts_with(b"\0") || rest.starts_with(br"\u0000");
    let mut cuts = (0..raw.len()).filter_map(|at| raw.split_at_checked(at));
    let beginning = cuts.find_map(|(beginning, rest)| nul(rest).then_some(beginning));
    (raw.len() <= LONGEST && reads_like(raw, names))
        || beginning.is_some_and(|beginning| reads_like(beginning, names))
}

fn reads_like(raw: &[u8], names: &[&str]) -> bool {
    let quoted = [b"\"", raw, b"\""].concat();
    // A string that cannot be decoded, such as one with half of a surrogate pair, is compared as it is written.
    let decoded: Option<String> = serde_json::from_slice(&quoted).ok();
    let name = decoded.unwrap_or_else(|| String::from_utf8_lossy(raw).into());
    is_confusable(&name, names.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_however_it_is_written() {
        for text in [
            r#"{"result":{"tools":[]}}"#,
            r#" [ {"id":1, "result" : { "_meta":{"a":[{}]}, "resourceTemplates" : [] } } ] "#,
            r#"{"result":{"\u0074ool\u0073":[]}}"#,
            r#"{"Result":{"TOOLS":[]}}"#,
            "{\"result\":{\"prompt\u{17F}\":[]}}",
            r#"{"result":{"resources\u0000x":[]}}"#,
            r#"{"result":{"a":"\"\\","tools":[]"#,
            r#"{"result":{"a":"\ud800","tools":[]"#,
            // No JSON, and some reader may be lenient.
            r#"{"result":{NaN,,"tools":[]"#,
        ] {
            assert!(
                ListScanner::of(text.as_bytes()).may_contain_list(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_elsewhere_is_no_list() {
        for text in [
            "",
            "tools",
            r#""tools""#,
            r#"{"tools":[]}"#,
            r#"{"result":{"content":[{"text":"{\"result\":{\"tools\":[]}}"}]}}"#,
            r#"{"result":{"structuredContent":{"tools":[]}}}"#,
            r#"{"result":{"tool":[],"toolset":[],"":0,"x tools":0}}"#,
            r#"{"params":[{"tools":[]}]}"#,
        ] {
            assert!(
                !ListScanner::of(text.as_bytes()).may_contain_list(),
                "{text}"
            );
        }
        let long = format!(r#"{{"result":{{"{}":0}}}}"#, "tools".repeat(100));
        assert!(!ListScanner::of(long.as_bytes()).may_contain_list());
    }

    #[test]
    fn a_long_name_that_some_reader_ends_early_may_be_a_list() {
        let escaped: String = "resourceTemplates"
            .bytes()
            .map(|b| format!("\\u{b:04x}"))
            .collect();
        for name in [
            "tools\\u0000",
            "tools\\u0000\\ud800",
            &format!("{escaped}\\u0000"),
        ] {
            let text = format!(r#"{{"result":{{"{name}{}":[]}}}}"#, "x".repeat(200));
            assert!(
                ListScanner::of(text.as_bytes()).may_contain_list(),
                "{text}"
            );
        }
    }

    #[test]
    fn a_message_is_whole_when_it_is_closed() {
        assert!(ListScanner::of(b"\r\n<").is_complete());
        let text = b"\xEF\xBB\xBF [{\"a\":\"]}\"},[]]";
        for end in 0..text.len() {
            assert!(!ListScanner::of(&text[..end]).is_complete(), "{end}");
        }
        assert!(ListScanner::of(text).is_complete());
    }

    #[test]
    fn cuts_change_nothing() {
        let text = br#"[{"result":{"a":"\"","\u0074ools":[]}}]"#;
        for cut in 0..text.len() {
            let mut scanner = ListScanner::of(&text[..cut]);
            scanner.read(&text[cut..]);
            assert!(scanner.may_contain_list(), "cut at {cut}");
        }
    }
}
