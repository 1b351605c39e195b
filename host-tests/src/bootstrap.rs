//! Turns listeners into the configuration documents of Envoy.
//!
//! It never chooses a port to listen on: Envoy does, on 127.0.0.1.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{self, Path, PathBuf},
};

use serde_json::{Value, json};

/// The name of the HTTP filter, of the plugin, and of its root context.
const PLUGIN: &str = "mcp_policy";
const CONNECTION_MANAGER: &str =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const ROUTER: &str = "envoy.extensions.filters.http.router.v3.Router";
const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";
const UPSTREAM_HTTP: &str = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
/// The smallest window that HTTP/2 knows.
const SMALLEST_WINDOW: u32 = 65_535;

/// The upstream that each request names itself, as address and port in the header `x-envoy-original-dst-host`. It
/// models a mesh, where the connection's original destination is known.
pub const WHEREVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// A port of the proxy, with the plugin in front of one server.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    /// The listener's name in the test; letters, digits and `_`.
    pub name: String,
    /// The policy, which reaches the plugin verbatim.
    pub policy: String,
    /// The server of forwarded requests, or [`WHEREVER`].
    pub upstream: SocketAddr,
    /// The compiled plugin.
    pub wasm: PathBuf,
    /// Passes the body to the plugin while the headers are held back.
    pub hold_request_headers: bool,
    /// Plugins with the same id and module share their VMs and counters.
    pub vm_id: String,
    /// Variables of the VM's environment.
    pub environment: BTreeMap<String, String>,
    /// In bytes. A longer body that the plugin buffers gets a 413. HTTP/2 raises it to at least 65,535.
    pub buffer_limit: u32,
    /// The handling of requests after the VM has trapped.
    pub failure_policy: FailurePolicy,
    /// The peer's address is that of its connection, not one from `x-forwarded-for`.
    pub use_remote_address: bool,
    /// Filters before the plugin, such as those of [`authentication`](crate::authentication).
    pub before: Vec<Value>,
    /// Filters between the plugin and the router.
    pub after: Vec<Value>,
    /// Replaces plain TCP, as [`authentication::tls`](crate::authentication::tls) does.
    pub transport_socket: Option<Value>,
    /// Further fields of the connection manager, as an object.
    pub connection_manager: Value,
    /// Filters instead of the plugin, to compare it with.
    pub instead: Option<Vec<Value>>,
    /// Other servers that these filters call, each as a cluster named by its address.
    pub asked: Vec<SocketAddr>,
    /// The timeout of the route, such as `2s`; `0s` disables it.
    pub timeout: String,
    /// Envoy's own logs of the traffic here.
    pub access_logs: Vec<Value>,
}

impl Listener {
    /// A listener with the recommended values for everything else.
    pub fn new(name: &str, policy: &str, upstream: SocketAddr, wasm: &Path) -> Self {
        Self {
            name: name.to_owned(),
            policy: policy.to_owned(),
            upstream,
            wasm: wasm.to_owned(),
            hold_request_headers: true,
            vm_id: PLUGIN.to_owned(),
            environment: BTreeMap::new(),
            buffer_limit: 1024 * 1024,
            failure_policy: FailurePolicy::Reload,
            use_remote_address: true,
            before: Vec::new(),
            after: Vec::new(),
            transport_socket: None,
            connection_manager: json!({}),
            instead: None,
            asked: Vec::new(),
            timeout: "0s".into(),
            access_logs: Vec::new(),
        }
    }
}

/// Envoy's handling of requests after the VM has trapped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FailurePolicy {
    /// Starts a new VM.
    Reload,
    /// Refuses them for good.
    Closed,
    /// Lets them pass for good.
    Open,
}

/// The configuration of one Envoy.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// At least one, each with its own name.
    pub listeners: Vec<Listener>,
    /// The number of worker threads.
    pub concurrency: u32,
    /// `info`, or another of Envoy's names.
    pub log_level: String,
    /// Envoy writes its log to a file in the background, many lines at a time, for measurements of speed.
    pub log_in_background: bool,
    /// Delivers the filters as files, which can be replaced while Envoy serves. Then Envoy also starts with a policy
    /// that the plugin refuses, and answers 500.
    pub ecds: bool,
    /// Servers by the names of their clusters, to which the routes of [`Listener::connection_manager`] lead.
    pub servers: BTreeMap<String, SocketAddr>,
    /// Servers with a name that speak HTTP/2, such as those of gRPC.
    pub http2_servers: BTreeMap<String, SocketAddr>,
    /// Further clusters, as Envoy reads them, such as those of [`front`](crate::front).
    pub clusters: Vec<Value>,
    /// Another Envoy than that of `$ENVOY_BIN`.
    pub binary: Option<PathBuf>,
    /// Files by name, in the folder from where Envoy runs, such as keys and certificates.
    pub files: BTreeMap<String, String>,
    /// The labels of statistics: each with the expression that finds it in a name.
    pub stats_tags: Vec<(String, String)>,
}

impl Config {
    /// A configuration with one worker, the plugin's log, no reload, and the Envoy of `$ENVOY_BIN`.
    pub fn new(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            concurrency: 1,
            log_level: "info".to_owned(),
            log_in_background: false,
            ecds: false,
            servers: BTreeMap::new(),
            http2_servers: BTreeMap::new(),
            clusters: Vec::new(),
            binary: None,
            files: BTreeMap::new(),
            stats_tags: Vec::new(),
        }
    }

    /// The bootstrap document. Filters that are files are read from `dir`.
    pub(crate) fn bootstrap(&self, dir: &Path) -> Value {
        let listeners = self.listeners.iter().map(|own| {
            let own_filters = match &own.instead {
                Some(filters) => filters.clone(),
                None if self.ecds => vec![own.discovered_filter(dir)],
                None => vec![json!({ "name": PLUGIN, "typed_config": own.wasm_filter() })],
            };
            own.render([own.before.clone(), own_filters, own.after.clone()].concat())
        });
        let tags = self.stats_tags.iter();
        let tags = tags.map(|(name, regex)| json!({ "tag_name": name, "regex": regex }));
        json!({
            "stats_config": { "stats_tags": tags.collect::<Vec<_>>() },
            // Discovery does not start without a node.
            "node": { "id": PLUGIN, "cluster": PLUGIN },
            "admin": { "address": address((Ipv4Addr::LOCALHOST, 0).into()) },
            "static_resources": {
                "listeners": listeners.collect::<Vec<_>>(),
                "clusters": self.clusters(),
            },
        })
    }

    /// The servers of the listeners, each named by its address, and those with a name.
    fn clusters(&self) -> Vec<Value> {
        let listeners = self.listeners.iter();
        let unnamed = listeners.flat_map(|own| own.asked.iter().chain([&own.upstream]));
        let unnamed: BTreeSet<_> = unnamed.copied().collect();
        let named = self.servers.iter().map(|(name, addr)| cluster(name, *addr));
        let http2 = self.http2_servers.iter();
        let http2 = http2.map(|(name, addr)| with_http2(cluster(name, *addr)));
        let unnamed = unnamed.iter().map(|addr| cluster(&addr.to_string(), *addr));
        let further = self.clusters.iter().cloned();
        unnamed.chain(named).chain(http2).chain(further).collect()
    }
}

impl Listener {
    fn render(&self, mut filters: Vec<Value>) -> Value {
        filters.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": type_url(ROUTER) },
        }));
        json!({
            "name": self.name,
            "address": address((Ipv4Addr::LOCALHOST, 0).into()),
            "per_connection_buffer_limit_bytes": self.buffer_limit,
            "filter_chains": [{ "transport_socket": self.transport_socket, "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": self.managed(json!({
                    "@type": type_url(CONNECTION_MANAGER),
                    "stat_prefix": self.name,
                    // HTTP/1, and HTTP/2 with prior knowledge.
                    "codec_type": "AUTO",
                    // A stream may buffer as much as its window, 16 MiB by default.
                    "http2_protocol_options": {
                        "initial_stream_window_size": self.buffer_limit.max(SMALLEST_WINDOW),
                    },
                    "preserve_external_request_id": true,
                    "use_remote_address": self.use_remote_address,
                    "route_config": { "virtual_hosts": [{
                        "name": "all",
                        "domains": ["*"],
                        "routes": [{
                            "match": { "prefix": "/" },
                            "route": { "cluster": self.upstream.to_string(), "timeout": self.timeout },
                        }],
                    }] },
                    "http_filters": filters,
                    "access_log": self.access_logs,
                })),
            }] }],
        })
    }

    /// The connection manager with the listener's own fields.
    fn managed(&self, mut manager: Value) -> Value {
        for (name, value) in self.connection_manager.as_object().into_iter().flatten() {
            manager[name] = value.clone();
        }
        manager
    }

    fn wasm_filter(&self) -> Value {
        // Envoy runs in another working directory than the test.
        let wasm = path::absolute(&self.wasm).unwrap_or_else(|_| self.wasm.clone());
        json!({
            "@type": type_url(WASM),
            "config": {
                "name": PLUGIN,
                "root_id": PLUGIN,
                "failure_policy": match self.failure_policy {
                    FailurePolicy::Reload => "FAIL_RELOAD",
                    FailurePolicy::Closed => "FAIL_CLOSED",
                    FailurePolicy::Open => "FAIL_OPEN",
                },
                "allow_on_headers_stop_iteration": self.hold_request_headers,
                // A StringValue is the only form that Envoy passes on unchanged.
                "configuration": {
                    "@type": type_url("google.protobuf.StringValue"),
                    "value": self.policy,
                },
                "vm_config": {
                    "vm_id": self.vm_id,
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": { "local": { "filename": wasm } },
                    "environment_variables": { "key_values": self.environment },
                },
            },
        })
    }

    /// Envoy knows discovered filters by name, so each listener needs its own.
    pub(crate) fn filter_name(&self) -> String {
        format!("{PLUGIN}_{}", self.name)
    }

    fn filter_folder(&self, dir: &Path) -> PathBuf {
        dir.join(self.filter_name())
    }

    fn discovered_filter(&self, dir: &Path) -> Value {
        let folder = self.filter_folder(dir);
        json!({
            "name": self.filter_name(),
            "config_discovery": {
                "config_source": {
                    "resource_api_version": "V3",
                    "path_config_source": {
                        "path": folder.join("filter.json"),
                        "watched_directory": { "path": folder },
                    },
                },
                "type_urls": [type_url(WASM)],
            },
        })
    }

    /// Writes the filter's file where Envoy watches for it, in one step.
    pub(crate) fn deliver(&self, dir: &Path) -> io::Result<()> {
        let folder = self.filter_folder(dir);
        fs::create_dir_all(&folder)?;
        let document = json!({ "resources": [{
            "@type": type_url("envoy.config.core.v3.TypedExtensionConfig"),
            "name": self.filter_name(),
            "typed_config": self.wasm_filter(),
        }] });
        // The draft is outside the watched folder, so that Envoy sees only the finished file.
        let draft = dir.join(format!("{}.draft", self.filter_name()));
        fs::write(&draft, document.to_string())?;
        fs::rename(draft, folder.join("filter.json"))
    }
}

fn cluster(name: &str, upstream: SocketAddr) -> Value {
    let mut cluster = if upstream == WHEREVER {
        wherever()
    } else {
        at(name, upstream)
    };
    cluster["name"] = name.into();
    // Envoy's default limit of 1024 connections would stop larger floods before the plugin.
    cluster["circuit_breakers"] = json!({ "thresholds": [
        { "max_connections": 10_000, "max_pending_requests": 10_000, "max_requests": 10_000 },
    ] });
    // Idle connections close before the server closes them, which would break calls.
    cluster["typed_extension_protocol_options"] = json!({ UPSTREAM_HTTP: {
        "@type": type_url(UPSTREAM_HTTP),
        // Without this, Envoy drops the trailers of HTTP/1 responses.
        "explicit_http_config": { "http_protocol_options": { "enable_trailers": true } },
        "common_http_protocol_options": { "idle_timeout": "3s" },
    } });
    cluster
}

fn with_http2(mut cluster: Value) -> Value {
    let options = &mut cluster["typed_extension_protocol_options"][UPSTREAM_HTTP];
    options["explicit_http_config"] = json!({ "http2_protocol_options": {} });
    cluster
}

fn at(name: &str, upstream: SocketAddr) -> Value {
    json!({
        "type": "STATIC",
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address(upstream) } }] }],
        },
    })
}

fn wherever() -> Value {
    json!({
        "type": "ORIGINAL_DST",
        "lb_policy": "CLUSTER_PROVIDED",
        "original_dst_lb_config": { "use_http_header": true },
    })
}

pub(crate) fn address(addr: SocketAddr) -> Value {
    json!({ "socket_address": { "address": addr.ip(), "port_value": addr.port() } })
}

fn type_url(message: &str) -> String {
    format!("type.googleapis.com/{message}")
}
