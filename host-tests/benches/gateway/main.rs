//! Measures the cost of the plugin in a real Envoy, beside that of its alternatives.
//!
//! All chains are measured in turn, round after round, and compared by differences within a round. It never compares
//! with figures of another run, and never fails on a long time.

mod aims;
mod authorizer;
mod bars;
mod baseline;
mod chains;
mod comparisons;
mod ext_authz;
mod filter;
mod fleet;
mod gateway;
mod load;
mod memory;
mod native;
mod plan;
mod plots;
mod prepare;
mod prove;
mod report;
mod results;
mod rounds;
mod series;
mod server;
mod tables;
mod usage;
mod worker;

use chains::Setting;
use comparisons::{Comparison, comparisons};
use gateway::Gateway;
use host_tests::interference::Interference;
use host_tests::root;
use plan::Plan;
use results::Results;
use rounds::Prepared;
use std::path::Path;
use std::{env, fs};

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments[..] {
        [first, policy] if first == ext_authz::ARGUMENT => authorizer::serve(Path::new(policy)),
        _ => run(&Plan::new()),
    }
}

fn run(plan: &Plan) {
    match plan.only.as_deref() {
        Some(plan::FLEET) => fleet::write(plan),
        _ => write(plan),
    }
}

fn write(plan: &Plan) {
    let results = measure(plan);
    fs::create_dir_all(plan.folder()).expect("a folder");
    let table = report::markdown(plan, &results);
    println!("{table}");
    fs::write(plan.folder().join("gateway.md"), table).expect("the table can be written");
    plots::draw(&plan.folder(), &results);
    println!("written to {}", plan.folder().display());
}

fn measure(plan: &Plan) -> Results {
    let folder = root().join("target/bench");
    fs::create_dir_all(&folder).expect("a folder");
    let comparisons = comparisons(plan.only.as_deref());
    let setting = Setting::new(server::start(&comparisons), &folder);
    prove::prove(&setting);
    let mut gateways = Vec::new();
    let prepared = |own| prepare::prepare(own, &setting, &mut gateways);
    let prepared: Vec<_> = comparisons.iter().map(prepared).collect();
    results(plan, &comparisons, &prepared, &mut gateways, &setting)
}

fn results(
    plan: &Plan,
    comparisons: &[Comparison],
    prepared: &[Prepared<'_>],
    gateways: &mut [Gateway],
    setting: &Setting,
) -> Results {
    let processes: Vec<_> = gateways.iter().flat_map(Gateway::pids).collect();
    let others = Interference::begin(&processes);
    let saturated = rounds::measure(prepared, gateways, &plan.saturated, &setting.upstream);
    let paced = rounds::measure(prepared, gateways, &plan.paced, &setting.upstream);
    Results {
        saturated,
        paced,
        others: others.end(&processes),
        memory: memory::held(gateways, prepared),
        workers: worker::workers(comparisons),
    }
}
