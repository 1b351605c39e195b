//! Approvals: the persons who may approve calls, and the place where they do.
//!
//! It approves nothing; `decide`, `store` and `exchange` do.

use super::caller::{Required, Source};
use super::options::HttpEndpoint;
use crate::words::Millis;
use crate::words::approval::ApprovalId;
use crate::words::mac::Keys;

/// Who approves calls, and where.
#[derive(Debug)]
pub(crate) struct Approvals {
    /// The environment variables with the keys, the one for new codes first.
    pub(crate) key_names: Vec<Box<str>>,
    /// `None` until the host has supplied the keys. Without them no call is approved.
    pub(crate) keys: Option<Keys>,
    /// The address of the page, without a slash at its end.
    pub(crate) url: Box<str>,
    /// The path of that address.
    pub(crate) path: Box<str>,
    pub(crate) approvers: Vec<Approver>,
    /// The sources of what approvers require.
    pub(crate) sources: Vec<Source>,
    /// The server that is told of each new approval.
    pub(crate) notify: Option<Notify>,
    /// The longest time that an answer is held back while a person decides.
    pub(crate) hold: Millis,
    /// The most pending approvals of one caller.
    pub(crate) pending: usize,
}

/// A server that is told of new approvals, such as a chat.
#[derive(Debug)]
pub(crate) struct Notify {
    pub(crate) to: HttpEndpoint,
    /// The environment variable with the key that signs what it is told.
    pub(crate) key_name: Box<str>,
    /// `None` until the host has supplied it. Without it nothing is sent.
    pub(crate) key: Option<Keys>,
}

/// Persons who may approve calls, and the facts that prove one.
#[derive(Debug)]
pub(crate) struct Approver {
    pub(crate) name: Box<str>,
    pub(crate) required: Vec<Required>,
}

impl Approvals {
    /// The address of one approval.
    pub(crate) fn link(&self, id: ApprovalId) -> String {
        format!("{}/{id}", self.url)
    }

    /// The least and the largest `ttl`, in seconds.
    pub(crate) const TTLS: (u64, u64) = (30, 604_800);

    /// The `ttl` where the policy writes none.
    pub(crate) const TTL: Millis = Millis(900_000);

    /// The least and the largest `hold`, in seconds. Clients wait a minute for an answer.
    pub(crate) const HOLDS: (u64, u64) = (1, 55);

    /// The `hold` where the policy writes none.
    pub(crate) const HOLD: Millis = Millis(50_000);

    /// The least and the largest number of pending approvals of one caller.
    pub(crate) const PENDING: (u64, u64) = (1, 64);

    /// That number where the policy writes none.
    pub(crate) const MOST_PENDING: usize = 16;
}
