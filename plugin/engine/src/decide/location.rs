//! Tests whether paths, URLs and addresses of a call are among those that the policy writes.
//!
//! It follows no link, redirect or name: it compares texts.

use super::equality::COMPARE;
use super::lookup::string;
use super::operand::{Operand, read};
use crate::words::Truth;
use crate::words::json::Kind;
use crate::words::locator::{Host, Network, Roots, Url, address};
use crate::words::work::Budget;
use std::borrow::Cow;

/// The steps that it takes to compare a path with a root, and a host with one of a list, beside those for their bytes.
const ROOT: usize = 40;
const HOST: usize = 28;

/// The steps that it takes to read an address.
const ADDRESS: usize = 192;

/// A path, or a list of paths. An empty list is unknown: some servers read it as everything.
pub(super) fn within(operand: &Operand<'_>, roots: &Roots, budget: &Budget) -> Truth {
    let hold = |path: Option<Cow<'_, str>>| {
        // Each character is read a few times, and the first names once more for each root.
        let path = path.filter(|path| read(path, 10, budget).is_some())?;
        let bytes = |root: &str| root.len().min(path.len()).saturating_mul(6);
        let roots_steps = roots
            .roots
            .iter()
            .map(|root| bytes(root).saturating_add(ROOT));
        budget
            .take(roots_steps.fold(0, usize::saturating_add))
            .ok()?;
        Some(roots.contains(&path))
    };
    let hold = |path| hold(path).unwrap_or(Truth::Unknown);
    match operand {
        Operand::Json(list) if list.kind() == Kind::Array && list.elements().next().is_some() => {
            Truth::all(list.elements().map(|path| hold(string(path, budget))))
        }
        operand => hold(operand.text(budget)),
    }
}

pub(super) fn host_in(operand: &Operand<'_>, hosts: &[Host], budget: &Budget) -> Truth {
    let text = operand.text(budget);
    let text = text.filter(|text| read(text, 6, budget).is_some());
    match text.as_deref().and_then(Url::read) {
        Some(url) => Truth::any(hosts.iter().map(|host| {
            let steps = host
                .common_bytes(&url)
                .saturating_mul(8)
                .saturating_add(HOST);
            match budget.take(steps) {
                Ok(()) => host.holds(&url),
                Err(_) => Truth::Unknown,
            }
        })),
        None => Truth::Unknown,
    }
}

pub(super) fn cidr(operand: &Operand<'_>, networks: &[Network], budget: &Budget) -> Truth {
    let text = operand.text(budget);
    let text = text.filter(|_| budget.take(ADDRESS).is_ok());
    let paid = budget.take(networks.len().saturating_mul(COMPARE)).is_ok();
    match text.as_deref().filter(|_| paid).and_then(address) {
        Some(address) => Truth::any(networks.iter().map(|network| network.holds(address))),
        None => Truth::Unknown,
    }
}
