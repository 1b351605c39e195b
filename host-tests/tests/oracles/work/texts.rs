//! Makes arguments and results of a given length from parts that repeat.
//!
//! It knows no rule, and so not what is expensive.

/// Makes JSON of about so many bytes.
#[derive(Clone, Copy)]
pub(super) struct Texts {
    pub(super) bytes: usize,
}

impl Texts {
    /// `{"t":"…"}` with one long text.
    pub(super) fn one(self, unit: &str) -> String {
        format!(r#"{{"t":"{}"}}"#, fill(unit, self.bytes))
    }

    /// `{"list":[…]}` with one value repeated.
    pub(super) fn list(self, value: &str) -> String {
        let mut values = fill(&format!("{value},"), self.bytes);
        values.pop();
        format!(r#"{{"list":[{values}]}}"#)
    }

    /// `{"list":["…"]}` with texts of so many bytes.
    pub(super) fn texts(self, length: usize, unit: &str) -> String {
        self.list(&format!(r#""{}""#, fill(unit, length)))
    }

    /// An object whose members' names begin with `start`.
    pub(super) fn members(self, start: &str) -> String {
        format!("{{{}}}", self.named(start))
    }

    /// The members of such an object, without its braces.
    pub(super) fn named(self, start: &str) -> String {
        let each = start.len() + r#""00000":0,"#.len();
        let member = |number: usize| format!(r#""{start}{number:05x}":0"#);
        let members: Vec<_> = (0..self.bytes / each).map(member).collect();
        members.join(",")
    }
}

/// The unit, repeated as often as it fits and at least once.
pub(super) fn fill(unit: &str, bytes: usize) -> String {
    unit.repeat((bytes / unit.len()).max(1))
}

/// A call of the tool `t`.
pub(super) fn call(arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"t","arguments":{arguments}}}}}"#
    )
}

/// The answer to it.
pub(super) fn answer(result: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"result":{result}}}"#)
}
