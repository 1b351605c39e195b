//! Every case of `policies/` on every host.

use host_tests::abi::Module;
use host_tests::case::{Play, bless};
use host_tests::corpus::{ClockKind, Outcome, Report, Split, cases};
use host_tests::embedder::Component;
use host_tests::{component, component_path, native, on_envoy, proxy_wasm, root, wasm, wasm_path};

#[test]
fn native() {
    let mut report = Report::new("native", ClockKind::Set);
    let blessing = std::env::var_os("BLESS").is_some();
    for case in &cases() {
        for split in Split::all(case) {
            let outcome = native::play(case, split);
            if blessing && split == Split::Whole {
                let seen = match &outcome {
                    Outcome::Seen(seen) => Ok(seen.clone()),
                    Outcome::Refused(lines) => Err(lines.clone()),
                    other => panic!("{}: {other:?}", case.name),
                };
                bless(&root().join("policies"), case, &seen).expect("the case can be written");
            }
            report.add(case, &format!("{split:?}"), &outcome);
        }
    }
    if blessing {
        println!("expectations are written; look at the difference before you commit it");
    } else {
        report.finish();
    }
}

#[test]
fn proxy_wasm_in_wasmtime() {
    let module = Module::new(&wasm()).expect("the plugin is a module");
    let mut report = Report::new("proxy-wasm in wasmtime", ClockKind::Set);
    for case in &cases() {
        for split in Split::all(case) {
            report.add(
                case,
                &format!("{split:?}"),
                &proxy_wasm::play(&module, case, split),
            );
        }
    }
    report.finish();
}

#[test]
fn component_in_wasmtime() {
    let wasm = std::fs::read(component_path()).expect("the component can be read");
    let component = Component::new(&wasm).expect("it is a component");
    let mut report = Report::new("component in wasmtime", ClockKind::Set);
    for case in &cases() {
        for split in Split::all(case) {
            let outcome = component::play(&component, case, split);
            report.add(case, &format!("{split:?}"), &outcome);
        }
    }
    report.finish();
}

#[test]
fn envoy() {
    on_real_envoy("Envoy, headers flow", false);
}

#[test]
fn envoy_holding_headers() {
    on_real_envoy("Envoy, headers held", true);
}

fn on_real_envoy(host: &'static str, hold: bool) {
    let mut report = Report::new(host, ClockKind::Real);
    let cases = cases();
    for (case, outcome) in on_envoy::play(&cases, &wasm_path(), hold) {
        report.add(case, host, &outcome);
    }
    report.finish();
}

/// What is true of a whole folder is checked here, so that no rewriting of expectations can lose it.
#[test]
fn no_smuggled_message_is_let_through() {
    let smuggled: Vec<_> = cases()
        .into_iter()
        .filter(|case| case.name.starts_with("smuggling/"))
        .collect();
    for case in &smuggled {
        let Play::Steps(steps) = &case.play else {
            panic!("{}: it has no steps", case.name)
        };
        for step in steps {
            let seen = step
                .expect
                .as_ref()
                .unwrap_or_else(|| panic!("{}: expects nothing", case.name));
            assert!(
                !seen.forward && seen.shadow.is_empty(),
                "{}: expects it to be let through",
                case.name
            );
        }
    }
}
