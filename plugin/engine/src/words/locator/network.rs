//! Decides whether an IP address is in a network.
//!
//! It reads only canonical addresses: `010.0.0.1` is one address to some programs and another to others.

use super::error::NotCanonical;
use crate::words::truth::Truth;
use std::net::{IpAddr, Ipv6Addr};

/// A network: its first address, and the length of its prefix in bits.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    length: u32,
}

/// The address of a text in canonical form. An IPv4 address that is mapped into IPv6 becomes an IPv4 address.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let address: IpAddr = text.parse().ok()?;
    (address.to_string() == text).then(|| address.to_canonical())
}

impl Network {
    /// Parses `10.0.0.0/8`, `2001:db8::/32`, or one address.
    pub(crate) fn parse(text: &str) -> Result<Self, NotCanonical> {
        let network = Self::read(text).ok_or(NotCanonical(None))?;
        let canonical = network.to_string();
        let alone = canonical.strip_suffix(if network.address.is_ipv4() {
            "/32"
        } else {
            "/128"
        });
        match alone.unwrap_or(&canonical) {
            _ if text == canonical => Ok(network),
            alone if alone == text => Ok(network),
            short => Err(NotCanonical(Some(short.into()))),
        }
    }

    /// The network that the text means, canonical or not.
    fn read(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse().ok()?)),
            None => (text, None),
        };
        let written: IpAddr = address.parse().ok()?;
        let longest = if written.is_ipv4() { 32 } else { 128 };
        let length: u32 = length.unwrap_or(longest);
        if length > longest {
            return None;
        }
        let address = first(written, length);
        // A mapped network with a prefix shorter than 96 bits contains addresses outside IPv4.
        let mapped = matches!(address.to_canonical(), IpAddr::V4(_)) && written.is_ipv6();
        match (mapped, length.checked_sub(96)) {
            (true, Some(length)) => Some(Self {
                address: address.to_canonical(),
                length,
            }),
            _ => Some(Self { address, length }),
        }
    }

    pub(crate) fn holds(&self, address: IpAddr) -> Truth {
        let same_family = self.address.is_ipv4() == address.is_ipv4();
        Truth::of(Some(
            same_family && first(address, self.length) == self.address,
        ))
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

/// The first address of the network of that prefix length that contains the address.
fn first(address: IpAddr, length: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(length).unwrap_or(0);
            IpAddr::V4((address.to_bits() & !host).into())
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(length).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_in_another_form_is_rejected_with_the_canonical_one() {
        for text in [
            "10.0.0.0/8",
            "0.0.0.0/0",
            "10.1.2.3",
            "10.1.2.3/32",
            "::/0",
            "2001:db8::/32",
            "::1",
            "::1/128",
        ] {
            assert!(Network::parse(text).is_ok(), "{text}");
        }
        for (text, canonical) in [
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("10.0.0.0/08", "10.0.0.0/8"),
            ("2001:DB8::1/32", "2001:db8::/32"),
            ("0:0::1", "::1"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
            ("::ffff:10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/+8", "10.0.0.0/8"),
        ] {
            assert_eq!(
                Network::parse(text),
                Err(NotCanonical(Some(canonical.into()))),
                "{text}"
            );
        }
        for text in [
            "",
            "10/8",
            "10.0.0.0/33",
            "::/129",
            "010.0.0.0/8",
            "10.0.0.0/",
            "a",
            "10.0.0.0/255.0.0.0",
            "fe80::1%eth0",
            " ::1",
        ] {
            assert_eq!(Network::parse(text), Err(NotCanonical(None)), "{text}");
        }
    }

    #[test]
    fn address_matches_only_networks_of_its_family() {
        let holds = |network, text| match (Network::parse(network), address(text)) {
            (Ok(network), Some(address)) => network.holds(address),
            (Ok(_), None) => Truth::Unknown,
            (Err(_), _) => panic!("{network}"),
        };
        for (network, text, truth) in [
            ("10.0.0.0/8", "10.255.255.255", Truth::True),
            ("10.0.0.0/8", "11.0.0.0", Truth::False),
            ("10.0.0.0/8", "::ffff:10.0.0.1", Truth::True),
            ("::/0", "::ffff:10.0.0.1", Truth::False),
            ("::/0", "10.0.0.1", Truth::False),
            ("0.0.0.0/0", "1.2.3.4", Truth::True),
            ("0.0.0.0/0", "::1", Truth::False),
            ("2001:db8::/33", "2001:db8:7fff::1", Truth::True),
            ("2001:db8::/33", "2001:db8:8000::1", Truth::False),
            ("10.0.0.0/8", "010.0.0.1", Truth::Unknown),
            ("10.0.0.0/8", "10.1", Truth::Unknown),
            ("10.0.0.0/8", "0xa.0.0.1", Truth::Unknown),
            ("10.0.0.0/8", "167772161", Truth::Unknown),
            ("10.0.0.0/8", "::ffff:a00:1", Truth::Unknown),
            ("10.0.0.0/8", "10.0.0.1 ", Truth::Unknown),
            ("2001:db8::/32", "2001:DB8::1", Truth::Unknown),
            ("2001:db8::/32", "2001:db8::1%eth0", Truth::Unknown),
        ] {
            assert_eq!(holds(network, text), truth, "{network} {text}");
        }
    }
}
