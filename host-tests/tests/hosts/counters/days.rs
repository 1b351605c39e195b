//! Tests a flood of new callers over days: the counts of others, the shared data, and the work of a call.
//!
//! It never measures time: it counts operations on the shared data.

use super::gateway::{DAY, Gateway, MINUTE, START, user};
use host_tests::cells::{Counted, Work};
use host_tests::gateway::InMemoryCells;

const MONTHLY: u32 = 5;
const DAILY: u32 = 100;
const EACH_MINUTE: u32 = 10;
const SLOTS: usize = 16_384;

/// A call of `run` has two limits, one of `search` has one.
const POLICY: &str = r#"{ "version": "1", "default": "deny",
    "identity": { "from": [ { "header": "x-user", "set_by_gateway": true } ] },
    "tools": {
        "run": { "limits": [
            { "counter": "minute", "window": "minute", "max": 10 },
            { "counter": "day", "window": "day", "max": 100 } ] },
        "search": { "limits": [ { "counter": "month", "window": "month", "max": 5 } ] } },
    "host": { "slots": 16384 } }"#;

/// The most work of a call of `run`. Each of its limits is charged in the table and in the overflow; if the second one is
/// full, the first one is given back. A cell has at most sixteen counts and as many marks.
const MOST: Work = Work {
    reads: 6,
    swaps: 4,
    bytes: 10 * (16 + 16 * 16 + 16 * 32),
    lost: 0,
};

/// What was seen on one day.
struct Day {
    /// The calls of the regular caller that were admitted, by minute, in those minutes that have any.
    minutes: Vec<u32>,
    /// The work of the new callers' calls.
    work: Work,
    /// The most work of one of them, by kind of work.
    most: Work,
    /// The bytes of shared data at its end.
    bytes: usize,
}

struct Crowd(Gateway<Counted<InMemoryCells>>);

impl Crowd {
    fn new() -> Self {
        let cells = Counted::new(InMemoryCells::default());
        Self(Gateway::on(cells, POLICY))
    }

    /// Counts the calls that pass, of so many.
    fn searches(&mut self, name: &str, calls: u32, now: u64) -> u32 {
        let passes = |_: &u32| self.0.call(user(name), "search", now);
        u32::try_from((0..calls).filter(passes).count()).expect("few")
    }

    /// A day on which so many callers call that never called before, and the regular one more often than allowed.
    fn day(&mut self, number: u64, strangers: u64) -> Day {
        let mut minutes = vec![0; 1440];
        let (mut work, mut most) = <(Work, Work)>::default();
        for stranger in 0..strangers {
            let into = stranger * DAY / strangers;
            let now = START + number * DAY + into;
            let begin = self.work();
            let name = format!("stranger-{number}-{stranger}");
            self.0.call(user(&name), "run", now);
            let one = self.work().since(begin);
            (work, most) = (work.and(one), most.most(one));
            if stranger % 5 == 0 && self.0.call(user("regular"), "run", now) {
                minutes[(into / MINUTE) as usize] += 1;
            }
            if stranger % 1000 == 0 {
                assert_eq!(self.searches("spent", 1, now), 0, "on day {number}");
            }
        }
        minutes.retain(|admitted| *admitted > 0);
        let bytes = self.0.0.cells.cells.bytes();
        Day {
            minutes,
            work,
            most,
            bytes,
        }
    }

    fn work(&self) -> Work {
        self.0.0.cells.work
    }

    fn keys(&self) -> usize {
        self.0.0.cells.cells.keys()
    }
}

/// Callers with counts before the flood keep them: one has used its month up, one has two calls left.
fn flood(days: u64, strangers: u64) {
    let mut crowd = Crowd::new();
    let keys = crowd.keys();
    assert_eq!(crowd.searches("spent", MONTHLY + 3, START), MONTHLY);
    assert_eq!(crowd.searches("sparing", 3, START), 3);
    let seen: Vec<_> = (0..days).map(|day| crowd.day(day, strangers)).collect();
    assert_eq!(crowd.keys(), keys, "no key is made while counting");
    seen.iter().for_each(Day::check);
    check_work(&seen);
    let end = START + days * DAY - 1;
    assert_eq!(crowd.searches("sparing", MONTHLY, end), 2);
    assert_eq!(crowd.searches("spent", MONTHLY, end), 0);
    let next_month = START + 31 * DAY;
    assert_eq!(crowd.searches("spent", MONTHLY + 3, next_month), MONTHLY);
}

impl Day {
    fn check(&self) {
        let whole = (DAILY / EACH_MINUTE) as usize;
        assert_eq!(
            self.minutes,
            vec![EACH_MINUTE; whole],
            "the regular caller has its quota, and no more"
        );
        let bound = SLOTS * 40 + 1024 * 1024;
        let bytes = self.bytes;
        assert!(bytes < bound, "{bytes} bytes, more than {bound}");
        let most = self.most;
        assert_eq!(most.most(MOST), MOST, "the work of one call: {most:?}");
    }
}

/// The first day begins with an empty table. Days vary a little, with the cells that happen to fill early.
fn check_work(days: &[Day]) {
    let [_, second, .., last] = days else {
        panic!("{} days", days.len())
    };
    let (second, last) = (second.work, last.work);
    println!("the second day: {second:?}\nthe last day: {last:?}");
    let counts = |work: Work| [work.reads, work.swaps, work.bytes];
    for (last, second) in counts(last).into_iter().zip(counts(second)) {
        let near = second + second / 20;
        assert!(last <= near, "{last} on the last day, {second} before");
    }
}

#[test]
fn flood_of_callers_over_days_grows_nothing_and_resets_no_count() {
    flood(3, 100_000);
}

#[test]
#[ignore = "the long form: `make soak`"]
fn flood_of_ten_million_callers_grows_nothing_and_resets_no_count() {
    flood(30, 333_334);
}
