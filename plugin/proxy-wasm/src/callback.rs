//! Receives the host's answers to HTTP calls, in the place of the SDK.
//!
//! The SDK's own callback panics on the answer to a call that it did not make itself, and its function for calls panics
//! on a status that it does not expect. It decides nothing.
#![expect(
    unsafe_code,
    reason = "a host finds its callbacks by their names, which could also be those of other functions"
)]

/// Becomes `proxy_on_http_call_response` when `xtask exports` writes the module: the SDK has a function of that name.
#[unsafe(no_mangle)]
extern "C" fn mcp_policy_on_http_call_response(
    root: u32,
    call: u32,
    _headers: usize,
    body: usize,
    _trailers: usize,
) {
    let taken = crate::stream::answered(root, call, body) || crate::notices::answered(root, call);
    if !taken {
        crate::collector::answered(root, call);
    }
}
