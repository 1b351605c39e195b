//! Approvals: the persons who may approve calls, and the place where they do.
//!
//! It approves nothing; `decide`, `store` and `exchange` do.

use super::caller::{Required, Source};
use super::options::HttpEndpoint;
use crate::words::Millis;
use crate::words::approval::{Approval, ApprovalId};
use crate::words::mac::Keys;

/// Who approves calls, and where.
#[derive(Debug)]
pub(crate) struct Approvals {
    /// The environment variables with the keys, the one for new codes first.
    pub(crate) key_names: Vec<Box<str>>,
    /// `None` until the host has supplied the keys. Without them no call is approved.
    pub(crate) keys: Option<Keys>,
    pub(crate) place: ApprovalPlace,
    /// The longest time that an answer is held back while a person decides.
    pub(crate) hold: Millis,
}

/// The place where approvals are kept and decided.
#[derive(Debug)]
pub(crate) enum ApprovalPlace {
    /// The host's state, and a page that the plugin serves.
    Page(Box<ApprovalPage>),
    /// A service of the operator's.
    Service(SignedEndpoint),
}

/// The page on which approvers decide.
#[derive(Debug)]
pub(crate) struct ApprovalPage {
    /// The address of the page, without a slash at its end.
    pub(crate) url: Box<str>,
    /// The path of that address.
    pub(crate) path: Box<str>,
    pub(crate) approvers: Vec<Approver>,
    /// The sources of what approvers require.
    pub(crate) sources: Vec<Source>,
    /// The server that is told of each new approval, such as a chat.
    pub(crate) notify: Option<SignedEndpoint>,
    /// The most pending approvals of one caller.
    pub(crate) pending: usize,
}

/// A server whose requests are signed.
#[derive(Debug)]
pub(crate) struct SignedEndpoint {
    pub(crate) to: HttpEndpoint,
    /// The environment variable with the key that signs each request.
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
    /// The page that the plugin serves.
    pub(crate) fn page(&self) -> Option<&ApprovalPage> {
        match &self.place {
            ApprovalPlace::Page(page) => Some(page),
            ApprovalPlace::Service(_) => None,
        }
    }

    /// The service that keeps approvals.
    pub(crate) fn service(&self) -> Option<&SignedEndpoint> {
        match &self.place {
            ApprovalPlace::Page(_) => None,
            ApprovalPlace::Service(service) => Some(service),
        }
    }

    /// The address of one approval.
    pub(crate) fn link(&self, approval: &Approval) -> String {
        match (&self.place, &approval.url) {
            (_, Some(url)) => url.clone(),
            (ApprovalPlace::Page(page), None) => page.link(approval.id),
            (ApprovalPlace::Service(_), None) => String::new(),
        }
    }

    /// The least and the largest `ttl`, in seconds.
    pub(crate) const TTLS: (u64, u64) = (30, 604_800);

    /// The `ttl` where the policy writes none.
    pub(crate) const TTL: Millis = Millis(900_000);

    /// The least and the largest `hold`, in seconds. Clients wait a minute for an answer.
    pub(crate) const HOLDS: (u64, u64) = (1, 55);

    /// The `hold` where the policy writes none.
    pub(crate) const HOLD: Millis = Millis(50_000);

    /// The `hold` where the policy writes none, and a service keeps approvals: the host learns from the caller's next
    /// round alone that a person has decided.
    pub(crate) const HOLD_OF_A_SERVICE: Millis = Millis(10_000);

    /// The least and the largest number of pending approvals of one caller.
    pub(crate) const PENDING: (u64, u64) = (1, 64);

    /// That number where the policy writes none.
    pub(crate) const MOST_PENDING: usize = 16;
}

impl ApprovalPage {
    /// The address of one approval.
    pub(crate) fn link(&self, id: ApprovalId) -> String {
        format!("{}/{id}", self.url)
    }
}
