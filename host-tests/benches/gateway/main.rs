//! Measures what the plugin costs in a real Envoy, beside no filter, Envoy's own filters and a plugin that does nothing.
//!
//! All chains are measured in turn, round after round, so that a noisy machine disturbs all of them alike. What is
//! compared are differences within a round. It never compares with figures of another run.

mod chains;
mod chart;
mod load;
mod native;
mod plan;
mod report;
mod usage;

use chains::{Chain, chains};
use host_tests::envoy::Envoy;
use host_tests::samples::{ENOUGH, LIMITED};
use host_tests::upstream::Upstream;
use host_tests::{root, wasm_path};
use load::{Client, Load, request};
use plan::{CONNECTIONS, Measured, Plan, Sample};
use std::time::Duration;
use std::{env, fs};

/// The limit by which each chain first proves that it counts.
const FEW: u64 = 3;

fn main() {
    let plan = Plan::new(env::var("QUICK").is_ok_and(|quick| !quick.is_empty()));
    let empty = root().join("target/bench/empty.wasm");
    fs::create_dir_all(root().join("target/bench")).expect("a folder");
    fs::write(
        &empty,
        wat::parse_str(include_str!("../empty.wat")).expect("the empty plugin is WebAssembly"),
    )
    .expect("the empty plugin can be written");
    let upstream = Upstream::counting().expect("the upstream starts");
    for chain in chains(&upstream, &wasm_path(), &empty, FEW) {
        chain.prove(&upstream, FEW);
        eprintln!("{}: does what it is measured for", chain.name);
    }
    let measured = measure(
        &plan,
        &chains(&upstream, &wasm_path(), &empty, ENOUGH),
        &upstream,
    );
    fs::create_dir_all(plan.folder()).expect("a folder");
    let table = report::markdown(&plan, &measured);
    println!("{table}");
    fs::write(plan.folder().join("gateway.md"), table).expect("the table can be written");
    chart::draw(&plan.folder().join("gateway.svg"), &measured);
    println!("written to {}", plan.folder().display());
}

fn measure(plan: &Plan, chains: &[Chain], upstream: &Upstream) -> Vec<Measured> {
    let start = |chain: &Chain| {
        let envoy = chain.start();
        let client = Client::connect(envoy.addr("mcp"), CONNECTIONS);
        (envoy, client)
    };
    let mut running: Vec<_> = chains.iter().map(start).collect();
    let mut samples: Vec<Vec<Sample>> = chains.iter().map(|_| Vec::new()).collect();
    // The first round warms everything up. Each round begins with another chain.
    for round in 0..=plan.rounds {
        for turn in 0..chains.len() {
            let index = (round + turn) % chains.len();
            let (envoy, client) = &mut running[index];
            let sample = sample(envoy, client, plan.load, upstream);
            if round > 0 {
                samples[index].push(sample);
            }
        }
        eprintln!("round {round} of {}", plan.rounds);
    }
    let measured = |((chain, samples), (envoy, _)): ((&Chain, _), &(Envoy, _))| Measured {
        name: chain.name,
        samples,
        memory: usage::memory(envoy.pid()),
    };
    chains
        .iter()
        .zip(samples)
        .zip(&running)
        .map(measured)
        .collect()
}

fn sample(envoy: &Envoy, client: &mut Client, load: Load, upstream: &Upstream) -> Sample {
    let (passed, cpu) = (upstream.count(), usage::cpu(envoy.pid()));
    let mut times = client.play(load, &request(LIMITED));
    let cpu = usage::cpu(envoy.pid()) - cpu;
    assert_eq!(
        upstream.count() - passed,
        times.len() as u64,
        "calls that reached the server"
    );
    times.sort_unstable();
    let at = |percent: usize| micros(times[(times.len() - 1) * percent / 100]);
    Sample {
        cpu: micros(cpu) / times.len() as f64,
        p50: at(50),
        p99: at(99),
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
