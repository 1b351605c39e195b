//! Turns names into certificates: an authority, a server's certificate, and those of clients.
//!
//! It never verifies one, and no key outlives its test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};

/// The DNS name in the certificate of every server.
pub const SERVER: &str = "gateway.example";

/// The names that a certificate states.
#[derive(Clone, Copy, Debug, Default)]
pub struct Names<'a> {
    /// The subject's organization, organizational unit and common name, where they are not empty.
    pub subject: [&'a str; 3],
    /// URI SANs in their order, such as SPIFFE ids.
    pub uris: &'a [&'a str],
    /// DNS SANs in their order, which come after the URIs.
    pub dns: &'a [&'a str],
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate as PEM.
    pub pem: String,
    /// The key as PEM.
    pub key_pem: String,
    /// The certificate as DER.
    pub der: Vec<u8>,
    /// The key as PKCS #8.
    pub key_der: Vec<u8>,
}

/// A certificate authority with a key that is made anew.
#[derive(Debug)]
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// An authority without intermediates.
    ///
    /// # Panics
    /// When the machine has no random numbers.
    pub fn new() -> Self {
        let mut params = params(Names {
            subject: ["Acme", "", "Test authority"],
            ..Names::default()
        });
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, key()).expect("the key signs"))
    }

    /// Its own certificate as PEM.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Its own certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        self.0.der().to_vec()
    }

    /// A certificate for [`SERVER`].
    ///
    /// # Panics
    /// When the machine has no random numbers.
    pub fn server(&self) -> Certificate {
        self.certificate(Names {
            subject: ["", "", SERVER],
            dns: &[SERVER],
            ..Names::default()
        })
    }

    /// A certificate with these names, such as a client's.
    ///
    /// # Panics
    /// When a name is not ASCII, or the machine has no random numbers.
    pub fn certificate(&self, names: Names<'_>) -> Certificate {
        let key = key();
        let signed = params(names).signed_by(&key, &self.0);
        Certificate::new(&signed.expect("the authority signs"), &key)
    }
}

impl Certificate {
    /// A self-signed certificate, whose names no authority confirms.
    ///
    /// # Panics
    /// When a name is not ASCII, or the machine has no random numbers.
    pub fn self_signed(names: Names<'_>) -> Self {
        let key = key();
        let signed = params(names).self_signed(&key);
        Self::new(&signed.expect("the key signs"), &key)
    }

    fn new(certificate: &rcgen::Certificate, key: &KeyPair) -> Self {
        Self {
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            der: certificate.der().to_vec(),
            key_der: key.serialize_der(),
        }
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

fn params(names: Names<'_>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    let kinds = [
        DnType::OrganizationName,
        DnType::OrganizationalUnitName,
        DnType::CommonName,
    ];
    for (kind, name) in kinds.into_iter().zip(names.subject) {
        if !name.is_empty() {
            params.distinguished_name.push(kind, name);
        }
    }
    let ascii = |name: &&str| (*name).try_into().expect("SANs are ASCII");
    params
        .subject_alt_names
        .extend(names.uris.iter().map(|uri| SanType::URI(ascii(uri))));
    params
        .subject_alt_names
        .extend(names.dns.iter().map(|name| SanType::DnsName(ascii(name))));
    params
}
