//! Turns the caller, the address and the session of a request into the context in which its message is judged.
//!
//! It believes no session of a client: only the store knows to whom a server issued it.

use super::caller::Caller;
use super::operand::Operand;
use crate::model::Policy;
use crate::read::{Headers, SESSION};
use crate::words::state::{Lookup, StateKey, session};
use crate::words::text::length_prefixed;
use crate::words::under_way::RequestKey;
use crate::words::{Reason, Refusal};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The caller of a request, its address and its session.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub(crate) caller: Arc<Caller>,
    /// `None` where the host does not know the address, or it is not an IP address.
    pub(crate) peer: Option<IpAddr>,
    pub(crate) session: Session,
    /// The session as the request names it.
    named: Option<Box<str>>,
    /// The request names no session, or sessions are remembered.
    is_certain: bool,
}

/// The session that a request names. It is read only if some limit counts by it or ids are remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// No session, or one that no server was seen to issue.
    None,
    /// The request names it; its owner is not looked up yet.
    Claimed(Box<str>),
    Issued(Box<str>),
    /// A server issued it to another caller.
    Foreign,
    /// The lookup failed: its owner is unknown.
    Unclear,
}

impl RequestContext {
    /// `peer` is the address as the host reports it, with or without a port.
    pub(crate) fn new(
        policy: &Policy,
        headers: &Headers,
        caller: Arc<Caller>,
        peer: Option<&str>,
    ) -> Self {
        let remembers = policy.needs.sessions || policy.needs.ids;
        let session = remembers.then(|| session_of(headers)).flatten();
        Self {
            caller,
            peer: peer.and_then(address),
            session: session.map_or(Session::None, |id| Session::Claimed(id.into())),
            named: session.map(Into::into),
            is_certain: remembers || !policy.audit.facts.is_empty() && !headers.has(SESSION),
        }
    }

    /// The key to look up before the message is judged; `None` where the session is known, or none is named.
    pub(crate) fn session_key(&self, policy: &Policy) -> Option<StateKey> {
        match &self.session {
            Session::Claimed(id) => Some(session(
                &self.caller.server.part(),
                &self.caller.principal.subject(),
                id,
                policy.needs.ids,
            )),
            _ => None,
        }
    }

    /// The session that a server issued to the caller, as a text that no other session has.
    pub(crate) fn issued_session(&self) -> Option<String> {
        let Session::Issued(id) = &self.session else {
            return None;
        };
        let caller = length_prefixed(&self.caller.principal.subject());
        Some(["session ", &caller, &self.caller.server.part(), id].concat())
    }

    /// The session as rules see it: absent where the call counts for the grant. Whether a server issued a session is known
    /// only where rules remember sessions.
    pub(super) fn recorded_session(&self) -> Operand<'_> {
        match (self.issued_session(), &self.session) {
            (Some(issued), _) => Operand::Text(issued.into()),
            (None, Session::None) if self.is_certain => Operand::Missing,
            _ => Operand::Unknown,
        }
    }

    /// Records the result of that lookup.
    pub(crate) fn found(&mut self, found: &Lookup) {
        let claimed = std::mem::replace(&mut self.session, Session::Unclear);
        if let Session::Claimed(id) = claimed {
            self.session = Session::of(id, found);
        }
    }

    /// The key to open before the request with this id is forwarded.
    pub(crate) fn request(&self, policy: &Policy, id: Option<&str>) -> Option<RequestKey> {
        let (session, id) = self.named.as_deref().filter(|_| policy.needs.ids).zip(id)?;
        let issued = matches!(self.session, Session::Issued(_));
        Some(RequestKey::new(
            &self.caller.server.part(),
            &self.caller.principal.subject(),
            session,
            id,
            issued,
        ))
    }
}

impl Session {
    /// The session that a request names, by the result of its lookup.
    fn of(id: Box<str>, found: &Lookup) -> Self {
        let Lookup::Found(values) = found else {
            return Self::Unclear;
        };
        match &values[..] {
            [Some(value)] if value.is_empty() => Self::Issued(id),
            [Some(_)] => Self::Foreign,
            [None] => Self::None,
            _ => Self::Unclear,
        }
    }

    /// The refusal of a session that a server issued to another caller.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let message = "This session belongs to another caller. Start your own: send `initialize` without a session id.";
        (*self == Self::Foreign).then(|| Refusal {
            reason: Reason::Identity,
            rule: None,
            message: message.into(),
        })
    }
}

/// The session that a request without a message names, where callers are known and sessions are remembered.
#[derive(Debug)]
pub(crate) struct Claim {
    server: String,
    caller: String,
    id: Box<str>,
    by_id: bool,
}

impl Claim {
    pub(crate) fn new(policy: &Policy, headers: &Headers, caller: &Caller) -> Option<Self> {
        let by_id = policy.needs.ids;
        let remembers = policy.knows_callers() && (by_id || policy.needs.sessions);
        let id = session_of(headers).filter(|_| remembers)?.into();
        Some(Self {
            server: caller.server.part(),
            caller: caller.principal.subject().into_owned(),
            id,
            by_id,
        })
    }

    /// The key to look up.
    pub(crate) fn key(&self) -> StateKey {
        session(&self.server, &self.caller, &self.id, self.by_id)
    }

    /// The session, by the result of the lookup.
    pub(crate) fn found(self, found: &Lookup) -> Session {
        Session::of(self.id, found)
    }
}

fn session_of(headers: &Headers) -> Option<&str> {
    headers.single(SESSION).ok().flatten()
}

/// The address of the text, with or without a port. An IPv4 address mapped to IPv6 is the IPv4 address.
fn address(peer: &str) -> Option<IpAddr> {
    let address = peer
        .parse::<SocketAddr>()
        .map(|socket| socket.ip())
        .or_else(|_| peer.parse())
        .ok()?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn peer_address_with_or_without_a_port_is_read() {
        for (text, expected) in [
            ("192.0.2.1:443", Some("192.0.2.1")),
            ("192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]:443", Some("192.0.2.1")),
            ("[2001:db8::4]:443", Some("2001:db8::4")),
            ("2001:db8::4", Some("2001:db8::4")),
            ("@unix", None),
            ("", None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(address(text), expected, "{text}");
        }
    }
}
