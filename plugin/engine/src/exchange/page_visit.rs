//! A visit of the page of approvals: turns the approvals that it asked for into the page that its visitor may see.
//!
//! It asks for nothing and decides no approval.

use crate::answer::Reply;
use crate::approval::{Approving, Described, PageRefused, Want};
use crate::model::Approvals;
use crate::page;
use crate::page::{Action, Visit};
use crate::words::Millis;
use crate::words::approval::{Approval, ApprovalAnswer, Standing};

/// A request to the page.
#[derive(Debug)]
pub(crate) struct PageVisit {
    pub(super) want: Want,
    /// A verified token or certificate came with the request.
    pub(super) is_verified: bool,
    pub(super) visitor: Option<Approving>,
    pub(super) json: bool,
    pub(super) body: Vec<u8>,
    pub(super) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// The form is arriving.
    Body,
    /// The approvals are being read.
    Reading,
    /// The decision is being written.
    Deciding,
}

/// The answer to a visitor, before its headers.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) location: Option<String>,
}

const NOT_AN_APPROVER: PageRefused = (
    403,
    "You are signed in, and not as an approver. Ask the gateway's operator to list you under `approvals.approvers`.",
);

const NOBODY: PageRefused = (
    403,
    "Nobody is signed in: no token or certificate that the gateway verified came with this request. Sign in. If you did, the gateway's operator has to let the gateway verify it on this path.",
);

impl PageVisit {
    /// The form of the answer, and the approver who reads it.
    pub(super) fn reader(&self) -> (bool, Option<&Approving>) {
        (self.json, self.visitor.as_ref())
    }

    /// The refusal of a visitor who is no approver.
    pub(super) fn stranger(&self) -> PageRefused {
        match self.is_verified {
            true => NOT_AN_APPROVER,
            false => NOBODY,
        }
    }
}

pub(super) const UNAVAILABLE: PageRefused = (
    503,
    "The gateway cannot read its approvals right now. Try again later.",
);

/// The approval that was asked for.
pub(super) fn first(answer: &ApprovalAnswer) -> Result<&Approval, PageRefused> {
    match answer {
        ApprovalAnswer::Found(found) => found.first().ok_or(UNAVAILABLE),
        ApprovalAnswer::NotDone => Err((
            404,
            "There is no such approval: it may be long over, or the gateway was restarted.",
        )),
        _ => Err(UNAVAILABLE),
    }
}

/// Whether the visitor may decide the approval.
pub(super) fn may_decide(approval: &Approval, visitor: &Approving) -> Result<(), PageRefused> {
    let Some(described) = Described::of(approval) else {
        return Err((
            409,
            "The gateway has lost the description of this call, so nobody can approve it. The caller has to ask again.",
        ));
    };
    if !described.names_one_of(&visitor.names) {
        return Err((403, "The rule that asked names other approvers."));
    }
    if described.has_party_of(&visitor.parties) {
        return Err((
            403,
            "This call is your own, so another person has to decide it.",
        ));
    }
    match approval.standing {
        Standing::Pending => Ok(()),
        _ => Err((
            409,
            "This approval is decided already, or its time is over.",
        )),
    }
}

pub(super) fn listed(
    visit: &PageVisit,
    approvals: &Approvals,
    answer: &ApprovalAnswer,
    now: Millis,
) -> Result<String, PageRefused> {
    let ApprovalAnswer::Found(found) = answer else {
        return Err(UNAVAILABLE);
    };
    let described: Vec<_> = found.iter().filter_map(Described::of).collect();
    let summaries: Vec<_> = described.iter().map(Described::summary).collect();
    Ok(match visit.json {
        true => page::list_json(&summaries),
        false => page::list(&page_visit(visit, approvals, now), &summaries),
    })
}

pub(super) fn shown(
    visit: &PageVisit,
    approvals: &Approvals,
    answer: &ApprovalAnswer,
    now: Millis,
) -> Result<String, PageRefused> {
    let approval = first(answer)?;
    let Some(visitor) = &visit.visitor else {
        return Ok(match visit.json {
            true => page::status_json(approval.standing),
            false => page::status(approval.standing),
        });
    };
    let described = Described::of(approval);
    let described = described.ok_or((409, "The gateway has lost the description of this call."))?;
    let others = match answer {
        ApprovalAnswer::Found(found) => found.get(1..).unwrap_or_default(),
        _ => &[],
    };
    let others: Vec<_> = others.iter().filter_map(Described::of).collect();
    let others: Vec<_> = others.iter().map(Described::summary).collect();
    let keys = approvals.keys.as_ref().ok_or(UNAVAILABLE)?;
    let token = visitor.token(approval.id, keys);
    let action = match may_decide(approval, visitor) {
        Ok(()) => Action::Decide { csrf: &token },
        Err((_, sentence)) => Action::Cannot(sentence),
    };
    Ok(described.with(&others, |detail| match visit.json {
        true => page::detail_json(detail, Some(&action)),
        false => page::detail(&page_visit(visit, approvals, now), detail, &action),
    }))
}

fn page_visit<'v>(visit: &'v PageVisit, approvals: &'v Approvals, now: Millis) -> Visit<'v> {
    let visitor = visit.visitor.as_ref();
    Visit {
        path: approvals.page().map(|page| &*page.path).unwrap_or_default(),
        approver: visitor.map(|visitor| &*visitor.label).unwrap_or_default(),
        now,
    }
}

/// The reply with the headers that keep other pages and caches out.
pub(super) fn reply(json: bool, answer: Answer) -> Reply {
    let kind = match json {
        true => "application/json",
        false => "text/html; charset=utf-8",
    };
    let mut headers = vec![
        ("content-type", kind.into()),
        ("cache-control", "no-store".into()),
        (
            "content-security-policy",
            page::CONTENT_SECURITY_POLICY.into(),
        ),
        ("x-frame-options", "DENY".into()),
        ("x-content-type-options", "nosniff".into()),
        ("referrer-policy", "same-origin".into()),
        ("cross-origin-resource-policy", "same-origin".into()),
        ("vary", "accept, cookie".into()),
    ];
    if let Some(location) = answer.location {
        headers.push(("location", location.into()));
    }
    if answer.status == 405 {
        headers.push(("allow", "GET, POST".into()));
    }
    Reply {
        status: answer.status,
        headers,
        body: answer.body.into_bytes(),
        hold: None,
    }
}
