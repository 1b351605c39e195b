//! Measures the engine natively, and the module in wasmtime, by the phases that a message goes through, by the size of
//! the message and by the number of tools in the policy.
//!
//! It never asserts a time: it writes down what was measured.

mod hosts;
mod report;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use host_tests::abi::Module;
use host_tests::root;
use host_tests::samples::{self, LIMITED, LISTED, UNLISTED};
use hosts::{Host, InWasmtime, Native};
use mcp_policy::host::Policy;
use std::path::PathBuf;
use std::time::Duration;
use std::{env, fs};

pub(crate) const SIZES: [usize; 5] = [200, 2_000, 20_000, 200_000, 1_000_000];
pub(crate) const TOOLS: [usize; 3] = [3, 300, 31_000];
/// What stays the same while something else grows.
pub(crate) const SMALL: usize = SIZES[0];
pub(crate) const FEW: usize = TOOLS[0];

pub(crate) const NATIVE: &str = "native";
pub(crate) const WASMTIME: &str = "wasmtime";
/// Nothing but wasmtime and the host around it.
pub(crate) const FLOOR: &str = "wasmtime, a plugin that does nothing";

/// How far a message gets. A phase is not measured alone: it is the difference to the phase before it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Phase {
    /// An answer to a request of the server's, which nothing judges.
    Read,
    /// A call of a tool without a limit.
    Decide,
    /// A call that is counted too.
    Count,
    /// A call that is refused, and not counted.
    Answer,
}

impl Phase {
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::Decide, Self::Count, Self::Answer];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Decide => "decide",
            Self::Count => "count",
            Self::Answer => "answer",
        }
    }

    fn message(self, size: usize) -> Vec<u8> {
        match self {
            Self::Read => samples::response(size),
            Self::Decide => samples::call(LISTED, size),
            Self::Count => samples::call(LIMITED, size),
            Self::Answer => samples::call(UNLISTED, size),
        }
    }
}

fn main() {
    let trial = env::var("QUICK").is_ok_and(|quick| !quick.is_empty());
    let mut criterion = Criterion::default()
        .configure_from_args()
        .output_directory(&measurements())
        .sample_size(if trial { 10 } else { 30 })
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(if trial { 200 } else { 1000 }));
    for tools in TOOLS {
        let mut floor = InWasmtime::empty();
        let mut hosts: [(&str, &mut dyn Host); 3] = [
            (NATIVE, &mut Native::new(tools)),
            (WASMTIME, &mut InWasmtime::new(tools)),
            (FLOOR, &mut floor),
        ];
        let sizes = if tools == FEW { &SIZES[..] } else { &[SMALL] };
        for (name, host) in &mut hosts {
            // The floor knows no policy.
            if *name == FLOOR && tools != FEW {
                continue;
            }
            for &size in sizes {
                measure(&mut criterion, name, *host, tools, size);
            }
        }
        measure_parsing(&mut criterion, tools);
    }
    criterion.final_summary();
    // What was measured for one question only is no table.
    if env::args().skip(1).any(|argument| argument != "--bench") {
        return;
    }
    let folder = root().join(if trial {
        "target/bench"
    } else {
        "host-tests/benches/results"
    });
    let table = report::markdown(&measurements());
    println!("{table}");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("engine.md"), table).expect("the table can be written");
    println!("written to {}", folder.display());
}

fn measure(criterion: &mut Criterion, name: &str, host: &mut dyn Host, tools: usize, size: usize) {
    let mut group = criterion.benchmark_group(group(name, tools, size));
    group
        .sampling_mode(SamplingMode::Flat)
        .throughput(Throughput::Bytes(size as u64));
    for phase in Phase::ALL {
        let message = phase.message(size);
        let forwarded = host.play(message.clone());
        assert!(
            name == FLOOR || forwarded == (phase != Phase::Answer),
            "{} on {name}",
            phase.name()
        );
        group.bench_function(BenchmarkId::from_parameter(phase.name()), |bencher| {
            bencher.iter_batched(
                || message.clone(),
                |message| host.play(message),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// Once a policy is loaded or reloaded, in each worker.
fn measure_parsing(criterion: &mut Criterion, tools: usize) {
    let text = hosts::policy(tools);
    let module = Module::new(&host_tests::wasm()).expect("a module");
    let mut group = criterion.benchmark_group(parsing(tools));
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.bench_function(NATIVE, |bencher| {
        bencher.iter(|| Policy::parse(text.as_bytes()).is_ok());
    });
    group.bench_function(WASMTIME, |bencher| {
        let started = || hosts::started(&module);
        bencher.iter_batched_ref(
            started,
            |vm| hosts::configure(vm, &text),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// The name under which criterion keeps the measurements of a policy's parsing.
pub(crate) fn parsing(tools: usize) -> String {
    format!("parse, {tools} tools")
}

/// The name under which criterion keeps the measurements of some messages.
pub(crate) fn group(host: &str, tools: usize, size: usize) -> String {
    format!("{host}, {tools} tools, {size} bytes")
}

fn measurements() -> PathBuf {
    root().join("target/criterion")
}
