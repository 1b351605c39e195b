//! Turns counts into plots in SVG: decisions over time, and bars of allowed and refused.
//!
//! It never holds a script, and its colours are those of the page.

use super::timeline::{Decisions, Timeline};
use crate::sanitize::line;
use maud::{Markup, html as template};

/// The width and the height of a plot, and the height of a bar with its name.
const WIDTH: u64 = 960;
const HEIGHT: u64 = 180;
const BAR: u64 = 26;
/// The width of the names of bars, and of their counts.
const NAMES: u64 = 320;
const COUNTS: u64 = 110;
/// The most characters of a name.
const NAME: usize = 36;

/// The decisions over time, those that were refused above those that were allowed.
pub(super) fn over_time(timeline: &Timeline) -> Markup {
    let ends = (
        timeline.counts.keys().next(),
        timeline.counts.keys().next_back(),
    );
    let (Some(first), Some(last)) = ends else {
        return template! {};
    };
    let most = timeline.counts.values().map(|counts| counts.all()).max();
    let most = most.unwrap_or_default().max(1);
    let spans = u64::try_from(last.saturating_sub(*first))
        .unwrap_or_default()
        .saturating_add(1);
    let place = |number: i64| u64::try_from(number.saturating_sub(*first)).unwrap_or_default();
    let (from, to) = (
        timeline.start(*first),
        timeline.start(last.saturating_add(1)),
    );
    let height = HEIGHT.saturating_add(BAR);
    template! {
        svg role="img" aria-label="Decisions over time" viewBox=(format!("0 0 {WIDTH} {height}")) {
            @for (number, counts) in &timeline.counts {
                (column(place(*number), spans, *counts, most, &timeline.start(*number).minutes()))
            }
            text x="0" y=(height.saturating_sub(8)) { (from.minutes()) }
            text x=(WIDTH) y=(height.saturating_sub(8)) text-anchor="end" { (to.minutes()) }
            text x=(WIDTH.div_euclid(2)) y=(height.saturating_sub(8)) text-anchor="middle" { "at most " (most) " in " (length(timeline.span)) }
        }
    }
}

/// The length of a span in words.
fn length(millis: i64) -> String {
    let minutes = millis.div_euclid(60_000);
    match (minutes.rem_euclid(1_440), minutes.rem_euclid(60)) {
        (0, _) => format!("{} d", minutes.div_euclid(1_440)),
        (_, 0) => format!("{} h", minutes.div_euclid(60)),
        _ => format!("{minutes} min"),
    }
}

fn column(place: u64, spans: u64, counts: Decisions, most: u64, time: &str) -> Markup {
    let left = scaled(place, spans, WIDTH);
    let right = scaled(place.saturating_add(1), spans, WIDTH);
    let gap = u64::from(right.saturating_sub(left) > 3);
    let width = right.saturating_sub(left).saturating_sub(gap).max(1);
    let all = scaled(counts.all(), most, HEIGHT);
    let allowed = scaled(counts.allowed, most, HEIGHT);
    template! {
        g {
            title { (time) ": " (counts.allowed) " allowed, " (counts.refused) " refused" }
            rect class="allowed" x=(left) width=(width) y=(HEIGHT.saturating_sub(allowed)) height=(allowed) {}
            rect class="refused" x=(left) width=(width) y=(HEIGHT.saturating_sub(all)) height=(all.saturating_sub(allowed)) {}
        }
    }
}

/// Bars with names, in the order of the list.
pub(super) fn bars(label: &str, bars: &[(String, Decisions)]) -> Markup {
    let most = bars.iter().map(|(_, counts)| counts.all()).max();
    let most = most.unwrap_or_default().max(1);
    let rows = u64::try_from(bars.len()).unwrap_or_default();
    let height = rows.saturating_mul(BAR);
    template! {
        svg role="img" aria-label=(label) viewBox=(format!("0 0 {WIDTH} {height}")) {
            @for (place, (name, counts)) in (0_u64..).zip(bars) {
                (bar(place.saturating_mul(BAR), name, *counts, most))
            }
        }
    }
}

fn bar(top: u64, name: &str, counts: Decisions, most: u64) -> Markup {
    let room = WIDTH.saturating_sub(NAMES).saturating_sub(COUNTS);
    let allowed = scaled(counts.allowed, most, room);
    let all = scaled(counts.all(), most, room);
    let base = top.saturating_add(17);
    let height = BAR.saturating_sub(6);
    template! {
        g {
            title { (line(name, 256)) ": " (counts.allowed) " allowed, " (counts.refused) " refused" }
            text x="0" y=(base) { (line(name, NAME)) }
            rect class="allowed" x=(NAMES) width=(allowed) y=(top) height=(height) {}
            rect class="refused" x=(NAMES.saturating_add(allowed)) width=(all.saturating_sub(allowed)) y=(top) height=(height) {}
            text x=(NAMES.saturating_add(all).saturating_add(6)) y=(base) { (counts.all()) }
        }
    }
}

/// A part of a whole as a length; what is not zero is seen.
fn scaled(part: u64, whole: u64, length: u64) -> u64 {
    let wide = u128::from(part)
        .saturating_mul(length.into())
        .div_ceil(u128::from(whole.max(1)));
    u64::try_from(wide).unwrap_or(length).min(length)
}
