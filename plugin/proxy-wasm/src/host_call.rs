//! Turns HTTP calls of the proxy-wasm ABI into functions that return a `Result`.
//!
//! It never waits for an answer: the host calls back.
#![expect(unsafe_code, reason = "the host's functions are foreign")]

use crate::host::{Status, buffer, checked, headers};
use crate::pairs::serialized;
use mcp_policy::host::{Headers, HttpEndpoint, LONGEST_SERVICE_ANSWER, ServiceAnswer};

/// Numbers of the proxy-wasm ABI 0.2.1.
const CALL_BODY: u32 = 4;
const CALL_HEADERS: u32 = 6;
const CALL_TRAILERS: u32 = 7;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_http_call(
        cluster: *const u8,
        cluster_size: usize,
        headers: *const u8,
        headers_size: usize,
        body: *const u8,
        body_size: usize,
        trailers: *const u8,
        trailers_size: usize,
        timeout: u32,
        call: *mut u32,
    ) -> u32;
}

/// Posts a body to a server. The host answers with a callback for the returned call, which ends with the current context.
pub(crate) fn http_post(
    to: &HttpEndpoint,
    more: &[(&str, &str)],
    body: &[u8],
) -> Result<u32, Status> {
    let mut headers = vec![
        (":method", "POST"),
        (":path", &*to.path),
        (":authority", &*to.authority),
    ];
    headers.extend_from_slice(more);
    let headers = serialized(&headers);
    let trailers = serialized::<&str>(&[]);
    let timeout = u32::try_from(to.timeout.0).unwrap_or(u32::MAX);
    let mut call = 0;
    // SAFETY: the host reads the four texts and writes the number of the call during the call.
    checked(unsafe {
        proxy_http_call(
            to.cluster.as_ptr(),
            to.cluster.len(),
            headers.as_ptr(),
            headers.len(),
            body.as_ptr(),
            body.len(),
            trailers.as_ptr(),
            trailers.len(),
            timeout,
            &raw mut call,
        )
    })?;
    Ok(call)
}

/// Whether the answer to the call whose callback runs has a status of success. The host reports a failure without any.
pub(crate) fn call_succeeded() -> bool {
    call_status().is_some_and(|status| status.len() == 3 && status.starts_with('2'))
}

/// The answer to the call whose callback runs, with a body of `size` bytes; `None` where the host has none, the body is too
/// long, or a gRPC answer does not end with the status 0.
pub(crate) fn call_answer(size: usize) -> Option<ServiceAnswer> {
    let head = headers(CALL_HEADERS).ok()?;
    let status = status_of(&head)?.parse().ok()?;
    let mut media = head.all("content-type");
    let is_grpc = media.any(|media| media.starts_with(b"application/grpc"));
    let ends_well = || {
        let trailers = headers(CALL_TRAILERS);
        trailers.is_ok_and(|trailers| trailers.all("grpc-status").eq([b"0"]))
    };
    if size > LONGEST_SERVICE_ANSWER || (is_grpc && !ends_well()) {
        return None;
    }
    let body = buffer(CALL_BODY).ok()?;
    Some(ServiceAnswer { status, body })
}

fn call_status() -> Option<String> {
    status_of(&headers(CALL_HEADERS).ok()?)
}

fn status_of(head: &Headers) -> Option<String> {
    let status = head.all(":status").next()?;
    String::from_utf8(status.to_vec()).ok()
}
