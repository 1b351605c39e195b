//! Turns a policy into what its approvals need of a gateway: the page that persons open, the clusters that the plugin calls, and
//! the variables with the keys.
//!
//! It never reads a key.

use serde::Serialize;
use serde_json::Value as Json;

/// The approvals of a policy, as far as a gateway knows them.
#[derive(Debug, Serialize)]
pub(super) struct Approvals {
    /// The names of the environment variables with the keys, each once.
    pub(super) keys: Vec<String>,
    /// `None` where a service keeps the approvals.
    pub(super) page: Option<Page>,
    /// The clusters of the servers that the plugin calls.
    #[serde(skip)]
    pub(super) clusters: Vec<String>,
}

/// The page on which persons approve calls.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) path: String,
    /// The host of the page, which may have a port.
    #[serde(skip)]
    pub(super) host: String,
}

impl Approvals {
    /// `None` for a policy without approvals.
    pub(super) fn of(policy: &[u8]) -> Option<Self> {
        let document: Json = serde_json::from_slice(policy).ok()?;
        let approvals = document.get("approvals")?;
        let called = ["notify", "service"].map(|name| approvals.get(name));
        let called: Vec<_> = called.into_iter().flatten().collect();
        let text = |of: &Json, name: &str| of.get(name).and_then(Json::as_str).map(Into::into);
        let keys = approvals.get("keys").and_then(Json::as_array);
        let names = keys.into_iter().flatten().filter_map(Json::as_str);
        let mut keys: Vec<String> = names.map(Into::into).collect();
        for key in called.iter().filter_map(|called| text(called, "key")) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Some(Self {
            keys,
            page: approvals.get("url").and_then(Page::of),
            clusters: called
                .iter()
                .filter_map(|called| text(called, "cluster"))
                .collect(),
        })
    }
}

impl Page {
    fn of(url: &Json) -> Option<Self> {
        let (host, path) = url.as_str()?.split_once("://")?.1.split_once('/')?;
        Some(Self {
            path: format!("/{path}"),
            host: host.into(),
        })
    }
}
