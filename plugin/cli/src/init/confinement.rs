//! How a starter policy confines a path or a URL to places that the operator names.
//!
//! It never writes a rule: `draft` does.

use crate::argument_path::{elements, without_root};
use crate::scan::parameter::{Parameter, Texts};

/// An operator that confines an argument, with its sentences and examples.
pub(super) struct Confinement {
    pub(super) op: &'static str,
    /// The operator judges a list by itself.
    judges_lists: bool,
    /// A note for the operator of the gateway, without configured places.
    pub(super) missing: &'static str,
    /// A part of a sentence for the model: the bound that the operator has not configured.
    pub(super) where_to: &'static str,
    /// The end of a sentence for the model: the places that the argument may name.
    pub(super) inside: &'static str,
    /// A value inside a place.
    pub(super) example: fn(&str) -> String,
    /// A value outside all places, if there is one.
    pub(super) outside: fn(&[String]) -> Option<&'static str>,
}

impl Confinement {
    /// The name of the argument for people, and the path of a condition on it; `None` where no condition can judge it.
    pub(super) fn argument<'a>(&self, parameter: &'a Parameter) -> Option<(&'a str, String)> {
        let condition = parameter.condition.as_deref()?;
        let path = match parameter.texts {
            _ if self.judges_lists => condition.to_owned(),
            Texts::Either => return None,
            Texts::Many => elements(condition),
            Texts::None | Texts::One => condition.to_owned(),
        };
        Some((without_root(condition), path))
    }
}

/// Paths, which `--root` confines.
pub(super) const PATHS: Confinement = Confinement {
    op: "within",
    judges_lists: true,
    missing: "refused until --root names the allowed directories",
    where_to: "the allowed directories",
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

/// URLs, which `--host` confines.
pub(super) const URLS: Confinement = Confinement {
    op: "host_in",
    judges_lists: false,
    missing: "refused until --host names the allowed hosts",
    where_to: "the allowed hosts",
    inside: "a URL of a host that the operator allows",
    example: |host| {
        let host = without_any_port(host).replace('*', "any");
        match host.contains("://") {
            true => host,
            false => format!("https://{host}/"),
        }
    },
    outside: |hosts| {
        let mut names = hosts.iter().map(|host| without_any_port(host));
        let elsewhere = names.all(|host| !host.ends_with("invalid"));
        elsewhere.then_some("https://outside.invalid/")
    },
};

fn without_any_port(host: &str) -> &str {
    host.strip_suffix(":*").unwrap_or(host)
}
