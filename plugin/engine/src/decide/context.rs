//! Turns the headers and the address of a request into what rules look at beside its message.
//!
//! It keeps only what some rule of the policy names, and of a header that could be read in two ways only that it could.

use super::principal::Principal;
use crate::model::Policy;
use crate::read::{Headers, SESSION};
use crate::words::state::{Lookup, StateKey, session};
use std::net::{IpAddr, SocketAddr};

/// Who sends a request, from where, and the headers that some rule names.
#[derive(Debug)]
pub(crate) struct RequestContext {
    pub(crate) caller: Principal,
    /// `None` where the host does not know it, or it is no IP address.
    pub(crate) peer: Option<IpAddr>,
    pub(crate) session: Session,
    headers: Vec<(Box<str>, Header)>,
}

/// The session that a request says it is of, as far as some limit counts by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Session {
    /// It is of none, or of one that no server issued to the caller.
    None,
    /// It says so; nobody has found yet whether a server did.
    Claimed(Box<str>),
    Issued(Box<str>),
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
        let session = match policy.needs.sessions {
            true => headers.single(SESSION).ok().flatten(),
            false => None,
        };
        Self {
            caller,
            peer: peer.and_then(address),
            session: session.map_or(Session::None, |id| Session::Claimed(id.into())),
            headers: named.map(|name| (name.clone(), value(name))).collect(),
        }
    }

    /// What has to be found before the message is judged.
    pub(crate) fn topic(&self) -> Option<StateKey> {
        match &self.session {
            Session::Claimed(id) => Some(session(&self.caller.subject(), id)),
            _ => None,
        }
    }

    /// Notes what was found.
    pub(crate) fn found(&mut self, found: &Lookup) {
        let claimed = std::mem::replace(&mut self.session, Session::Unclear);
        self.session = match (claimed, found) {
            (Session::Claimed(id), Lookup::Found(values)) => match &values[..] {
                [Some(_)] => Session::Issued(id),
                [None] => Session::None,
                _ => Session::Unclear,
            },
            _ => Session::Unclear,
        };
    }

    /// A header that some rule of the policy names.
    pub(crate) fn header(&self, name: &str) -> &Header {
        let mut headers = self.headers.iter();
        let found = headers.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.map_or(&Header::Unclear, |(_, value)| value)
    }
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
