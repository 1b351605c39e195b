//! Measures the counts at scale: the time of a call and the bytes of the shared data by the number of callers seen, and
//! the calls a second of several threads.
//!
//! It never asserts a time: it records measurements.

mod callers;
mod curves;
mod gateway;
mod plan;
mod plots;
mod report;
mod results;
mod threads;

use host_tests::interference::Interference;
use plan::Plan;
use results::Results;
use std::fs;

fn main() {
    let plan = Plan::new();
    let results = measure(&plan);
    let table = report::markdown(&plan, &results);
    println!("{table}");
    let folder = plan.folder();
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("counters.md"), table).expect("the table can be written");
    plots::draw(&folder, &results);
    println!("written to {}", folder.display());
}

fn measure(plan: &Plan) -> Results {
    let others = Interference::begin(&[]);
    Results {
        seen: callers::measure(plan),
        rates: threads::measure(plan),
        others: others.end(&[]),
    }
}
