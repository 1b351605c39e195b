//! Turns the proxy-wasm ABI into functions that return a `Result`.
//!
//! It, `host_call` and `host_metric` are the only files that call the host. It exists because the SDK's own wrappers panic on a status they do not
//! expect and on header bytes that are not UTF-8, and a panic ends the VM with every request in it. It never panics.
#![expect(
    unsafe_code,
    reason = "the host's functions are foreign, and what they return lies at addresses they chose"
)]

use crate::pairs::{pairs, serialized};
use mcp_policy::host::{
    Cells, Clock, HeaderEdit, Headers, Millis, NeededIdentities, Reply, Unavailable, Verified,
    Version, jwt_claims,
};
use std::cell::OnceCell;
use std::ptr;

/// The status with which a call of the host failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status(u32);

/// Numbers of the proxy-wasm ABI 0.2.1.
const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
const CAS_MISMATCH: u32 = 8;
const REQUEST_HEADERS: u32 = 0;
const RESPONSE_HEADERS: u32 = 2;
const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const PLUGIN_CONFIGURATION: u32 = 7;
/// The stream from the client to the server.
const REQUEST: u32 = 0;
const LOG_INFO: u32 = 2;
const LOG_ERROR: u32 = 4;
/// A reply without `grpc-status`.
const NO_GRPC: i32 = -1;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: u32, text: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(path: *const u8, path_size: usize, data: *const u8, size: usize) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: u32,
        start: usize,
        length: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: u32,
        start: usize,
        length: usize,
        data: *const u8,
        size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: u32, name: *const u8, size: usize) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_continue_stream(stream: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        cas: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        data: *const u8,
        size: usize,
        cas: u32,
    ) -> u32;
}

pub(crate) fn log_info(line: &str) {
    log(LOG_INFO, line);
}

pub(crate) fn log_error(line: &str) {
    log(LOG_ERROR, line);
}

/// Logs a line. A failure is ignored, because the decision does not depend on it.
fn log(level: u32, line: &str) {
    // SAFETY: the host reads `line` during the call.
    let _ = unsafe { proxy_log(level, line.as_ptr(), line.len()) };
}

/// The host's clock in one callback, read when the time is first needed.
#[derive(Default)]
pub(crate) struct HostClock(OnceCell<Option<Millis>>);

impl Clock for HostClock {
    fn now(&self) -> Option<Millis> {
        *self.0.get_or_init(|| {
            let now = now();
            if let Err(status) = &now {
                log_error(&format!(
                    "mcp-policy: the host's clock failed ({status:?}), so the message is refused"
                ));
            }
            now.ok()
        })
    }
}

/// The host's time.
pub(crate) fn now() -> Result<Millis, Status> {
    let mut nanos = 0;
    // SAFETY: the host writes eight bytes to `nanos` during the call.
    checked(unsafe { proxy_get_current_time_nanoseconds(&raw mut nanos) })?;
    Ok(Millis(nanos / 1_000_000))
}

/// Makes the host call `on_tick` at this interval in milliseconds; zero stops it.
pub(crate) fn set_tick_period(millis: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    checked(unsafe { proxy_set_tick_period_milliseconds(millis) })
}

/// The property of the host with this path; `None` if it is absent or not UTF-8.
pub(crate) fn property(path: &[&str]) -> Option<String> {
    String::from_utf8(property_bytes(path)?).ok()
}

fn property_bytes(path: &[&str]) -> Option<Vec<u8>> {
    read_property(path).ok()
}

fn read_property(path: &[&str]) -> Result<Vec<u8>, Status> {
    let path = path.join("\0");
    // SAFETY: the host reads `path` and writes the two results during the call.
    returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Sets a property of the current stream; its path has one element.
pub(crate) fn set_property(path: &str, value: &str) -> Result<(), Status> {
    // SAFETY: the host reads both texts during the call.
    checked(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

/// The identities among these that the host verified for the request. What the host cannot tell is unreadable, so that its
/// caller is refused and not taken for one without an identity.
pub(crate) fn verified(needed: NeededIdentities, payload: &str) -> Verified {
    let name = |needed: bool, path: &str| match given(needed, &["connection", path])? {
        Ok(bytes) if bytes.is_empty() => None,
        Ok(bytes) => Some(String::from_utf8(bytes).unwrap_or_default()),
        Err(_) => Some(String::new()),
    };
    let claims = || match given(needed.claims, &["metadata"])? {
        Ok(metadata) => jwt_claims(&metadata, payload),
        Err(_) => Some(String::new()),
    };
    Verified {
        claims: claims(),
        uri_san: name(needed.uri_san, "uri_san_peer_certificate"),
        dns_san: name(needed.dns_san, "dns_san_peer_certificate"),
        subject: name(needed.subject, "subject_peer_certificate"),
    }
}

/// The property of the host with this path, if it is needed; `None` if it is absent.
fn given(needed: bool, path: &[&str]) -> Option<Result<Vec<u8>, Status>> {
    let read = needed.then(|| read_property(path))?;
    (read != Err(Status(NOT_FOUND))).then_some(read)
}

/// The status with which a host replies for a server that it cannot reach. Only then is [`is_unsent`] useful.
pub(crate) const UNAVAILABLE: u16 = 503;

/// Whether provably no byte of the request reached a server: the first attempt to reach it failed, and the host replies
/// for it.
pub(crate) fn is_unsent() -> bool {
    // Envoy's response code details. After the brace is the reason why the connection ended.
    const NO_SERVER: [&str; 3] = ["no_healthy_upstream", "cluster_not_found", "no_cluster"];
    const NO_CONNECTION: [&str; 3] = [
        "upstream_reset_before_response_started{remote_connection_failure",
        "upstream_reset_before_response_started{local_connection_failure",
        "upstream_reset_before_response_started{overflow",
    ];
    let Some(details) = property(&["response", "code_details"]) else {
        return false;
    };
    let unsent = NO_SERVER.contains(&details.as_str())
        || NO_CONNECTION.iter().any(|start| details.starts_with(start));
    let attempts = property_bytes(&["upstream", "request_attempt_count"]);
    let attempts = attempts.and_then(|bytes| bytes.try_into().ok());
    unsent && attempts.is_some_and(|bytes| u64::from_le_bytes(bytes) <= 1)
}

thread_local! {
    static NGINX: OnceCell<bool> = const { OnceCell::new() };
}

/// Whether the host of this VM is nginx with ngx_wasm_module. It is asked in callbacks of a stream alone: nginx ends where a
/// root context asks for a property.
pub(crate) fn is_nginx() -> bool {
    NGINX.with(|known| *known.get_or_init(|| property(&["ngx", "nginx_version"]).is_some()))
}

pub(crate) fn configuration() -> Result<Vec<u8>, Status> {
    buffer(PLUGIN_CONFIGURATION)
}

/// All of the request's body that the host holds.
pub(crate) fn request_body() -> Result<Vec<u8>, Status> {
    buffer(REQUEST_BODY)
}

/// The piece of the response's body that has just arrived.
pub(crate) fn response_body() -> Result<Vec<u8>, Status> {
    buffer(RESPONSE_BODY)
}

/// Replaces the arrived piece of the response's body, which has `size` bytes, with `bytes`.
pub(crate) fn replace_response_body(size: usize, bytes: &[u8]) -> Result<(), Status> {
    replace_body(RESPONSE_BODY, size, bytes)
}

/// Replaces the request's body, which has `size` bytes, with `bytes`.
pub(crate) fn replace_request_body(size: usize, bytes: &[u8]) -> Result<(), Status> {
    replace_body(REQUEST_BODY, size, bytes)
}

/// Replaces all `size` bytes of a buffer. ngx_wasm_module writes no more bytes than it is told to replace, and all hosts
/// replace no more than they have. It also forgets that a piece is the last if it becomes empty, so an empty one stays.
fn replace_body(buffer: u32, size: usize, bytes: &[u8]) -> Result<(), Status> {
    let replaced = size.max(bytes.len());
    if replaced == 0 {
        return Ok(());
    }
    // SAFETY: the host reads `bytes` during the call.
    checked(unsafe { proxy_set_buffer_bytes(buffer, 0, replaced, bytes.as_ptr(), bytes.len()) })
}

/// Passes on the current stream's request, which was paused.
pub(crate) fn resume_request() -> Result<(), Status> {
    // SAFETY: no memory is shared.
    checked(unsafe { proxy_continue_stream(REQUEST) })
}

/// Makes the calls that follow about the stream, or the root context, with this id.
pub(crate) fn set_effective_context(id: u32) -> Result<(), Status> {
    // SAFETY: no memory is shared.
    checked(unsafe { proxy_set_effective_context(id) })
}

/// The bytes of a buffer. A host may report an empty buffer as "not found".
pub(crate) fn buffer(buffer: u32) -> Result<Vec<u8>, Status> {
    // SAFETY: the host writes the two results during the call.
    let bytes =
        returned(|data, size| unsafe { proxy_get_buffer_bytes(buffer, 0, usize::MAX, data, size) });
    match bytes {
        Err(Status(NOT_FOUND)) => Ok(Vec::new()),
        other => other,
    }
}

/// All headers of the request, read in one call.
pub(crate) fn request_headers() -> Result<Headers, Status> {
    headers(REQUEST_HEADERS)
}

/// All headers of the response, including `:status`.
pub(crate) fn response_headers() -> Result<Headers, Status> {
    headers(RESPONSE_HEADERS)
}

/// The status of a response with these headers.
pub(crate) fn status_of(headers: &Headers) -> Option<u16> {
    let status = headers.all(":status").next()?;
    std::str::from_utf8(status).ok()?.parse().ok()
}

/// Whether a server answers with success, or the host cannot tell.
pub(crate) fn is_success() -> bool {
    let status = response_headers().ok().as_ref().and_then(status_of);
    status.is_none_or(|status| (200..300).contains(&status))
}

pub(crate) fn headers(map: u32) -> Result<Headers, Status> {
    // SAFETY: the host writes the two results during the call.
    let bytes = returned(|data, size| unsafe { proxy_get_header_map_pairs(map, data, size) })?;
    pairs(bytes).ok_or(Status(OK))
}

pub(crate) fn edit_request(edit: &HeaderEdit) -> Result<(), Status> {
    apply(REQUEST_HEADERS, edit)
}

pub(crate) fn edit_response(edit: &HeaderEdit) -> Result<(), Status> {
    apply(RESPONSE_HEADERS, edit)
}

fn apply(map: u32, edit: &HeaderEdit) -> Result<(), Status> {
    for name in &edit.remove {
        // SAFETY: the host reads `name` during the call.
        match unsafe { proxy_remove_header_map_value(map, name.as_ptr(), name.len()) } {
            // An absent field is already removed.
            OK | NOT_FOUND => {}
            other => return Err(Status(other)),
        }
    }
    for (name, value) in &edit.set {
        // SAFETY: the host reads both texts during the call.
        checked(unsafe {
            proxy_replace_header_map_value(
                map,
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            )
        })?;
    }
    Ok(())
}

/// The details of a reply with ngx_wasm_module, which writes them into the status line, in the place of a server's reply
/// after they were freed. It also keeps the length of that reply, which is taken away here.
fn shown_by_nginx() -> &'static str {
    let name = "content-length";
    // SAFETY: the host reads `name` during the call.
    let _ = unsafe { proxy_remove_header_map_value(RESPONSE_HEADERS, name.as_ptr(), name.len()) };
    ""
}

/// Sends a reply instead of the server's. An access log may print `details` as the reason.
pub(crate) fn answer(reply: &Reply, details: &str) -> Result<(), Status> {
    let headers = serialized(&reply.headers);
    let details = match is_nginx() {
        true => shown_by_nginx(),
        false => details,
    };
    // SAFETY: the host reads the three texts during the call.
    checked(unsafe {
        proxy_send_local_response(
            u32::from(reply.status),
            details.as_ptr(),
            details.len(),
            reply.body.as_ptr(),
            reply.body.len(),
            headers.as_ptr(),
            headers.len(),
            NO_GRPC,
        )
    })
}

/// The host's shared data: one map for all worker threads.
pub(crate) struct SharedData;

/// The number for "only if absent". A compare-and-swap on a present key fails unless the number is that of its last
/// write; on an absent key any number succeeds. The host numbers the writes of the whole process from 1 on, so that
/// only one write in four billion has this number.
const ABSENT: u32 = u32::MAX;

/// The same number with ngx_wasm_module, which numbers the writes of each key from 1 on. An absent key has the number 0,
/// and any other number fails on it. With Envoy 0 overwrites, so it is for a key on which [`ABSENT`] failed and that is
/// still absent: such a key Envoy does not have, because it removes none while a VM runs.
const ABSENT_WITH_NGINX: u32 = 0;

impl SharedData {
    fn set(key: &str, bytes: &[u8], cas: u32) -> Result<bool, Unavailable> {
        // SAFETY: the host reads `key` and `bytes` during the call.
        match unsafe {
            proxy_set_shared_data(key.as_ptr(), key.len(), bytes.as_ptr(), bytes.len(), cas)
        } {
            OK => Ok(true),
            CAS_MISMATCH => Ok(false),
            _ => Err(Unavailable),
        }
    }
}

impl Cells for SharedData {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let mut cas = 0;
        // SAFETY: the host reads `key` and writes the three results during the call.
        let bytes = returned(|data, size| unsafe {
            proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut cas)
        });
        match bytes {
            Ok(bytes) => Ok(Some((bytes, Version(cas)))),
            Err(Status(NOT_FOUND)) => Ok(None),
            Err(_) => Err(Unavailable),
        }
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        match version {
            Some(Version(cas)) => Self::set(key, bytes, cas),
            None if Self::set(key, bytes, ABSENT)? => Ok(true),
            None if self.read(key)?.is_some() => Ok(false),
            None => Self::set(key, bytes, ABSENT_WITH_NGINX),
        }
    }
}

pub(crate) fn checked(status: u32) -> Result<(), Status> {
    if status == OK {
        Ok(())
    } else {
        Err(Status(status))
    }
}

/// Calls a function of the host that returns bytes, and takes ownership of them.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data = ptr::null_mut();
    let mut size = 0;
    checked(call(&raw mut data, &raw mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host allocated `size` bytes for this result through `proxy_on_memory_allocate`, where the SDK makes
    // a `Vec` of that capacity and gives its memory away, and the host has filled them.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}
