//! Turns a policy into what it needs of a gateway: the page on which persons approve calls, the clusters that the plugin calls,
//! and the variables with its keys.
//!
//! It never reads a key.

use serde::Serialize;
use serde_json::Value as Json;

/// What a policy needs of a gateway beside its servers.
#[derive(Debug, Default, Serialize)]
pub(super) struct Services {
    /// The names of the environment variables with the keys, each once.
    pub(super) keys: Vec<String>,
    /// `None` without approvals, or where a service keeps them.
    pub(super) page: Option<Page>,
    /// The clusters that the plugin calls about approvals.
    #[serde(skip)]
    pub(super) approvals: Vec<String>,
    /// The cluster that counts for a fleet.
    #[serde(skip)]
    pub(super) counters: Option<String>,
}

/// The page on which persons approve calls.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    pub(super) path: String,
    /// The host of the page, which may have a port.
    #[serde(skip)]
    pub(super) host: String,
}

impl Services {
    /// Nothing for a text that is no policy.
    pub(super) fn of(policy: &[u8]) -> Self {
        let mut services = Self::default();
        let Ok(document) = serde_json::from_slice::<Json>(policy) else {
            return services;
        };
        if let Some(approvals) = document.get("approvals") {
            let keys = approvals.get("keys").and_then(Json::as_array);
            services.add_keys(keys.into_iter().flatten());
            let called = ["notify", "service"].map(|name| approvals.get(name));
            for called in called.into_iter().flatten() {
                services.add_keys(called.get("key"));
                services.approvals.extend(cluster(called));
            }
            services.page = approvals.get("url").and_then(Page::of);
        }
        if let Some(counters) = document.get("counters") {
            services.add_keys(counters.get("key"));
            services.counters = cluster(counters);
        }
        services
    }

    fn add_keys<'j>(&mut self, keys: impl IntoIterator<Item = &'j Json>) {
        for key in keys.into_iter().filter_map(Json::as_str) {
            if !self.keys.iter().any(|name| name == key) {
                self.keys.push(key.into());
            }
        }
    }
}

fn cluster(called: &Json) -> Option<String> {
    called.get("cluster").and_then(Json::as_str).map(Into::into)
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
