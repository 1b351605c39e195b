//! The operators by which a policy says where a path or a URL may lead, and how an operator and a model are told.
//!
//! It writes no rule; `starter` does.

/// An operator that says where something leads, and how it is spoken of.
pub(super) struct Leads {
    pub(super) op: &'static str,
    pub(super) judges_lists: bool,
    pub(super) missing: &'static str,
    pub(super) where_to: &'static str,
    pub(super) inside: &'static str,
    /// Something inside of a place.
    pub(super) example: fn(&str) -> String,
    /// Something outside of all places, if there is such a thing.
    pub(super) outside: fn(&[String]) -> Option<&'static str>,
}

pub(super) const PATHS: Leads = Leads {
    op: "within",
    judges_lists: true,
    missing: "refused until --root names the directories that paths may lead to",
    where_to: "which directories it may lead to",
    inside: "below a directory that the operator allows",
    example: str::to_owned,
    outside: |roots| {
        const OUTSIDE: &str = "/outside-of-every-root";
        roots
            .iter()
            .all(|root| root != "/" && !root.starts_with(OUTSIDE))
            .then_some(OUTSIDE)
    },
};

pub(super) const URLS: Leads = Leads {
    op: "host_in",
    judges_lists: false,
    missing: "refused until --host names the hosts that URLs may lead to",
    where_to: "which hosts it may lead to",
    inside: "to a host that the operator allows",
    example: |host| {
        let host = host.replace('*', "any");
        match host.contains("://") {
            true => host,
            false => format!("https://{host}/"),
        }
    },
    outside: |hosts| {
        let elsewhere = hosts.iter().all(|host| !host.ends_with("invalid"));
        elsewhere.then_some("https://outside.invalid/")
    },
};
