//! The answer of a service that a host asks for the engine. It is not read here.

/// The answer of a service to a POST.
#[derive(Clone, Debug)]
pub struct ServiceAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}
