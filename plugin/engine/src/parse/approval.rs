//! Turns `approvals` and the rules that ask for a person's approval into the model, and the keys of a host into its keys.
//!
//! It approves nothing, and never shows a key.

use super::reader::{Keys as Allowed, KnownApprovers, Location, Members, PolicyReader};
use crate::model::{
    ApprovalPage, ApprovalPlace, ApprovalRule, Approvals, Approver, Clause, Group, Identity,
    SignedEndpoint, Source, clear_path,
};
use crate::words::Rule;
use crate::words::json::Value;
use crate::words::sorted::dedup_sorted;
use crate::words::text::is_visible;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

pub(crate) const APPROVALS: Allowed = Allowed {
    supported: &[
        "keys",
        "url",
        "approvers",
        "ttl",
        "hold",
        "pending",
        "notify",
        "service",
    ],
    reserved: &[],
};

/// The keys that stand beside no `service`.
pub(crate) const OF_THE_PAGE: [&str; 4] = ["url", "approvers", "pending", "notify"];

/// The keys of a server whose requests are signed.
pub(crate) const SIGNED_ENDPOINT: Allowed = Allowed {
    supported: &["cluster", "path", "authority", "timeout", "key"],
    reserved: &[],
};

pub(crate) const APPROVER: Allowed = Allowed {
    supported: &["claim", "mtls"],
    reserved: &[],
};

pub(crate) const REQUIRE_APPROVAL: Allowed = Allowed {
    supported: &["conditions", "message", "approvers", "ttl"],
    reserved: &[],
};

/// The words of `over` in a limit.
pub(crate) const OVER: &[(&str, ())] = &[("approve", ())];

/// The most keys: each code may be compared with all of them.
pub(crate) const MOST_KEYS: usize = 4;

const WRITE_KEY: &str =
    r#"the name of an environment variable of the VM, such as "MCP_POLICY_APPROVAL_KEY""#;

const WRITE_KEYS: &str =
    "one to four names of environment variables, the one for new approvals first";

const WRITE_URL: &str = r#"the address of the page for approvers, with a path of its own and without `?`, `#` and a slash at its end, such as "https://gateway.example/approvals""#;

const WRITE_NAME: &str = "a name of approvers, without surrounding space or invisible characters";

const WRITE_APPROVERS: &str = "at least one name with what proves such a person";

const WRITE_MATCH: &str = "`claim` or `mtls`: a header alone proves no person";

const WRITE_NO_PAGE: &str =
    "nothing here, or no `service`: it has a page, approvers and bounds of its own";

const WRITE_TOP: &str = r#"`approvals` at the top of the document, with `keys`, and with `url` and `approvers` or a `service`: it says who approves calls and where"#;

impl PolicyReader {
    pub(super) fn approvals(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        identity: &Identity,
    ) -> Option<Approvals> {
        let members = self.object(at, value, &APPROVALS);
        let keys = self.required(at, &members, "keys");
        let key_names = keys.map(|value| self.key_names(&at.key("keys"), value));
        let hold = self.bounded_duration(at, &members, "hold", Approvals::HOLDS);
        self.approvers = Some(KnownApprovers {
            names: None,
            ttl: self.bounded_duration(at, &members, "ttl", Approvals::TTLS),
        });
        let (place, longest) = match members.get("service") {
            Some(value) => (
                self.approval_service(at, &members, value),
                Approvals::HOLD_OF_A_SERVICE,
            ),
            None => (self.approval_page(at, &members, identity), Approvals::HOLD),
        };
        Some(Approvals {
            key_names: key_names?,
            keys: None,
            hold: hold.unwrap_or(longest),
            place: place?,
        })
    }

    fn approval_page(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        identity: &Identity,
    ) -> Option<ApprovalPlace> {
        let url = self.required(at, members, "url");
        let url = url.and_then(|value| self.page_url(&at.key("url"), value));
        let mut sources = Vec::new();
        let approvers = self.required(at, members, "approvers");
        let approvers = approvers
            .map(|value| self.approvers(&at.key("approvers"), value, identity, &mut sources));
        let pending = self.size(at, members, "pending", Approvals::PENDING);
        let notify = members.get("notify");
        let notify = notify.and_then(|value| self.signed_endpoint(&at.key("notify"), value));
        let approvers = approvers.unwrap_or_default();
        if let Some(known) = &mut self.approvers {
            let names = approvers.iter().map(|approver| approver.name.clone());
            known.names = Some(names.collect());
        }
        let (url, path) = url?;
        Some(ApprovalPlace::Page(Box::new(ApprovalPage {
            url,
            path,
            approvers,
            sources,
            notify,
            pending: pending.unwrap_or(Approvals::MOST_PENDING),
        })))
    }

    fn approval_service(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        value: Value<'_>,
    ) -> Option<ApprovalPlace> {
        for key in OF_THE_PAGE {
            if members.get(key).is_some() {
                self.invalid_key(&at.key(key), format!("the key `{key}`"), WRITE_NO_PAGE);
            }
        }
        let service = self.signed_endpoint(&at.key("service"), value);
        service.map(ApprovalPlace::Service)
    }

    fn key_names(&mut self, at: &Location<'_>, value: Value<'_>) -> Vec<Box<str>> {
        let elements: Vec<_> = self.list(at, value, "names").enumerate().collect();
        let mut names: Vec<Box<str>> = Vec::new();
        for (index, value) in elements {
            let name = value.string().filter(|name| is_variable(name));
            match name {
                Some(name) if !names.iter().any(|own| **own == *name) => {
                    names.push(name.into());
                }
                _ => self.invalid(&at.index(index), value, WRITE_KEY),
            }
        }
        if !(1..=MOST_KEYS).contains(&value.elements().count()) {
            self.invalid(at, value, WRITE_KEYS);
        }
        names
    }

    fn signed_endpoint(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<SignedEndpoint> {
        let members = self.object(at, value, &SIGNED_ENDPOINT);
        let to = self.endpoint(at, &members);
        let key = self.required(at, &members, "key")?;
        let key_name = self.variable(&at.key("key"), key);
        Some(SignedEndpoint {
            to: to?,
            key_name: key_name?,
            key: None,
        })
    }

    /// The name of an environment variable with a key.
    pub(super) fn variable(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Box<str>> {
        let name = value.string().filter(|name| is_variable(name));
        if name.is_none() {
            self.invalid(at, value, WRITE_KEY);
        }
        name.map(Into::into)
    }

    /// The address of the page, and its path.
    fn page_url(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<(Box<str>, Box<str>)> {
        let text = value.string();
        let path = text.as_deref().and_then(path_of);
        if path.is_none() {
            self.invalid(at, value, WRITE_URL);
        }
        let path = path?.into();
        Some((text?.into(), path))
    }

    fn approvers(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        identity: &Identity,
        sources: &mut Vec<Source>,
    ) -> Vec<Approver> {
        let mut approvers = Vec::new();
        for (name, value) in self.map(at, value) {
            let at = at.key(&name);
            if name.is_empty() || !is_visible(&name) {
                self.invalid_key(&at, "this name".into(), WRITE_NAME);
            }
            let members = self.object(&at, value, &APPROVER);
            // A header is an unknown key already, and proves nobody.
            let required = match members.get("header") {
                None => self.proofs(&at, &members, identity, sources),
                Some(_) => Vec::new(),
            };
            if required.is_empty()
                && ["claim", "mtls"]
                    .iter()
                    .all(|key| members.get(key).is_none())
            {
                self.invalid(&at, value, WRITE_MATCH);
            }
            approvers.push(Approver {
                name: name.as_ref().into(),
                required,
            });
        }
        if value.members().next().is_none() {
            self.invalid(at, value, WRITE_APPROVERS);
        }
        approvers
    }

    /// The rule under `require_approval`; `rule` is its place.
    pub(super) fn require_approval(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: Rule,
    ) -> Option<Arc<ApprovalRule>> {
        let members = self.object(at, value, &REQUIRE_APPROVAL);
        let terms = members.get("conditions");
        let terms = terms
            .map(|value| self.terms(&at.key("conditions"), value, Clause::DenyIf))
            .unwrap_or_default();
        let message = self.text(at, &members, "message");
        let approvers = self.named_approvers(at, &members);
        let ttl = self.bounded_duration(at, &members, "ttl", Approvals::TTLS);
        let asked = self.approval_rule(at, value, rule)?;
        Some(Arc::new(ApprovalRule {
            group: Group {
                terms,
                ..asked.group
            },
            message,
            approvers,
            ttl: ttl.unwrap_or(asked.ttl),
            digest: asked.digest,
        }))
    }

    /// A rule that asks for an approval by any approver, whatever the call.
    pub(super) fn approval_rule(
        &mut self,
        at: &Location<'_>,
        value: Value<'_>,
        rule: Rule,
    ) -> Option<ApprovalRule> {
        let Some(known) = &self.approvers else {
            self.invalid(at, value, WRITE_TOP);
            return None;
        };
        Some(ApprovalRule {
            ttl: known.ttl.unwrap_or(Approvals::TTL),
            group: Group {
                terms: Vec::new(),
                on_deny: None,
                rule,
            },
            message: None,
            approvers: Vec::new(),
            digest: Sha256::digest(value.compact().as_bytes()).into(),
        })
    }

    fn named_approvers(&mut self, at: &Location<'_>, members: &Members<'_>) -> Vec<Box<str>> {
        let Some(value) = members.get("approvers") else {
            return Vec::new();
        };
        let at = at.key("approvers");
        let elements: Vec<_> = self.list(&at, value, "names").enumerate().collect();
        if elements.is_empty() {
            self.invalid(&at, value, "at least one name of `approvals.approvers`");
        }
        let names = elements.into_iter().filter_map(|(index, value)| {
            let name = value.string().unwrap_or_default();
            let known = self.approvers.as_ref();
            let known = known.and_then(|known| known.names.as_deref());
            let Some(known) = known else {
                return self.name_of_a_service(&at.index(index), value);
            };
            if known.iter().any(|known| **known == *name) {
                return Some(name.into());
            }
            let listed: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
            let write = format!("a name of `approvals.approvers`: {}", listed.join(", "));
            self.invalid(&at.index(index), value, &write);
            None
        });
        dedup_sorted(names)
    }

    /// A name of approvers that only the service knows.
    fn name_of_a_service(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Box<str>> {
        let name = value.string();
        let name = name.filter(|name| !name.is_empty() && is_visible(name));
        if name.is_none() {
            self.invalid(at, value, WRITE_NAME);
        }
        name.map(|name| name.as_ref().into())
    }
}

/// A name that every shell can set.
fn is_variable(name: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let first = name.bytes().next();
    first.is_some_and(|byte| !byte.is_ascii_digit()) && name.bytes().all(valid)
}

/// The path of the page's address; `None` where it could be another page's too.
fn path_of(url: &str) -> Option<&str> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))?;
    let start = rest.find('/')?;
    let (host, path) = rest.split_at_checked(start)?;
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let host_valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte);
    let is_valid = !host.is_empty()
        && host.bytes().all(host_valid)
        && path.bytes().all(valid)
        && path.len() > 1
        && !path.ends_with('/');
    clear_path(path).filter(|_| is_valid)
}
