//! Turns filters and routes into an Envoy with a plugin that only reads, and requests into what that plugin read.
//!
//! It never expects an outcome.

use host_tests::authentication::Provider;
use host_tests::bootstrap::{Config, Listener};
use host_tests::envoy::Envoy;
use host_tests::hosts::envoys;
use host_tests::tokens::Issuer;
use host_tests::upstream::{Recorded, Upstream};
use host_tests::wire::{Http1Request, Response, http1};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// The metadata of all filters, as a protobuf message.
pub(super) const METADATA: &str = "metadata";

/// The oldest supported Envoy and the current one, where they are installed.
pub(super) fn oldest_and_current() -> Vec<(&'static str, Option<PathBuf>)> {
    let mut all: Vec<_> = envoys().collect();
    if all.len() > 2 {
        all.drain(1..all.len() - 1);
    }
    all
}

/// The place of a claim; `path` may lead into it.
pub(super) fn claim(payload: &str, path: &str) -> String {
    format!("metadata|filter_metadata|envoy.filters.http.jwt_authn|{payload}|{path}")
}

/// Fields of the connection manager with a route on which a filter is disabled.
pub(super) fn disabled(filter: &str, upstream: SocketAddr) -> Value {
    json!({ "route_config": { "virtual_hosts": [{
        "name": "all",
        "domains": ["*"],
        "routes": [{
            "match": { "prefix": "/" },
            "route": { "cluster": upstream.to_string() },
            "typed_per_filter_config": { filter: {
                "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                "disabled": true,
            } },
        }],
    }] } })
}

/// What the host said about a property.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Property {
    /// Status 0; without bytes also where the host hands over no place at all.
    Found(Vec<u8>),
    /// Status 1.
    Absent,
    /// Status 3: the host has it, and fails to write it.
    Unreadable,
}

impl Property {
    pub(super) fn text(text: &str) -> Self {
        Self::Found(text.into())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Found(bytes) => bytes,
            _ => panic!("not found: {self:?}"),
        }
    }
}

/// A request behind the plugin.
#[derive(Debug)]
pub(super) struct Seen {
    properties: Vec<(String, Property)>,
    /// The name of the server that got it; empty for the one of all listeners.
    pub(super) server: String,
    /// The request as the server got it.
    pub(super) request: Recorded,
}

impl Seen {
    pub(super) fn read(&self, path: &str) -> &Property {
        self.reads(path)[0]
    }

    /// What the plugin read one time after another.
    pub(super) fn reads(&self, path: &str) -> Vec<&Property> {
        let same = self.properties.iter().filter(|(own, _)| own == path);
        let found: Vec<_> = same.map(|(_, property)| property).collect();
        assert!(!found.is_empty(), "the plugin does not read {path}");
        found
    }

    pub(super) fn claim(&self, path: &str) -> &Property {
        self.read(&claim("jwt", path))
    }

    /// The request's header behind all filters.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let value = self.request.header(name)?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

/// What the plugin read for the request that has this answer.
pub(super) fn properties(answer: &Response) -> Vec<(String, Property)> {
    let headers = answer.headers.iter();
    let lines = headers.filter(|(name, _)| name == "x-property");
    lines
        .map(|(_, value)| property(&String::from_utf8_lossy(value)))
        .collect()
}

fn property(line: &str) -> (String, Property) {
    let mut parts = line.splitn(3, ' ');
    let mut part = || parts.next().unwrap_or_default();
    let (path, status, bytes) = (part().to_owned(), part(), part());
    let property = match status {
        "0" => Property::Found(decoded(bytes)),
        "1" => Property::Absent,
        "3" => Property::Unreadable,
        other => panic!("status {other} for {path}"),
    };
    (path, property)
}

fn decoded(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let pairs = pairs.map(|pair| u8::from_str_radix(&String::from_utf8_lossy(pair), 16));
    pairs.collect::<Result<_, _>>().expect("hex")
}

/// The configuration of an Envoy whose listeners have the probe.
pub(super) struct Probe {
    config: Config,
    upstreams: BTreeMap<String, Upstream>,
    folder: PathBuf,
}

impl Probe {
    pub(super) fn new(binary: Option<PathBuf>) -> Self {
        let upstream = Upstream::start().expect("the upstream starts");
        let mut config = Config::new(Vec::new());
        config.binary = binary;
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("probe");
        let folder = folder.join(upstream.addr().port().to_string());
        fs::create_dir_all(&folder).expect("the folder can be made");
        let module = wat::parse_str(include_str!("probe.wat")).expect("it is WebAssembly");
        fs::write(folder.join("probe.wasm"), module).expect("the probe can be written");
        Self {
            config,
            upstreams: BTreeMap::from([(String::new(), upstream)]),
            folder,
        }
    }

    /// A server to which routes lead by the name of its cluster.
    pub(super) fn server(mut self, name: &str) -> Self {
        let upstream = Upstream::start().expect("the upstream starts");
        self.config.servers.insert(name.to_owned(), upstream.addr());
        self.upstreams.insert(name.to_owned(), upstream);
        self
    }

    /// A file beside the configuration.
    pub(super) fn file(mut self, name: &str, text: String) -> Self {
        self.config.files.insert(name.to_owned(), text);
        self
    }

    /// The keys of an issuer, for its provider.
    pub(super) fn keys(self, provider: &Provider<'_>, issuer: &Issuer) -> Self {
        self.file(&provider.file(), issuer.jwks())
    }

    /// A listener whose plugin reads these properties behind these filters.
    pub(super) fn listener<P: AsRef<str>>(
        self,
        name: &str,
        properties: &[P],
        filters: Vec<Value>,
    ) -> Self {
        self.listener_with(name, properties, |listener| listener.before = filters)
    }

    /// A listener with more than filters.
    pub(super) fn listener_with<P: AsRef<str>>(
        mut self,
        name: &str,
        properties: &[P],
        change: impl FnOnce(&mut Listener),
    ) -> Self {
        let lines = properties.iter().map(|path| format!("{}\n", path.as_ref()));
        let lines: String = lines.collect();
        let wasm = self.folder.join("probe.wasm");
        let mut listener = Listener::new(name, &lines, self.upstreams[""].addr(), &wasm);
        // The module keeps its configuration in the memory of its VM.
        listener.vm_id = name.to_owned();
        change(&mut listener);
        self.config.listeners.push(listener);
        self
    }

    pub(super) fn start(self) -> Gateway {
        let envoy = Envoy::start(&self.config).expect("Envoy starts");
        // Envoy has read the module.
        fs::remove_dir_all(&self.folder).expect("the folder is ours");
        Gateway {
            envoy,
            upstreams: self.upstreams,
        }
    }
}

/// A running Envoy with the probe.
pub(super) struct Gateway {
    envoy: Envoy,
    upstreams: BTreeMap<String, Upstream>,
}

impl Gateway {
    /// What the plugin read for a request without a body, or the status of Envoy's own answer.
    pub(super) fn get(&self, listener: &str, headers: &[(&str, &str)]) -> Result<Seen, u16> {
        let answer = http1(self.addr(listener), &request(headers), LIMIT);
        self.seen(&answer.expect("an answer"))
    }

    /// The same with a bearer token.
    pub(super) fn bearer(&self, listener: &str, token: &str) -> Result<Seen, u16> {
        self.get(listener, &[("authorization", &format!("Bearer {token}"))])
    }

    pub(super) fn addr(&self, listener: &str) -> SocketAddr {
        self.envoy.addr(listener)
    }

    /// What the plugin read for the request that has this answer, the only one since the last.
    pub(super) fn seen(&self, answer: &Response) -> Result<Seen, u16> {
        match (&self.arrived()[..], answer.status) {
            ([(server, request)], 200) => Ok(Seen {
                properties: properties(answer),
                server: server.clone(),
                request: request.clone(),
            }),
            ([], status) => Err(status),
            (requests, status) => panic!("{status} with {requests:?}\n{}", self.envoy.log()),
        }
    }

    /// The requests since the last time, each with the name of its server.
    pub(super) fn arrived(&self) -> Vec<(String, Recorded)> {
        let of = |(name, upstream): (&String, &Upstream)| {
            let requests = upstream.take().into_iter();
            requests
                .map(|request| (name.clone(), request))
                .collect::<Vec<_>>()
        };
        self.upstreams.iter().flat_map(of).collect()
    }
}

pub(super) fn request(headers: &[(&str, &str)]) -> Http1Request {
    let headers = headers.iter();
    Http1Request {
        method: "GET".to_owned(),
        path: "/mcp".to_owned(),
        headers: headers
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect(),
        ..Http1Request::default()
    }
}
