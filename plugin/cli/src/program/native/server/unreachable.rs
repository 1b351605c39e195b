//! Turns the error of a connection into words: the cause, and the next step.
//!
//! It never hides the error's own text, by which an operator can search for it.

use crate::sanitize;

/// Parts of errors, and their meaning.
const MEANINGS: [(&str, &str); 13] = [
    (
        "CaUsedAsEndEntity",
        "its certificate is a CA's own, which TLS does not accept from a server; let the server use a certificate that the CA signed, and give the CA with `--ca FILE`",
    ),
    (
        "No CA certificates were loaded",
        "this machine trusts no CA; install its CA certificates (on most Linux systems the package `ca-certificates`), or give the CA of the server with `--ca FILE`",
    ),
    (
        "UnknownIssuer",
        "no CA that this machine trusts signed its certificate; if a private CA did, give that CA with `--ca FILE`",
    ),
    (
        "not valid for name",
        "its certificate is for another name; write that name into the URL, or let the server use a certificate for this one",
    ),
    (
        "certificate expired",
        "its certificate has expired; renew it, or set the clock of this machine",
    ),
    (
        "certificate not valid yet",
        "its certificate is not valid yet; set the clock of this machine, or wait",
    ),
    ("Revoked", "its certificate is revoked; renew it"),
    (
        "InvalidContentType",
        "it does not speak TLS on this port; write `http://`, or its port for TLS",
    ),
    (
        "CertificateRequired",
        "it wants a certificate of the client (mTLS); give one that it knows with `--cert FILE --key FILE`",
    ),
    (
        "HandshakeFailure",
        "it has no version or cipher of TLS in common with this tool, which speaks TLS 1.2 and 1.3",
    ),
    (
        "invalid HTTP version",
        "it does not speak HTTP/1.1 on this port; write `https://`, or its port for HTTP",
    ),
    (
        "dns error",
        "its name is unknown here; check the URL, and the DNS of this machine",
    ),
    (
        "Connection refused",
        "nothing listens there; start the server, or check the port in the URL",
    ),
];

/// The sentence for an error of a connection.
pub(in crate::program) fn says(error: &str) -> String {
    let error = sanitize::line(error, 300);
    let mut meanings = MEANINGS.iter();
    match meanings.find(|(part, _)| error.contains(part)) {
        Some((_, meaning)) => format!("it cannot be reached: {meaning} ({error})"),
        None => format!("it cannot be reached: {error}"),
    }
}
