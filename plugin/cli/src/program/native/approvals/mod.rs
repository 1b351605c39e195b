//! `approvals`: asks a gateway for the calls that wait for a person, and hands over a person's decision.
//!
//! It never decides by itself: a person types the name of the tool, or gives `--yes`.

mod ask;
mod call;
mod decide;
mod gateway;

pub(in crate::program) use ask::approvals;
