//! Measures the engine natively, and the module in wasmtime, by the phases that a message goes through, by the size of
//! the message and by the number of tools in the policy; and counts instructions of the engine.
//!
//! It never asserts a time: it records measurements.

mod callgrind;
mod hosts;
mod phase;
mod report;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use host_tests::abi::Module;
use host_tests::root;
use hosts::{Host, InWasmtime, Native};
use mcp_policy::host::Policy;
use phase::{FEW, FLOOR, NATIVE, Phase, SIZES, SMALL, TOOLS, WASMTIME, group, parsing};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{env, fs};

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match &arguments[..] {
        [first, message @ ..] if first == callgrind::ARGUMENT => callgrind::play(message),
        _ => measure_all(&arguments),
    }
}

fn measure_all(arguments: &[String]) {
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
            // The plugin that does nothing has no policy, so it is measured once.
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
    // A run with a filter measures only a part, so it writes no table.
    if arguments.iter().any(|argument| argument != "--bench") {
        return;
    }
    let results = "host-tests/benches/results";
    write(&root().join(if trial { "target/bench" } else { results }));
}

fn write(folder: &Path) {
    let table = report::markdown(&measurements()) + &callgrind::markdown();
    println!("{table}");
    fs::create_dir_all(folder).expect("a folder");
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

/// Measures parsing, which each worker does once whenever a policy is loaded.
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

fn measurements() -> PathBuf {
    root().join("target/criterion")
}
