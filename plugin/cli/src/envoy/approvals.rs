//! Turns a policy into what its approvals need of a gateway: the page that persons open, and the variables with the keys.
//!
//! It never reads a key.

use serde::Serialize;
use serde_json::Value as Json;

/// The approvals of a policy, as far as a gateway knows them.
#[derive(Debug, Serialize)]
pub(super) struct Approvals {
    /// The names of the environment variables with the keys.
    pub(super) keys: Vec<String>,
    /// The path of the page.
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
        let url = approvals.get("url")?.as_str()?;
        let (host, path) = url.split_once("://")?.1.split_once('/')?;
        let keys = approvals.get("keys").and_then(Json::as_array);
        let names = keys.into_iter().flatten().filter_map(Json::as_str);
        Some(Self {
            keys: names.map(Into::into).collect(),
            path: format!("/{path}"),
            host: host.into(),
        })
    }
}
