//! Derives from a rule set the rules for a result whose tool is unknown: those of all tools, each once.
//!
//! It reads the whole set once, so that no message has to.

use crate::model::{Mode, ResultRules, RuleSet, UnknownResult};
use crate::words::sorted::insert;
use std::sync::Arc;

impl UnknownResult {
    /// All of them for a rule set.
    pub(super) fn all(set: &RuleSet) -> Vec<Self> {
        let entries = set.tools.values();
        let own = entries.map(|entry| (entry.rules.result.as_ref(), entry.mode));
        let all = own.chain([(set.all_tools.result.as_ref(), None)]);
        let all: Vec<_> = all
            .filter_map(|(rules, mode)| Some((rules?, mode)))
            .collect();
        let shortest = shortest(&all);
        let mut seen = Vec::new();
        let mut parts = Vec::new();
        for (place, (rules, mode)) in all.into_iter().enumerate() {
            let patterns = rules.patterns.iter().enumerate();
            let fresh = patterns.filter(|(_, sought)| {
                let before = seen.len();
                insert(&mut seen, (rank(mode), sought.treatment, &sought.pattern));
                seen.len() > before
            });
            let patterns: Vec<_> = fresh.map(|(index, _)| index).collect();
            let checks_length = shortest.contains(&Some(place));
            if checks_length || !patterns.is_empty() {
                let rules = Arc::clone(rules);
                parts.push(Self {
                    rules,
                    mode,
                    checks_length,
                    patterns,
                });
            }
        }
        parts
    }
}

/// The positions of the rules with the smallest `max_bytes`: one for each mode.
fn shortest(all: &[(&Arc<ResultRules>, Option<Mode>)]) -> [Option<usize>; 3] {
    [None, Some(Mode::Enforce), Some(Mode::Shadow)].map(|wanted| {
        let rules = all.iter().enumerate();
        let lengths = rules.filter(|(_, (_, mode))| *mode == wanted);
        let lengths = lengths.filter_map(|(place, (rules, _))| Some((rules.max_bytes?, place)));
        lengths.min().map(|(_, place)| place)
    })
}

fn rank(mode: Option<Mode>) -> u8 {
    match mode {
        None => 0,
        Some(Mode::Enforce) => 1,
        Some(Mode::Shadow) => 2,
    }
}

#[cfg(test)]
mod tests {
    use crate::model::Policy;

    /// For each part: its rule, the positions of its patterns, and whether it checks the length.
    fn parts(policy: &str) -> Vec<(String, Vec<usize>, bool)> {
        let policy = Policy::parse(policy.as_bytes()).unwrap();
        let parts = policy.main.unknown_results.iter();
        parts
            .map(|part| {
                let rule = part.rules.rule.to_string();
                (rule, part.patterns.clone(), part.checks_length)
            })
            .collect()
    }

    #[test]
    fn rule_shared_by_many_tools_applies_once() {
        let policy = r#"{ "version": "1", "default": "deny",
            "all_tools": { "result": { "redact": [{ "regex": "x" }, "secrets"] } },
            "tools": {
                "a": { "result": { "redact": ["secrets"], "max_bytes": 100 } },
                "b": { "result": { "redact": ["jwt", "secrets", { "regex": "x" }], "max_bytes": 50 } },
                "c": { "result": { "redact": ["secrets"], "max_bytes": 50 } },
                "d": { "result": { "redact": ["secrets"], "max_bytes": 70 }, "mode": "shadow" },
                "e": {}
            } }"#;
        let part = |tool: &str, redact: &[usize], checks| {
            (format!("/tools/{tool}"), redact.to_vec(), checks)
        };
        let expected = [
            part("a", &[0], false),
            part("b", &[0, 2], true),
            part("d", &[0], true),
        ];
        assert_eq!(parts(policy), expected);
        let both = r#"{ "version": "1", "default": "deny", "tools": {
            "a": { "result": { "redact": ["jwt"] } },
            "b": { "result": { "redact": ["jwt"], "block": ["jwt"] } } } }"#;
        let expected = [part("a", &[0], false), part("b", &[0], false)];
        assert_eq!(parts(both), expected, "the one that blocks");
        let all = r#"{ "version": "1", "default": "deny", "all_tools": { "result": { "max_bytes": 9 } } }"#;
        assert_eq!(parts(all), [("/all_tools".into(), Vec::new(), true)]);
        assert!(parts(r#"{ "version": "1", "default": "deny" }"#).is_empty());
    }
}
