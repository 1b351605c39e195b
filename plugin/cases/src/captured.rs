//! Turns placeholders in the requests of a case into the parts of earlier answers that no case can know: the id of an
//! approval, the state of a round and the token of a form. Turns them back in what cases expect.
//!
//! It never changes a request without a placeholder.

use crate::case::Step;
use serde_json::Value;

/// The placeholder of an approval's id.
const APPROVAL: &str = "{approval}";

/// The placeholder of the last `requestState`.
const STATE: &str = "{state}";

/// The placeholder of the last form's token.
const TOKEN: &str = "{token}";

/// The parts of the last answers of a case.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    values: Vec<(&'static str, String)>,
}

impl Captured {
    /// The step with the parts of earlier answers in it.
    #[must_use]
    pub fn filled(&self, step: &Step) -> Step {
        let mut step = step.clone();
        for (placeholder, value) in &self.values {
            step.path = step.path.replace(placeholder, value);
            if let Some(body) = &mut step.body
                && let Ok(text) = std::str::from_utf8(body)
                && text.contains(placeholder)
            {
                *body = text.replace(placeholder, value).into_bytes();
            }
        }
        step
    }

    /// Remembers the parts of an answer.
    pub fn learn(&mut self, body: &[u8]) {
        let Ok(answer) = serde_json::from_slice::<Value>(body) else {
            return;
        };
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        let result = "/result/_meta/mcp-policy~1decision/approvalUrl";
        let url = text(result).or_else(|| text("/error/data/approvalUrl"));
        let id = url.and_then(|url| url.rsplit('/').next());
        let found = [
            (APPROVAL, id),
            (STATE, text("/result/requestState")),
            (TOKEN, text("/csrf")),
        ];
        for (placeholder, value) in found {
            if let Some(value) = value {
                self.values.retain(|(own, _)| *own != placeholder);
                self.values.push((placeholder, value.into()));
            }
        }
    }
}

/// The text with each id of an approval as its placeholder.
pub(crate) fn without_ids(text: &str) -> String {
    let mut rest = text;
    let mut plain = String::with_capacity(text.len());
    while let Some(first) = rest.chars().next() {
        let id = rest.get(..32).filter(|id| is_id(id));
        let (part, length) = match id {
            Some(_) => (APPROVAL, 32),
            None => (
                rest.get(..first.len_utf8()).unwrap_or_default(),
                first.len_utf8(),
            ),
        };
        plain.push_str(part);
        rest = rest.get(length..).unwrap_or_default();
    }
    plain
}

fn is_id(text: &str) -> bool {
    text.bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The answer of the page without ids, tokens and times.
pub(crate) fn page(mut answer: Value) -> Value {
    settle(&mut answer);
    answer
}

fn settle(value: &mut Value) {
    match value {
        Value::String(text) => *text = without_ids(text),
        Value::Array(elements) => elements.iter_mut().for_each(settle),
        Value::Object(members) => {
            for time in ["asked", "expires", "time"] {
                members.remove(time);
            }
            for (name, member) in members {
                match name.as_str() {
                    "csrf" => *member = TOKEN.into(),
                    _ => settle(member),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn id_becomes_its_placeholder_and_other_text_stays() {
        let link = format!("é https://g.example/approvals/{ID} .");
        assert_eq!(
            without_ids(&link),
            "é https://g.example/approvals/{approval} ."
        );
        assert_eq!(without_ids("abc 0123"), "abc 0123");
    }

    #[test]
    fn placeholders_are_filled_from_the_last_answer() {
        let mut captured = Captured::default();
        captured.learn(format!(r#"{{"result":{{"requestState":"s","_meta":{{"mcp-policy/decision":{{"approvalUrl":"https://g/a/{ID}"}}}}}}}}"#).as_bytes());
        captured.learn(br#"{"csrf":"t"}"#);
        let step = Step {
            path: "/a/{approval}".into(),
            ..Step::post(b"{state} {token}".to_vec())
        };
        let filled = captured.filled(&step);
        assert_eq!(filled.path, format!("/a/{ID}"));
        assert_eq!(filled.body.as_deref(), Some(&b"s t"[..]));
    }
}
