//! Turns the description of an approval back into what pages and logs show of it.
//!
//! It never shows the parties of a call: they only tell a caller from a person who decides.

use crate::audit::Audit;
use crate::page::{Decided, Detail, Summary};
use crate::words::Millis;
use crate::words::approval::{Approval, DESCRIPTION};
use crate::words::json::{Document, Value};

/// An approval with its description.
pub(crate) struct Described<'a> {
    approval: &'a Approval,
    id: String,
    texts: Texts,
    document: Document<'a>,
    decision: Option<Document<'a>>,
}

/// The texts of a description without the arguments.
struct Texts {
    grant: String,
    server: Option<String>,
    kind: String,
    name: String,
    rule: String,
    message: Option<String>,
}

impl<'a> Described<'a> {
    /// `None` where the description is lost.
    pub(crate) fn of(approval: &'a Approval) -> Option<Self> {
        let document = Document::read(approval.text.as_ref()?.as_bytes(), DESCRIPTION).ok()?;
        let decision = approval.decision.as_ref();
        let decision = decision.and_then(|text| Document::read(text.as_bytes(), DESCRIPTION).ok());
        let root = document.root();
        let text = |name| root.get(name).and_then(Value::string).map(Into::into);
        let texts = Texts {
            grant: text("grant")?,
            server: text("server"),
            kind: text("kind")?,
            name: text("name")?,
            rule: text("rule")?,
            message: text("message"),
        };
        Some(Self {
            approval,
            id: approval.id.to_string(),
            texts,
            document,
            decision,
        })
    }

    pub(crate) fn summary(&self) -> Summary<'_> {
        let texts = &self.texts;
        Summary {
            id: &self.id,
            standing: self.approval.standing,
            grant: &texts.grant,
            server: texts.server.as_deref(),
            kind: &texts.kind,
            name: &texts.name,
            asked: self.approval.asked,
            expires: self.approval.expires,
            rule: &texts.rule,
        }
    }

    /// Calls `show` with all that a page shows of it.
    pub(crate) fn with(
        &self,
        lately: &[Summary<'_>],
        show: impl FnOnce(&Detail<'_>) -> String,
    ) -> String {
        let root = self.document.root();
        let decision = self.decision.as_ref().map(Document::root);
        let text = |name| decision?.get(name)?.string();
        let (by, reason) = (text("by"), text("reason"));
        let at = decision.and_then(|decision| decision.get("at")?.raw().parse().ok());
        let decided = by.as_deref().map(|by| Decided {
            by,
            at: at.map(Millis).unwrap_or_default(),
            reason: reason.as_deref(),
        });
        show(&Detail {
            summary: self.summary(),
            message: self.texts.message.as_deref(),
            arguments: root.get("arguments").unwrap_or(Value::EMPTY_OBJECT),
            input: root.get("input"),
            decided,
            lately,
        })
    }

    /// Whether the rule that asked names one of these approvers; a rule without names means all.
    pub(crate) fn names_one_of(&self, names: &[Box<str>]) -> bool {
        let named = self.list("approvers");
        named.is_empty()
            || named
                .iter()
                .any(|name| names.iter().any(|own| **own == **name))
    }

    /// Whether one of these parties is behind the call.
    pub(crate) fn has_party_of(&self, parties: &[String]) -> bool {
        let own = self.list("parties");
        own.iter().any(|party| parties.contains(party))
    }

    fn list(&self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self
            .document
            .root()
            .get(name)
            .into_iter()
            .flat_map(Value::elements)
        {
            texts.extend(element.string().map(Into::into));
        }
        texts
    }

    /// Records the call in the line of the log.
    pub(crate) fn log_call(&self, audit: &mut Audit) {
        let texts = &self.texts;
        let kind = match texts.kind.as_str() {
            "resource" => "uri",
            "prompt" => "prompt",
            _ => "tool",
        };
        audit.decided_call(&texts.grant, kind, &texts.name);
    }

    /// Records the call and the reason of the decision.
    pub(crate) fn log(&self, audit: &mut Audit) {
        self.log_call(audit);
        let decision = self.decision.as_ref().map(Document::root);
        let reason = decision.and_then(|decision| decision.get("reason")?.string());
        if let Some(reason) = reason {
            audit.explained(None, &reason);
        }
    }
}
