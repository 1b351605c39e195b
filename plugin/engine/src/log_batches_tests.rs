//! Tests that each line is taken, or counted as lost, exactly once.

use super::*;

/// The lines that a collector has, and the lost ones that it was told of.
#[derive(Debug, Default, PartialEq)]
struct Told {
    lines: u64,
    lost: u64,
}

impl Told {
    fn take(&mut self, text: &str) {
        for line in text.lines() {
            match line.split("\"lost\":").nth(1) {
                Some(lost) => {
                    let lost: u64 = lost.trim_end_matches('}').parse().unwrap();
                    self.lost = self.lost.saturating_add(lost);
                }
                None => self.lines = self.lines.saturating_add(1),
            }
        }
    }
}

fn pushed(lines: usize) -> LogBatches<u32> {
    let mut batches = LogBatches::default();
    (0..lines).for_each(|_| batches.push("{}"));
    batches
}

/// Sends all that may be sent, to a collector that takes it or not.
fn play(batches: &mut LogBatches<u32>, told: &mut Told, takes: bool) {
    while let Some(batch) = batches.take(Millis(0), false) {
        if takes {
            told.take(batch.text());
        }
        batches.sent(1, batch);
        batches.answered(1, takes);
        if !takes {
            return;
        }
    }
}

#[test]
fn batch_is_full_with_its_lines_or_bytes() {
    assert_eq!(pushed(0).due(), Due::Never);
    assert_eq!(pushed(255).due(), Due::Later);
    assert_eq!(pushed(256).due(), Due::Now);
    let mut batches = LogBatches::<u32>::default();
    batches.push(&"a".repeat(BATCH_BYTES));
    assert_eq!(batches.due(), Due::Now);
    batches.push("b");
    assert!(batches.take(Millis(0), true).is_some());
    assert!(
        batches.take(Millis(0), true).is_none(),
        "the rest is not full"
    );
    assert!(batches.take(Millis(0), false).is_some());
}

#[test]
fn two_calls_at_most_are_under_way() {
    let mut batches = pushed(1024);
    for call in [1, 2] {
        let batch = batches.take(Millis(0), false).unwrap();
        batches.sent(call, batch);
    }
    assert!(batches.take(Millis(0), false).is_none());
    assert_eq!(batches.due(), Due::Later);
    assert_eq!(batches.answered(1, true), Turn::Same);
    assert_eq!(batches.due(), Due::Now);
    assert!(batches.take(Millis(0), true).is_some());
}

#[test]
fn failed_batch_is_sent_once_more_and_then_counted_as_lost() {
    let (mut batches, mut told) = (pushed(10), Told::default());
    play(&mut batches, &mut told, false);
    assert_eq!(batches.due(), Due::Later, "it waits for its second call");
    play(&mut batches, &mut told, true);
    assert_eq!(told, Told { lines: 10, lost: 0 });
    (0..10).for_each(|_| batches.push("{}"));
    play(&mut batches, &mut told, false);
    play(&mut batches, &mut told, false);
    assert_eq!(batches.due(), Due::Never, "the lines are lost");
    batches.push("{}");
    let batch = batches.take(Millis(0), false).unwrap();
    let first = batch.text().lines().next().unwrap();
    let expected = r#"{"v":1,"event":"lost","time":"1970-01-01T00:00:00.000Z","lost":10}"#;
    assert_eq!(first, expected);
}

#[test]
fn lost_report_of_a_lost_batch_is_counted_again() {
    let (mut batches, mut told) = (pushed(3), Told::default());
    for _ in 0..3 {
        play(&mut batches, &mut told, false);
        play(&mut batches, &mut told, false);
        batches.push("{}");
    }
    play(&mut batches, &mut told, true);
    assert_eq!(told, Told { lines: 1, lost: 5 });
    assert_eq!(batches.newly_lost(), 5, "a report is no lost line");
    assert_eq!(batches.newly_lost(), 0);
}

#[test]
fn line_beyond_a_mebibyte_is_counted_as_lost() {
    let mut batches = LogBatches::<u32>::default();
    let line = "a".repeat(1023);
    (0..1030).for_each(|_| batches.push(&line));
    assert_eq!((batches.bytes, batches.lost), (MOST_BYTES, 6));
    assert_eq!((batches.newly_lost(), batches.lines()), (6, 1024));
    let mut told = Told::default();
    play(&mut batches, &mut told, true);
    assert_eq!(
        told,
        Told {
            lines: 1024,
            lost: 6
        }
    );
    assert_eq!(batches.bytes, 0);
}

#[test]
fn change_between_failure_and_success_is_told_once() {
    let mut batches = pushed(1);
    let batch = batches.take(Millis(0), false).unwrap();
    assert_eq!(batches.failed(batch), Turn::Fails);
    let batch = batches.take(Millis(0), false).unwrap();
    assert_eq!(batches.failed(batch), Turn::Same);
    batches.push("{}");
    let batch = batches.take(Millis(0), false).unwrap();
    batches.sent(1, batch);
    assert_eq!(batches.answered(1, true), Turn::Works);
    assert_eq!(batches.answered(1, true), Turn::Same, "an unknown call");
}

#[test]
fn adopted_lines_are_sent_and_those_without_room_are_lost() {
    let mut old = pushed(300);
    let batch = old.take(Millis(0), false).unwrap();
    old.sent(1, batch);
    let (mut heir, mut told) = (pushed(7), Told::default());
    heir.adopt(old);
    assert_eq!(heir.unsent(), 307);
    play(&mut heir, &mut told, true);
    assert_eq!(
        (told, heir.unsent()),
        (
            Told {
                lines: 307,
                lost: 0
            },
            0
        )
    );
    let line = "a".repeat(1023);
    let full = || {
        let mut full = LogBatches::<u32>::default();
        (0..1024).for_each(|_| full.push(&line));
        full
    };
    let (mut heir, mut told) = (full(), Told::default());
    heir.adopt(full());
    assert_eq!(heir.newly_lost(), 1024);
    play(&mut heir, &mut told, true);
    assert_eq!(
        told,
        Told {
            lines: 1024,
            lost: 1024
        }
    );
}
