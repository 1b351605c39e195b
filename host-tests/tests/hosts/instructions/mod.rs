//! Counts the WebAssembly instructions of each kind of exchange, by callback, and compares them with the committed
//! table.

mod count;
mod table;

use count::{Counted, count};
use host_tests::abi::Module;
use host_tests::samples::{FEW_CALLERS, MANY_CALLERS, workloads};
use host_tests::say::say;
use host_tests::{other_module, root, wasm};
use std::fs;

/// A thousand times as many grants cost a call at most a tenth more.
fn flat_in_callers(counted: &[Counted]) {
    let all = |name: &str| {
        let row = counted.iter().find(|row| row.name == name);
        row.map_or(0, |row| row.phases.iter().sum::<u64>())
    };
    let (few, many) = (all(FEW_CALLERS), all(MANY_CALLERS));
    assert!(few > 0 && many * 10 <= few * 11, "{few} and {many}");
}

/// The committed figures.
const TABLE: &str = "host-tests/benches/results/instructions.md";

#[test]
fn exchange_takes_no_more_instructions_than_the_table_says() {
    let module = Module::counted(&wasm()).expect("the plugin is a module");
    let counted: Vec<Counted> = workloads()
        .iter()
        .map(|workload| count(&module, workload))
        .collect();
    flat_in_callers(&counted);
    let path = root().join(TABLE);
    let now = table::written(&counted);
    if other_module().is_some() {
        return say(&format!("\n{now}"));
    }
    if std::env::var_os("BLESS").is_some() {
        return fs::write(path, now).expect("the table can be written");
    }
    let committed = table::read(&fs::read_to_string(&path).unwrap_or_default());
    let grown = table::grown(&committed, &counted);
    assert!(
        grown.is_empty(),
        "\n{grown}\n{now}\nWhere the growth is worth it, `BLESS=1` writes {TABLE} anew: commit it with its cause"
    );
}
