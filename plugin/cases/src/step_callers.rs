//! Turns `as` of a case and of its steps, and the caller that a person names for all cases, into the caller of each step.
//!
//! A step that states its caller is never given another one.

use crate::caller::{CREDENTIAL, Caller, CallerFacts, texts};
use crate::case::Step;
use crate::token::MadeUp;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// The callers of a case.
pub(crate) struct StepCallers {
    policy: Json,
    /// The caller of steps that state none.
    other: Option<Caller>,
    tokens: MadeUp,
}

impl StepCallers {
    /// `of_case` is the case's own `as`, and goes before `named`.
    ///
    /// # Errors
    /// The sentence about a grant that the policy does not have, or about what is no fact of a caller.
    pub(crate) fn new(
        policy: &str,
        named: &CallerFacts,
        of_case: Option<String>,
    ) -> Result<Self, String> {
        let mut callers = Self {
            policy: serde_json::from_str(policy).unwrap_or_default(),
            other: None,
            tokens: MadeUp::default(),
        };
        let of_case = of_case.map(|grant| CallerFacts {
            grant: Some(grant),
            ..CallerFacts::default()
        });
        let facts = of_case.as_ref().unwrap_or(named);
        if !facts.is_empty() {
            callers.other = Some(Caller::new(&callers.policy, facts)?);
        }
        Ok(callers)
    }

    /// The caller of a step with this `as`: its own grant's; nobody for `null`; or else, where the step states no caller, the
    /// one of the whole case.
    pub(crate) fn of_step(
        &mut self,
        own: Option<Option<String>>,
        states_caller: impl FnOnce(&BTreeSet<String>) -> bool,
    ) -> Result<Option<Caller>, String> {
        let caller = match own {
            Some(Some(grant)) => Some(Caller::of_grant(&self.policy, &grant)?),
            Some(None) => None,
            None => self.other(states_caller),
        };
        let digest = caller.as_ref().and_then(|caller| caller.digest.as_ref());
        if let Some(digest) = digest {
            self.tokens.add(digest);
        }
        Ok(caller)
    }

    fn other(&self, states_caller: impl FnOnce(&BTreeSet<String>) -> bool) -> Option<Caller> {
        let other = self.other.as_ref()?;
        (!states_caller(&headers(&self.policy))).then(|| other.clone())
    }

    /// Exchanges the tokens of grants whose callers have made-up ones.
    pub(crate) fn exchange_tokens(&self, steps: &mut [Step]) {
        let headers = steps.iter_mut().flat_map(|step| &mut step.headers);
        for (name, value) in headers {
            if name == CREDENTIAL.as_bytes() {
                self.tokens.in_credential(value);
            }
        }
    }

    /// The policy to play.
    pub(crate) fn policy(&self, text: &str) -> String {
        self.tokens.in_policy(text)
    }
}

/// The header fields that say who the caller is: the credential, and those that grants match and `identity` reads.
fn headers(policy: &Json) -> BTreeSet<String> {
    let grants = policy.get("grants").and_then(Json::as_object);
    let matched = grants.into_iter().flat_map(Map::values);
    let matched = matched.filter_map(|grant| grant.get("match"));
    let matched = matched.flat_map(|matched| texts(matched, "header"));
    let matched = matched.map(|(name, _)| name.as_str());
    let sources = policy.pointer("/identity/from").and_then(Json::as_array);
    let sources = sources.into_iter().flatten();
    let sources = sources.filter_map(|source| source.get("header")?.as_str());
    let names = matched.chain(sources).chain([CREDENTIAL]);
    names.map(str::to_ascii_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use crate::caller::CallerFacts;
    use crate::case::Case;
    use serde_json::{Value as Json, json};

    const TOKEN_OF_ADA: &str = "fdee430d40bd57deeac186cd9790033d0f06f909a8806e7ce6e717ab7c7d5029";

    /// A case with these members beside its policy.
    fn parsed(members: &Json, grant: Option<&str>) -> Result<Case, String> {
        let mut case = json!({
            "why": "x",
            "policy": {
                "version": "1",
                "default": "deny",
                "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ], "trusted_headers": ["x-team"] },
                "grants": {
                    "ada": { "match": { "bearer_sha256": TOKEN_OF_ADA } },
                    "ci": { "match": { "claim": { "sub": "ci" } } },
                    "ops": { "match": { "header": { "X-Team": "ops" } } },
                },
            },
        });
        for (name, member) in members.as_object().expect("members") {
            case[name] = member.clone();
        }
        let caller = CallerFacts {
            grant: grant.map(str::to_owned),
            ..CallerFacts::default()
        };
        let none = |_: &str| Err("no file".into());
        Case::parse_as("case.json", &case.to_string(), &caller, none)
    }

    /// What the first step says of its caller: claims, and the headers beside the defaults.
    fn caller_of(members: &Json, grant: Option<&str>) -> (Option<String>, Vec<String>) {
        let case = parsed(members, grant).expect("a case");
        let step = case.steps().first().expect("a step");
        let headers = step.headers.iter();
        let headers = headers.map(|(name, value)| [name, &b": "[..], value].concat());
        let headers = headers.map(|line| String::from_utf8(line).expect("UTF-8"));
        let own = |line: &String| line.starts_with("authorization") || line.starts_with("x-team");
        (step.verified.claims.clone(), headers.filter(own).collect())
    }

    #[test]
    fn step_that_states_no_caller_has_that_of_the_case_or_the_one_named_for_all() {
        let silent = json!({ "steps": [ { "call": "a" } ] });
        assert_eq!(caller_of(&silent, None), (None, vec![]));
        let ci = (Some(r#"{"sub":"ci"}"#.to_owned()), vec![]);
        assert_eq!(caller_of(&silent, Some("ci")), ci);
        let of_case = json!({ "as": "ci", "steps": [ { "call": "a" } ] });
        assert_eq!(caller_of(&of_case, Some("ops")), ci);
        let of_step = json!({ "as": "ops", "steps": [ { "as": "ci", "call": "a" } ] });
        assert_eq!(caller_of(&of_step, Some("ada")), ci);
        let nobody = json!({ "as": "ops", "steps": [ { "as": null, "call": "a" } ] });
        assert_eq!(caller_of(&nobody, Some("ada")), (None, vec![]));
    }

    #[test]
    fn step_that_states_its_caller_keeps_it() {
        for stated in [
            json!({ "headers": { "Authorization": "Bearer x" } }),
            json!({ "headers": { "authorization": null } }),
            json!({ "headers": { "X-TEAM": "dev" } }),
            json!({ "headers": { "x-user": "ada" } }),
            json!({ "claims": {} }),
            json!({ "certificate": { "subject": "CN=a" } }),
        ] {
            let case = json!({ "as": "ops", "steps": [ stated ] });
            let (_, headers) = caller_of(&case, Some("ada"));
            assert!(!headers.contains(&"x-team: ops".to_owned()), "{case}");
        }
        let of_all = json!({ "as": "ops", "headers": { "x-user": "ada" }, "steps": [ {} ] });
        assert_eq!(caller_of(&of_all, None).1, Vec::<String>::new());
        let other = json!({ "as": "ops", "steps": [ { "headers": { "x-other": "a" } } ] });
        assert_eq!(caller_of(&other, None).1, ["x-team: ops"]);
    }

    #[test]
    fn facts_of_the_step_replace_those_of_its_grant() {
        let step = json!({ "as": "ci", "claims": { "sub": "other", "age": 7 } });
        let claims = caller_of(&json!({ "steps": [ step ] }), None).0;
        assert_eq!(claims.as_deref(), Some(r#"{"sub":"other","age":7}"#));
        let step = json!({ "as": "ops", "headers": { "X-Team": "dev" } });
        let headers = caller_of(&json!({ "steps": [ step ] }), None).1;
        assert_eq!(headers, ["x-team: dev"]);
    }

    #[test]
    fn policy_has_the_digest_of_the_made_up_token_and_keeps_its_own_without_one() {
        let silent = json!({ "steps": [ { "headers": { "authorization": "Bearer ada" } } ] });
        let case = parsed(&silent, None).expect("a case");
        assert_eq!(case.policy, case.written_policy);
        assert_eq!(caller_of(&silent, None).1, ["authorization: Bearer ada"]);
        let made_up = format!("authorization: Bearer {TOKEN_OF_ADA}");
        let steps = json!({ "steps": [ { "headers": { "authorization": "bearer ada" } }, { "as": "ada" } ] });
        assert_eq!(caller_of(&steps, None).1, [made_up.replace('B', "b")]);
        let case = parsed(&steps, None).expect("a case");
        assert!(!case.policy.contains(TOKEN_OF_ADA), "{}", case.policy);
        assert!(case.written_policy.contains(TOKEN_OF_ADA));
        let by_name = json!({ "steps": [ { "as": "ada" } ] });
        assert_eq!(caller_of(&by_name, None).1, [made_up]);
    }

    #[test]
    fn unknown_grant_and_misplaced_member_are_errors() {
        let has = "`grants` has no `eve`; it has `ada`, `ci`, `ops`";
        let error = |members: Json, grant| parsed(&members, grant).expect_err("an error");
        assert_eq!(error(json!({ "as": "eve", "steps": [ {} ] }), None), has);
        assert_eq!(error(json!({ "steps": [ {} ] }), Some("eve")), has);
        let of_step = error(json!({ "steps": [ {}, { "as": "eve" } ] }), None);
        assert_eq!(of_step, format!("step 2: {has}"));
        let refused = error(json!({ "as": "ci", "refused": [] }), None);
        assert_eq!(refused, "`as` belongs beside `steps`");
        let null = error(json!({ "as": 1, "steps": [ {} ] }), None);
        assert!(null.contains("expected a string"), "{null}");
        let other = error(json!({ "steps": [ { "grant": "ci" } ] }), None);
        assert!(other.contains("unknown field `grant`"), "{other}");
        assert!(parsed(&json!({ "refused": [] }), Some("eve")).is_ok());
    }
}
