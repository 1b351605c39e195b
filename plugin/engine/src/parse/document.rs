//! Turns the text of a policy document into a policy, or into all its errors.
//!
//! It knows the keys at the top of the document; the files beside it know those of its parts.

use super::error::{PolicyError, Problem};
use super::grant::fixes_issuer;
use super::protobuf;
use super::reader::{Keys, Location, Members, PolicyReader};
use super::words::{ANSWERS, EFFECTS, LISTED, MODES};
use crate::model::{
    AnswerStyle, Approvals, Condition, Effect, Grant, Group, Identity, Listed, Mode, Needs, Path,
    Policy, RuleSetId, Segment, SharedCounters,
};
use crate::words::Zone;
use crate::words::json::{Bounds, Document, Kind, Surrogates, Value};
use crate::words::sorted::dedup_sorted;
use sha2::{Digest as _, Sha256};

/// The bounds of a policy document. The language itself needs ten levels; the rest is for JSON Schemas and values. Its
/// length is the operator's choice.
const BOUNDS: Bounds = Bounds {
    depth: 64,
    values: usize::MAX,
    surrogates: Surrogates::Refused,
};

pub(crate) const POLICY: Keys = Keys {
    supported: &[
        "$schema",
        "version",
        "description",
        "default",
        "timezone",
        "answer",
        "client_detail",
        "list",
        "pin_unseen",
        "hide",
        "all_tools",
        "tools",
        "prompts",
        "resources",
        "methods",
        "sequence",
        "mode",
        "frozen",
        "identity",
        "grants",
        "policies",
        "servers",
        "challenge",
        "approvals",
        "counters",
        "audit",
        "host",
    ],
    reserved: &[],
};

const WRITE_ZONE: &str = "the offset from UTC, such as `+01:00` or `-05:30`, at most 14 hours; names of zones and daylight saving time are not known here";

const WRITE_ISSUER: &str = "also a condition on `identity.iss`: another issuer may write the same claim into another caller's token";

impl Policy {
    /// Reads a policy document.
    ///
    /// # Errors
    /// All its mistakes; only the first if it is not strict JSON, for example if a key is given twice.
    pub fn parse(text: &[u8]) -> Result<Self, Vec<PolicyError>> {
        let document = Self::document(text).map_err(|error| vec![error])?;
        let mut reader = PolicyReader::default();
        let policy = reader.policy(&Location::ROOT, document.root());
        match policy {
            Some(policy) if reader.errors.is_empty() => Ok(policy),
            _ => Err(reader.errors),
        }
    }

    /// Reads the JSON of a policy document as strictly as [`Policy::parse`] does, with the place of every value.
    ///
    /// # Errors
    /// The reason why it is not one strict JSON document.
    pub fn document(text: &[u8]) -> Result<Document<'_>, PolicyError> {
        Document::read(text, BOUNDS).map_err(|error| match protobuf::is_struct(text) {
            true => PolicyError::protobuf(),
            false => PolicyError::json(text, &error),
        })
    }
}

impl PolicyReader {
    fn policy(&mut self, at: &Location<'_>, value: Value<'_>) -> Option<Policy> {
        let members = self.object(at, value, &POLICY);
        if value.kind() != Kind::Object {
            return None;
        }
        self.preamble(at, &members);
        self.has_grants = members.get("grants").is_some();
        let identity = self.identity_of(at, &members);
        let (approvals, shared_counters) = self.before_rules(at, &members, &identity);
        let main = self.rule_set(at, &members);
        let mut sets = self
            .part(at, &members, "policies", Self::policies)
            .unwrap_or_default();
        let grants = members
            .get("grants")
            .map(|value| self.grants(&at.key("grants"), value, &identity, &mut sets));
        let servers = members
            .get("servers")
            .map(|value| self.servers(&at.key("servers"), value, &sets));
        let mut policy = Policy {
            main,
            other_sets: sets.list,
            answer: self
                .setting(at, &members, "answer", ANSWERS)
                .unwrap_or(AnswerStyle::Result),
            mode: self
                .setting(at, &members, "mode", MODES)
                .unwrap_or(Mode::Enforce),
            frozen: self.frozen(at, &members),
            identity,
            grants,
            servers,
            approvals,
            shared_counters,
            challenge: self.part(at, &members, "challenge", Self::challenge),
            client_detail: self.flag(at, &members, "client_detail"),
            timezone: self
                .part(at, &members, "timezone", Self::timezone)
                .unwrap_or_default(),
            list: self
                .setting(at, &members, "list", LISTED)
                .unwrap_or(Listed::Callable),
            pin_unseen: self
                .setting(at, &members, "pin_unseen", EFFECTS)
                .unwrap_or(Effect::Deny),
            audit: self
                .part(at, &members, "audit", Self::audit)
                .unwrap_or_default(),
            host: self
                .part(at, &members, "host", Self::host)
                .unwrap_or_default(),
            hash: hash(value),
            needs: Needs::default(),
            unbounded: false,
        };
        policy.needs = Needs::of(&policy);
        self.contradictions(at, &members, &policy);
        Some(policy)
    }

    /// Reports the mistakes that only the whole policy shows.
    fn contradictions(&mut self, at: &Location<'_>, members: &Members<'_>, policy: &Policy) {
        self.issuers_are_named(policy);
        self.challenged_callers(at, members, policy);
        self.room(policy);
        self.ends_of_calls(policy);
        self.shared_limits(policy);
    }

    /// The parts that the rules depend on: they name approvers, and a service counts some limits only.
    fn before_rules(
        &mut self,
        at: &Location<'_>,
        members: &Members<'_>,
        identity: &Identity,
    ) -> (Option<Approvals>, Option<SharedCounters>) {
        let approvals = members.get("approvals");
        let counters = members.get("counters");
        self.counts_elsewhere = counters.is_some();
        (
            approvals.and_then(|value| self.approvals(&at.key("approvals"), value, identity)),
            counters.and_then(|value| self.shared_counters(&at.key("counters"), value)),
        )
    }

    /// The offset of local time from UTC.
    fn timezone(&mut self, at: &Location<'_>, value: Value<'_>) -> Zone {
        let zone = value.string().and_then(|text| Zone::parse(&text));
        if zone.is_none() {
            self.invalid(at, value, WRITE_ZONE);
        }
        zone.unwrap_or_default()
    }

    fn identity_of(&mut self, at: &Location<'_>, members: &Members<'_>) -> Identity {
        let with_grants = members.get("grants").is_some();
        let identity = members
            .get("identity")
            .map(|value| self.identity(&at.key("identity"), value, with_grants));
        let identity = identity.unwrap_or_default();
        self.json_headers = identity.json_headers();
        identity
    }

    /// Validates the keys that decide nothing.
    fn preamble(&mut self, at: &Location<'_>, members: &Members<'_>) {
        if let Some(version) = self.required(at, members, "version") {
            self.word(&at.key("version"), version, &[("1", ())]);
        }
        for key in ["$schema", "description"] {
            self.text(at, members, key);
        }
    }
}

impl PolicyReader {
    /// With several issuers a claim says little without its issuer: the user `ada` of one is not that of another. So a group
    /// that reads claims reads the issuer too, unless the grants of its callers name it.
    fn issuers_are_named(&mut self, policy: &Policy) {
        if policy.identity.issuers.len() < 2 {
            return;
        }
        let named = sets_of_one_issuer(policy);
        let sets = policy.sets().enumerate();
        let unnamed = sets.filter(|(id, _)| !named.contains(&RuleSetId(*id)));
        let groups = unnamed.flat_map(|(_, set)| set.groups());
        for group in groups.filter(|group| reads_claims_alone(group)) {
            let problem = Problem::InvalidValue {
                found: "a condition on `identity` without one on `identity.iss`".into(),
                write: WRITE_ISSUER.into(),
            };
            let at = group.rule.to_string();
            self.errors.push(PolicyError { at, problem });
        }
    }
}

/// The rule sets whose callers all have grants of one issuer.
fn sets_of_one_issuer(policy: &Policy) -> Vec<RuleSetId> {
    let Some(grants) = &policy.grants else {
        return Vec::new();
    };
    let fixes = |grant: &&Grant| {
        let mut required = grant.required.iter();
        required.any(|required| fixes_issuer(required, &grants.sources))
    };
    let sets = |grant: &Grant| [grant.policy, grant.own].into_iter().flatten();
    let any_issuer = grants.list.iter().filter(|grant| !fixes(grant));
    let any_issuer = dedup_sorted(any_issuer.flat_map(sets));
    let of_servers = policy.servers.iter().flat_map(|servers| &servers.list);
    let of_servers: Vec<_> = of_servers.filter_map(|server| server.policy).collect();
    let all = dedup_sorted(grants.list.iter().flat_map(sets));
    let one = |id: &RuleSetId| !any_issuer.contains(id) && !of_servers.contains(id);
    all.into_iter().filter(one).collect()
}

/// True for a group that reads a claim and does not test the issuer.
fn reads_claims_alone(group: &Group) -> bool {
    let issuer = Path::Identity(vec![Segment::Member("iss".into())]);
    let tests = |condition: &Condition| condition.path == issuer;
    let mut terms = group.terms.iter();
    let tests_issuer = terms.any(|term| term.alternatives().iter().all(tests));
    let conditions = group.conditions();
    let mut conditions = conditions.iter();
    !tests_issuer && conditions.any(|condition| condition.reads_claims())
}

/// The hash identifies the rules. `host` and the layout of the file do not change it.
fn hash(policy: Value<'_>) -> String {
    let mut hasher = Sha256::new();
    for (name, value) in policy.members().filter(|(name, _)| name != "host") {
        hasher.update(format!("{name:?}:{},", value.compact()));
    }
    let digest = hasher.finalize();
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
