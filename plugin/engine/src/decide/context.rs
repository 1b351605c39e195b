//! Turns the headers and the address of a request into what rules look at beside its message.
//!
//! It keeps only what some rule of the policy names, and of a header that could be read in two ways only that it could.

use super::principal::Principal;
use crate::model::Policy;
use crate::read::{Headers, SESSION};
use crate::words::state::{Lookup, StateKey, session};
use crate::words::under_way::RequestKey;
use crate::words::{Reason, Refusal};
use std::net::{IpAddr, SocketAddr};

/// Who sends a request, from where, and the headers that some rule names.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub(crate) caller: Principal,
    /// `None` where the host does not know it, or it is no IP address.
    pub(crate) peer: Option<IpAddr>,
    pub(crate) session: Session,
    /// The session as the request names it.
    named: Option<Box<str>>,
    headers: Vec<(Box<str>, Header)>,
}

/// The session that a request says it is of, as far as some limit counts by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// It is of none, or of one that no server was seen to issue.
    None,
    /// It says so; nobody has found yet whether a server did.
    Claimed(Box<str>),
    Issued(Box<str>),
    /// A server issued it to another caller.
    Foreign,
    /// Nobody can tell.
    Unclear,
}

/// What a header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    Absent,
    Once(Box<str>),
    /// It is given twice, or is not plain ASCII.
    Unclear,
}

impl Header {
    /// What it says, if anything; `None` where nobody can tell.
    pub(super) fn given(&self) -> Option<Option<&str>> {
        match self {
            Self::Absent => Some(None),
            Self::Once(value) => Some(Some(value)),
            Self::Unclear => None,
        }
    }
}

impl RequestContext {
    /// `peer` is the address as the host reports it, with or without a port.
    pub(crate) fn new(
        policy: &Policy,
        headers: &Headers,
        caller: Principal,
        peer: Option<&str>,
    ) -> Self {
        let value = |name: &str| match headers.single(name) {
            Ok(Some(value)) => Header::Once(value.into()),
            Ok(None) => Header::Absent,
            Err(_) => Header::Unclear,
        };
        let named = policy.needs.headers.iter();
        let remembers = policy.needs.sessions || policy.needs.ids;
        let session = remembers.then(|| session_of(headers)).flatten();
        Self {
            caller,
            peer: peer.and_then(address),
            session: session.map_or(Session::None, |id| Session::Claimed(id.into())),
            named: session.map(Into::into),
            headers: named.map(|name| (name.clone(), value(name))).collect(),
        }
    }

    /// What has to be found before the message is judged.
    pub(crate) fn topic(&self, policy: &Policy) -> Option<StateKey> {
        match &self.session {
            Session::Claimed(id) => Some(session(&self.caller.subject(), id, policy.needs.ids)),
            _ => None,
        }
    }

    /// Notes what was found.
    pub(crate) fn found(&mut self, found: &Lookup) {
        let claimed = std::mem::replace(&mut self.session, Session::Unclear);
        if let Session::Claimed(id) = claimed {
            self.session = Session::of(id, found);
        }
    }

    /// What is to be opened before the request with this id goes.
    pub(crate) fn request(&self, policy: &Policy, id: Option<&str>) -> Option<RequestKey> {
        let (session, id) = self.named.as_deref().filter(|_| policy.needs.ids).zip(id)?;
        let issued = matches!(self.session, Session::Issued(_));
        Some(RequestKey::new(&self.caller.subject(), session, id, issued))
    }

    /// A header that some rule of the policy names.
    pub(crate) fn header(&self, name: &str) -> &Header {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map_or(&Header::Unclear, |(_, value)| value)
    }
}

impl Session {
    /// Whose a session is that a request names.
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

    /// A session that a server issued to another caller is not the caller's, whatever it asks for.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let message = "This session was given to another caller. Begin one of your own: send `initialize` without a session.";
        (*self == Self::Foreign).then(|| Refusal {
            reason: Reason::Identity,
            rule: None,
            message: message.into(),
        })
    }
}

/// The session that a request without a message names, where callers are known and so are their sessions.
#[derive(Debug)]
pub(crate) struct Claim {
    caller: String,
    id: Box<str>,
    by_id: bool,
}

impl Claim {
    pub(crate) fn new(policy: &Policy, headers: &Headers, caller: &Principal) -> Option<Self> {
        let by_id = policy.needs.ids;
        let remembers = policy.knows_callers() && (by_id || policy.needs.sessions);
        let id = session_of(headers).filter(|_| remembers)?.into();
        let caller = caller.subject().into_owned();
        Some(Self { caller, id, by_id })
    }

    /// What has to be found.
    pub(crate) fn key(&self) -> StateKey {
        session(&self.caller, &self.id, self.by_id)
    }

    /// Whose it is.
    pub(crate) fn found(self, found: &Lookup) -> Session {
        Session::of(self.id, found)
    }
}

fn session_of(headers: &Headers) -> Option<&str> {
    headers.single(SESSION).ok().flatten()
}

/// An IPv4 address inside an IPv6 one is that IPv4 address.
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
    fn addresses_with_and_without_ports() {
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
