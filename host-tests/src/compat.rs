//! Turns the outcomes of a case in two versions of the plugin into the kind of their difference.
//!
//! It plays nothing, and does not judge which version is right.

use crate::expectation::{Expectation, Outcome};

/// The difference between the new version and the old one on a case, the gravest kind first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// A call or a response is decided differently: `(!)` in the changelog.
    Decision(String),
    /// The new version refuses a policy that the old one accepts: `(!)` in the changelog.
    PolicyRefused(String),
    /// One version trapped, or had an outcome that a case cannot expect.
    Failed(String),
    /// The old version refuses the policy, which uses a newer language.
    PolicyIsNew,
    /// The decisions are the same, with other messages, codes or rules.
    Words,
}

/// The difference; `None` where a client and an operator see the same.
pub fn difference(old: &Outcome, new: &Outcome) -> Option<Difference> {
    match (old, new) {
        (old, new) if old == new => None,
        (Outcome::Observed(old), Outcome::Observed(new)) => Some(of_steps(old, new)),
        (Outcome::Refused(_), Outcome::Refused(_)) => Some(Difference::Words),
        (Outcome::Refused(_), Outcome::Observed(_)) => Some(Difference::PolicyIsNew),
        (Outcome::Observed(_), Outcome::Refused(lines)) => {
            Some(Difference::PolicyRefused(lines.join("; ")))
        }
        (old, new) => Some(Difference::Failed(format!(
            "{} → {}",
            short(old),
            short(new)
        ))),
    }
}

fn short(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Observed(_) => "played".into(),
        Outcome::Refused(lines) => format!("policy refused: {}", lines.join("; ")),
        Outcome::Cannot(why) | Outcome::Failed(why) => why.clone(),
    }
}

fn of_steps(old: &[Expectation], new: &[Expectation]) -> Difference {
    let mut pairs = old.iter().zip(new).enumerate();
    let flip = pairs.find_map(|(index, (old, new))| Some((index, flip(old, new)?)));
    match flip {
        Some((index, flip)) => Difference::Decision(format!("step {}: {flip}", index + 1)),
        None if old.len() == new.len() => Difference::Words,
        None => Difference::Failed(format!("{} steps → {}", old.len(), new.len())),
    }
}

fn flip(old: &Expectation, new: &Expectation) -> Option<String> {
    if old.forward != new.forward {
        return Some(format!("{} → {}", fate(old), fate(new)));
    }
    if old.response != new.response {
        return Some(format!("response {} → {}", response(old), response(new)));
    }
    if old.credential_removed != new.credential_removed {
        return Some("the credential reaches the server in one version alone".into());
    }
    let shadow = |seen: &Expectation| seen.shadow.join(", ");
    (old.shadow != new.shadow).then(|| format!("shadow [{}] → [{}]", shadow(old), shadow(new)))
}

fn fate(seen: &Expectation) -> String {
    let words = [seen.rule.as_deref(), seen.message.as_deref()];
    match seen.forward {
        true => "forwarded".into(),
        false => format!(
            "refused ({})",
            words.into_iter().flatten().next().unwrap_or("no rule")
        ),
    }
}

fn response(seen: &Expectation) -> String {
    seen.response
        .as_ref()
        .map_or_else(|| "none".into(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn forwarded() -> Expectation {
        Expectation {
            forward: true,
            ..Expectation::default()
        }
    }

    fn refused(message: &str) -> Expectation {
        Expectation {
            message: Some(message.into()),
            ..Expectation::default()
        }
    }

    fn seen(steps: &[Expectation]) -> Outcome {
        Outcome::Observed(steps.to_vec())
    }

    #[test]
    fn equal_outcomes_do_not_differ() {
        assert_eq!(
            difference(&seen(&[forwarded()]), &seen(&[forwarded()])),
            None
        );
    }

    #[test]
    fn call_forwarded_by_one_version_differs_in_decision() {
        let [old, new] =
            [&[forwarded(), refused("no")], &[forwarded(), forwarded()]].map(|steps| seen(steps));
        let flipped = "step 2: refused (no) → forwarded".into();
        assert_eq!(difference(&old, &new), Some(Difference::Decision(flipped)));
        assert!(matches!(
            difference(&new, &old),
            Some(Difference::Decision(_))
        ));
    }

    #[test]
    fn response_changed_by_one_version_differs_in_decision() {
        let with = |response| Expectation {
            response: Some(response),
            ..forwarded()
        };
        let [old, new] =
            [json!("same"), json!({ "body": "" })].map(|response| seen(&[with(response)]));
        assert!(matches!(
            difference(&old, &new),
            Some(Difference::Decision(_))
        ));
    }

    #[test]
    fn refusal_with_another_message_differs_in_words() {
        let [old, new] = ["no", "never"].map(|message| seen(&[refused(message)]));
        assert_eq!(difference(&old, &new), Some(Difference::Words));
    }

    #[test]
    fn policy_refused_by_one_version_is_new_or_refused() {
        let (refused, accepted) = (
            Outcome::Refused(vec!["/a: unknown".into()]),
            seen(&[forwarded()]),
        );
        assert_eq!(
            difference(&refused, &accepted),
            Some(Difference::PolicyIsNew)
        );
        let flip = Difference::PolicyRefused("/a: unknown".into());
        assert_eq!(difference(&accepted, &refused), Some(flip));
    }

    #[test]
    fn trap_in_one_version_is_a_failure() {
        let trap = Outcome::Failed("trap".into());
        assert!(matches!(
            difference(&trap, &seen(&[])),
            Some(Difference::Failed(_))
        ));
    }
}
