//! Makes random plans of answers: a scene, a place in it, and a few tricks.

use super::place::Place;
use super::plan::Plan;
use super::scene::{Request, SCENES};
use super::trick::{Trick, What, one};
use fastrand::Rng;
use host_tests::split::{Seam, Split};

/// The next plan.
pub(super) fn plan(rng: &mut Rng) -> Plan {
    let scene = one(rng, &SCENES);
    let stream = scene.request == Request::Get || rng.bool();
    Plan {
        scene,
        place: one(rng, &Place::of(scene.planted)),
        stream,
        named: rng.bool(),
        crlf: rng.u8(..4) == 0,
        spaced: rng.bool(),
        tricks: tricks(stream, rng),
        split: split(rng),
    }
}

/// Zero to four tricks, in the order of the layers.
fn tricks(stream: bool, rng: &mut Rng) -> Vec<Trick> {
    const COUNTS: [usize; 10] = [0, 1, 1, 1, 2, 2, 2, 3, 3, 4];
    let fitting: Vec<_> = What::ALL
        .into_iter()
        .filter(|what| stream || !what.is_of_streams())
        .collect();
    let mut tricks: Vec<_> = (0..one(rng, &COUNTS))
        .map(|_| Trick {
            what: one(rng, &fitting),
            seed: rng.u64(..),
        })
        .collect();
    tricks.sort();
    tricks
}

/// A random way to cut the body.
pub(super) fn split(rng: &mut Rng) -> Split {
    match rng.u8(..8) {
        0..4 => Split::Whole,
        4 => Split::At(rng.usize(1..2000)),
        5 => Split::Each(one(rng, &Seam::ALL)),
        6 => Split::Trailers,
        _ => Split::Bytes,
    }
}
