//! Turns the name of a diagnostic into what it is about.
//!
//! It never differs from the table in `README.md`: a test compares them.

/// What diagnostics of this name are about; empty for a name that `check` does not have.
pub(super) fn meaning(name: &str) -> &'static str {
    let mut rows = MEANINGS.iter();
    let row = rows.find(|(names, _)| names.contains(&name));
    row.map_or("", |(_, meaning)| meaning)
}

const MEANINGS: &[(&[&str], &str)] = &[
    (
        &[
            "json",
            "unknown-key",
            "missing-key",
            "invalid-value",
            "unsupported",
        ],
        "a mistake: no gateway accepts the policy",
    ),
    (
        &["yaml", "no-header-holding", "fails-open"],
        "a manifest around a policy that is not read alike everywhere, or a gateway that could not keep the policy",
    ),
    (
        &[
            "hidden-entry",
            "never-applies",
            "larger-limit",
            "covered-name",
        ],
        "a rule without effect, because another one always comes first",
    ),
    (
        &["never-holds"],
        "two conditions of one group that no value satisfies both: in `require` the group refuses every call, in `deny_if` none",
    ),
    (
        &["foreign-pattern"],
        "a name that looks like a pattern of another language (`^a$`, `a?`, `a|b`, `/a/`), and is taken as it is written",
    ),
    (
        &["part-of-a-name"],
        "`contains` on a list that is one text, such as a header of groups, where `ops` is in `devops` too",
    ),
    (
        &["not-inherited"],
        "an entry that inherits no rules from another one, whose pattern contains its own",
    ),
    (
        &["grant-without-policy", "expired-grant"],
        "a grant that admits nobody, and is not `revoked`",
    ),
    (
        &["contained-grant", "lists-in-common"],
        "a grant all of whose callers match another one too; grants by elements of one list, which a person may have both of. A caller that matches two grants is refused",
    ),
    (
        &["list-claim"],
        "a condition that compares a claim as one text, although issuers usually write it as a list",
    ),
    (
        &["unused-policy"],
        "rules of `policies`, or at the top, that no grant and no server names",
    ),
    (
        &["any-issuer"],
        "a claim that tells callers apart, although any issuer may have written it",
    ),
    (
        &["not-replayed"],
        "a value that a rule reads and the audit log does not have, so that `diff` cannot replay the rule; only for policies that open some values to the log",
    ),
    (
        &["denies-everything"],
        "a group without conditions in the rules of all tools",
    ),
    (
        &["unanchored", "open-ended"],
        "an expression that lists allowed texts, and need not match the whole text",
    ),
    (
        &["beyond-the-budget"],
        "a rule that a message of 16 KiB or less can take beyond its budget of steps, so that it is refused or withheld",
    ),
    (
        &["two-counters"],
        "limits of a server and of its caller, or of a grant and of its policy, on the same call: the service of `counters` counts one, so the call is refused",
    ),
    (
        &["session-scope", "argument-scope"],
        "a limit for each session, or each value of an argument, without a limit across them",
    ),
    (
        &["forgeable-header", "forgeable-scope", "identity-header"],
        "a header that a client may forge",
    ),
    (
        &["forgeable-address"],
        "`ip`, which Envoy takes from a header of the client's where `use_remote_address` is not set",
    ),
    (
        &[
            "unmatched-name",
            "unknown-argument",
            "undecidable",
            "allowed-by-default",
        ],
        "a mismatch between the policy and the listed tools",
    ),
    (
        &["unused-approvals", "unused-approver"],
        "approvals that no rule asks for, or an approver whom no rule names",
    ),
    (
        &["own-approver"],
        "a rule whose approvers are all the caller itself, so that nobody can approve its calls",
    ),
    (
        &["anonymous-approvals"],
        "callers without an identity, which an approval takes for one caller",
    ),
    (
        &["short-approval"],
        "an approval that expires in less than two minutes",
    ),
    (
        &["unencrypted-page"],
        "a page of approvals by HTTP, where anyone on the way can read credentials",
    ),
    (
        &[
            "anonymous-quota",
            "server-by-cluster",
            "counts-restart",
            "refund-by-answers",
            "first-use",
            "pin-unseen",
            "longest-call",
            "symbolic-links",
            "directories-alike",
            "redirects",
            "held-headers",
            "other-ways-out",
            "counted-apart",
            "waiting-requests",
        ],
        "a fact about the gateway, the server or the host that affects the policy",
    ),
];

#[cfg(test)]
mod tests {
    use super::MEANINGS;
    use regex_lite::Regex;

    #[test]
    fn table_of_the_page_has_the_same_meanings() {
        let page = include_str!("../../README.md");
        let (_, table) = page
            .split_once("| name | meaning |\n|---|---|\n")
            .expect("a table");
        let (table, _) = table.split_once("\n\n").expect("its end");
        let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").expect("an expression");
        let rows = table
            .lines()
            .map(|row| link.replace_all(row, "$1").replace(r"\|", "|"));
        let own = MEANINGS.iter().map(|(names, meaning)| {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("| {} | {meaning} |", names.join(", "))
        });
        assert!(own.eq(rows), "the table of README.md is another one");
    }
}
