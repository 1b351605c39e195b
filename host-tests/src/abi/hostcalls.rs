//! Turns the calls a plugin makes to module `env` into changes of the [`Host`].
//! Where the specification leaves room, the answers are those of Envoy with
//! proxy-wasm-cpp-host. It never leaves the process.

use wasmtime::Linker;

use super::host::Host;
use super::http_calls::HttpCall;
use super::level::Level;
use super::memory::{Guest, Span, decode, encode, give, read, write};
use super::refusal::{Outcome, Refusal};
use super::state::{LocalResponse, Pair};
use super::status::{BAD_ARGUMENT, INVALID_MEMORY_ACCESS, NOT_FOUND};

const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const PLUGIN_CONFIGURATION: u32 = 7;
const LAST_BUFFER: u32 = 8;
const CALL_BODY: u32 = 4;
const CALL_HEADERS: u32 = 6;
const CALL_TRAILERS: u32 = 7;
const LAST_MAP: u32 = 7;

/// Defines functions under a module name: `"name"(arguments) => work;`. Each
/// returns a status, `$bad_pointer` for a pointer that leaves the memory.
macro_rules! host_functions {
    ($linker:ident, $module:literal, $bad_pointer:expr;
     $($name:literal($($argument:ident),*) => $work:expr;)*) => {$(
        $linker.func_wrap(
            $module,
            $name,
            |mut guest: Guest<'_>, $($argument),*| answer(&mut guest, $name, $bad_pointer, $work),
        )?;
    )*};
}
pub(super) use host_functions;

pub(super) fn answer(
    guest: &mut Guest<'_>,
    name: &'static str,
    bad_pointer: u32,
    work: impl FnOnce(&mut Guest<'_>) -> Outcome,
) -> wasmtime::Result<u32> {
    let calls = guest.data_mut().calls.entry(name).or_default();
    *calls = calls.saturating_add(1);
    if let Some(&status) = guest.data().faults.statuses.get(name) {
        return Ok(status);
    }
    if guest.data().faults.traps.contains(name) {
        return Err(wasmtime::format_err!(
            "the host ends a plugin that calls {name} now"
        ));
    }
    match work(guest) {
        Ok(()) => Ok(0),
        Err(Refusal::Status(status)) => Ok(status),
        Err(Refusal::BadPointer) => Ok(bad_pointer),
        Err(Refusal::Trap(error)) => Err(error),
    }
}

pub(super) fn define(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    host_functions! { linker, "env", INVALID_MEMORY_ACCESS;
        "proxy_log"(level, at, size) => |guest| log(guest, level, (at, size));
        "proxy_get_log_level"(into) => |guest| write(guest, into, &0_u32.to_le_bytes());
        "proxy_get_current_time_nanoseconds"(into) => |guest| time(guest, into);
        "proxy_set_tick_period_milliseconds"(period) => |_| ignore(period);
        "proxy_set_effective_context"(context) => |guest| set_effective_context(guest, context);
        "proxy_done"() => |_| refuse(NOT_FOUND); // Only a root context that ends can be done.
        "proxy_get_property"(at, size, data, length) =>
            |guest| get_property(guest, (at, size), (data, length));
        "proxy_set_property"(at, size, data, length) =>
            |guest| set_property(guest, (at, size), (data, length));
        "proxy_get_buffer_bytes"(buffer, start, most, data, size) =>
            |guest| get_buffer(guest, buffer, (start, most), (data, size));
        "proxy_get_buffer_status"(buffer, size, flags) =>
            |guest| get_buffer_status(guest, buffer, (size, flags));
        "proxy_set_buffer_bytes"(buffer, start, length, data, size) =>
            |guest| set_buffer(guest, buffer, (start, length), (data, size));
        "proxy_get_header_map_size"(map, into) => |guest| get_map_size(guest, map, into);
        "proxy_get_header_map_pairs"(map, data, size) => |guest| get_map(guest, map, (data, size));
        "proxy_set_header_map_pairs"(map, data, size) => |guest| set_map(guest, map, (data, size));
        "proxy_get_header_map_value"(map, at, size, data, length) =>
            |guest| get_map_value(guest, map, (at, size), (data, length));
        "proxy_add_header_map_value"(map, at, size, data, length) =>
            |guest| add_map_value(guest, map, (at, size), (data, length));
        "proxy_replace_header_map_value"(map, at, size, data, length) =>
            |guest| replace_map_value(guest, map, (at, size), (data, length));
        "proxy_remove_header_map_value"(map, at, size) =>
            |guest| remove_map_value(guest, map, (at, size));
        "proxy_send_local_response"(
            status, details, details_size, body, body_size, headers, headers_size, grpc_status
        ) =>
            |guest| send_local_response(
                guest,
                (status, grpc_status),
                (details, details_size),
                (body, body_size),
                (headers, headers_size),
            );
        "proxy_continue_stream"(kind) => |guest| continue_stream(guest, kind);
    }
    define_state(linker)
}

/// The functions whose effects outlive a stream.
fn define_state(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    host_functions! { linker, "env", INVALID_MEMORY_ACCESS;
        "proxy_http_call"(
            cluster, cluster_size, headers, headers_size, body, body_size, trailers, trailers_size, timeout, into
        ) =>
            |guest| http_call(
                guest,
                (cluster, cluster_size),
                (headers, headers_size),
                (body, body_size),
                (trailers, trailers_size, timeout, into),
            );
        "proxy_get_shared_data"(at, size, data, length, cas) =>
            |guest| get_shared_data(guest, (at, size), (data, length), cas);
        "proxy_set_shared_data"(at, size, data, length, cas) =>
            |guest| set_shared_data(guest, (at, size), (data, length), cas);
        "proxy_define_metric"(kind, at, size, into) =>
            |guest| define_metric(guest, kind, (at, size), into);
        "proxy_increment_metric"(metric, by) =>
            |guest| guest.data_mut().metrics.increment(metric, by);
        "proxy_record_metric"(metric, value) =>
            |guest| guest.data_mut().metrics.record(metric, value);
        "proxy_get_metric"(metric, into) => |guest| get_metric(guest, metric, into);
    }
    Ok(())
}

fn refuse(status: u32) -> Outcome {
    Err(Refusal::Status(status))
}

fn ignore(_: u32) -> Outcome {
    Ok(())
}

fn log(guest: &mut Guest<'_>, level: u32, message: Span) -> Outcome {
    let level = Level::from_code(level).ok_or(Refusal::Status(BAD_ARGUMENT))?;
    let message = String::from_utf8_lossy(read(guest, message)?).into_owned();
    guest.data_mut().logs.push((level, message));
    Ok(())
}

pub(super) fn time(guest: &mut Guest<'_>, into: u32) -> Outcome {
    let nanos = guest.data().clock.nanos();
    write(guest, into, &nanos.to_le_bytes())
}

fn set_effective_context(guest: &mut Guest<'_>, context: u32) -> Outcome {
    let host = guest.data_mut();
    if context != host.root && !host.streams.contains_key(&context) {
        return refuse(BAD_ARGUMENT);
    }
    host.effective = Some(context);
    Ok(())
}

fn get_property(guest: &mut Guest<'_>, path: Span, into: Span) -> Outcome {
    let path = read(guest, path)?;
    let value = property(guest.data(), path).map(<[u8]>::to_vec);
    give(guest, into, &value.ok_or(Refusal::Status(NOT_FOUND))?)
}

/// A plugin can read back a property that it set only under a path of one element: the host
/// resolves a longer path element by element.
fn property<'h>(host: &'h Host, path: &[u8]) -> Option<&'h [u8]> {
    if path == b"plugin_name" {
        return Some(host.plugin_name.as_bytes());
    }
    let stream = host.stream()?;
    let own = || stream.seen.properties.get(path);
    let given = stream.properties.get(path);
    let value = given.or_else(|| own().filter(|_| !path.contains(&0)));
    value.map(Vec::as_slice)
}

fn set_property(guest: &mut Guest<'_>, path: Span, value: Span) -> Outcome {
    let path = read(guest, path)?.to_vec();
    let value = read(guest, value)?.to_vec();
    let stream = guest.data_mut().stream_mut();
    let stream = stream.ok_or(Refusal::Status(NOT_FOUND))?;
    stream.seen.properties.insert(path, value);
    Ok(())
}

/// A buffer that exists can be empty, and an empty one is not absent.
fn buffer(host: &Host, buffer: u32) -> Result<&[u8], Refusal> {
    let bytes = match buffer {
        REQUEST_BODY if host.faults.body_shown == Some(0) => None,
        REQUEST_BODY => {
            let body = host.stream().map_or(&[][..], |stream| &stream.body);
            let shown = host.faults.body_shown.unwrap_or(usize::MAX);
            Some(&body[..body.len().min(shown)])
        }
        RESPONSE_BODY => host
            .stream()
            .filter(|stream| stream.response_open)
            .map(|stream| &stream.response[..]),
        CALL_BODY => {
            let answer = host.http_calls.answer.as_ref();
            answer.map(|answer| &answer.body[..])
        }
        PLUGIN_CONFIGURATION => host.config.as_deref(),
        // Connections, call data, and the configuration of the VM.
        2..=3 | 6 | LAST_BUFFER => Some(&[][..]),
        _ => None,
    };
    match bytes {
        _ if buffer > LAST_BUFFER => Err(Refusal::Status(BAD_ARGUMENT)),
        Some(bytes) => Ok(bytes),
        None => Err(Refusal::Status(NOT_FOUND)),
    }
}

/// Of an empty buffer nothing is handed over, not even a null pointer.
fn get_buffer(guest: &mut Guest<'_>, which: u32, range: Span, into: Span) -> Outcome {
    let bytes = buffer(guest.data(), which)?;
    let (start, most) = (range.0 as usize, range.1 as usize);
    let end = start.saturating_add(most).min(bytes.len());
    let part = bytes.get(start..end).unwrap_or_default().to_vec();
    match part.is_empty() {
        true => Ok(()),
        false => give(guest, into, &part),
    }
}

fn get_buffer_status(guest: &mut Guest<'_>, which: u32, into: Span) -> Outcome {
    let size = super::memory::length(buffer(guest.data(), which)?);
    write(guest, into.0, &size)?;
    write(guest, into.1, &0_u32.to_le_bytes())
}

/// Replaces the first `range.1` bytes, or appends: Envoy can do nothing else.
fn set_buffer(guest: &mut Guest<'_>, which: u32, range: Span, data: Span) -> Outcome {
    buffer(guest.data(), which)?;
    let data = read(guest, data)?.to_vec();
    let body = match (which, guest.data_mut().stream_mut()) {
        (REQUEST_BODY, Some(stream)) if stream.body_open => &mut stream.body,
        (RESPONSE_BODY, Some(stream)) if stream.response_open => &mut stream.response,
        _ => return refuse(BAD_ARGUMENT),
    };
    let (start, length) = (range.0 as usize, range.1 as usize);
    match start {
        0 => drop(body.splice(..length.min(body.len()), data)),
        _ if start >= body.len() => body.extend(data),
        _ => return refuse(BAD_ARGUMENT),
    }
    Ok(())
}

fn map(host: &Host, map: u32) -> Result<Option<&Vec<Pair>>, Refusal> {
    if map > LAST_MAP {
        return Err(Refusal::Status(BAD_ARGUMENT));
    }
    let answer = host.http_calls.answer.as_ref();
    match map {
        CALL_HEADERS => return Ok(answer.map(|answer| &answer.headers)),
        CALL_TRAILERS => return Ok(answer.map(|answer| &answer.trailers)),
        _ => {}
    }
    Ok(host.stream().and_then(|stream| stream.map(map)))
}

fn map_mut<'g>(guest: &'g mut Guest<'_>, map: u32) -> Result<&'g mut Vec<Pair>, Refusal> {
    let stream = guest.data_mut().stream_mut();
    let pairs = stream.and_then(|stream| stream.map_mut(map));
    pairs.ok_or(Refusal::Status(BAD_ARGUMENT))
}

fn get_map_size(guest: &mut Guest<'_>, which: u32, into: u32) -> Outcome {
    let pairs = map(guest.data(), which)?.ok_or(Refusal::Status(BAD_ARGUMENT))?;
    let sizes = pairs
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()));
    let size = u32::try_from(sizes.sum::<usize>()).unwrap_or(u32::MAX);
    write(guest, into, &size.to_le_bytes())
}

/// An unavailable map has no pairs, and reading it is not an error.
fn get_map(guest: &mut Guest<'_>, which: u32, into: Span) -> Outcome {
    let pairs = map(guest.data(), which)?;
    let bytes = pairs.map(|pairs| encode(pairs)).unwrap_or_default();
    give(guest, into, &bytes)
}

fn set_map(guest: &mut Guest<'_>, which: u32, pairs: Span) -> Outcome {
    let pairs = decode(read(guest, pairs)?);
    *map_mut(guest, which)? = lower_case(pairs);
    Ok(())
}

/// Gives the first of several values, and `NotFound` for none. A map that is not
/// available is a bad argument, on which SDKs panic; only a log may look in vain.
fn get_map_value(guest: &mut Guest<'_>, which: u32, name: Span, into: Span) -> Outcome {
    let name = read(guest, name)?;
    let host = guest.data();
    let logging = host.stream().is_some_and(|stream| stream.logging);
    let pairs = match map(host, which)? {
        Some(pairs) => pairs,
        None if logging => return refuse(NOT_FOUND),
        None => return refuse(BAD_ARGUMENT),
    };
    let pair = pairs.iter().find(|pair| pair.0.eq_ignore_ascii_case(name));
    let (_, value) = pair.ok_or(Refusal::Status(NOT_FOUND))?;
    give(guest, into, &value.clone())
}

fn add_map_value(guest: &mut Guest<'_>, which: u32, name: Span, value: Span) -> Outcome {
    let name = read(guest, name)?.to_ascii_lowercase();
    let value = read(guest, value)?.to_vec();
    map_mut(guest, which)?.push((name, value));
    Ok(())
}

fn replace_map_value(guest: &mut Guest<'_>, which: u32, name: Span, value: Span) -> Outcome {
    remove_map_value(guest, which, name)?;
    add_map_value(guest, which, name, value)
}

fn remove_map_value(guest: &mut Guest<'_>, which: u32, name: Span) -> Outcome {
    let name = read(guest, name)?.to_vec();
    map_mut(guest, which)?.retain(|pair| !pair.0.eq_ignore_ascii_case(&name));
    Ok(())
}

fn lower_case(pairs: Vec<Pair>) -> Vec<Pair> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, value)| (name.to_ascii_lowercase(), value))
        .collect()
}

fn send_local_response(
    guest: &mut Guest<'_>,
    (status, grpc_status): (u32, i32),
    details: Span,
    body: Span,
    headers: Span,
) -> Outcome {
    let response = LocalResponse {
        status,
        details: read(guest, details)?.to_vec(),
        headers: lower_case(decode(read(guest, headers)?)),
        body: read(guest, body)?.to_vec(),
        grpc_status,
    };
    if let Some(stream) = guest.data_mut().stream_mut() {
        stream.answer(response);
    }
    Ok(())
}

/// Records the call. It is answered by [`Vm::answer`](super::vm::Vm::answer).
fn http_call(
    guest: &mut Guest<'_>,
    cluster: Span,
    headers: Span,
    body: Span,
    (trailers, trailers_size, timeout, into): (u32, u32, u32, u32),
) -> Outcome {
    read(guest, (trailers, trailers_size))?;
    let call = HttpCall {
        cluster: String::from_utf8_lossy(read(guest, cluster)?).into_owned(),
        headers: decode(read(guest, headers)?),
        body: String::from_utf8_lossy(read(guest, body)?).into_owned(),
        timeout_millis: timeout,
    };
    let number = guest.data_mut().http_calls.add(call);
    write(guest, into, &number.to_le_bytes())
}

/// A stream in its own callback has not stopped yet, so cannot be let go.
fn continue_stream(guest: &mut Guest<'_>, kind: u32) -> Outcome {
    if kind > 1 {
        return refuse(BAD_ARGUMENT);
    }
    let host = guest.data_mut();
    let other = host.effective.is_some_and(|other| other != host.current);
    if let (0, true, Some(stream)) = (kind, other, host.stream_mut()) {
        stream.resume();
    }
    Ok(())
}

fn get_shared_data(guest: &mut Guest<'_>, key: Span, into: Span, cas: u32) -> Outcome {
    let found = guest.data().shared.get(read(guest, key)?);
    let (value, number) = found.map_err(Refusal::Status)?;
    give(guest, into, &value)?;
    write(guest, cas, &number.to_le_bytes())
}

fn set_shared_data(guest: &Guest<'_>, key: Span, value: Span, cas: u32) -> Outcome {
    let (key, value) = (read(guest, key)?, read(guest, value)?);
    let set = guest.data().shared.set(key, value, cas);
    set.map_err(Refusal::Status)
}

fn define_metric(guest: &mut Guest<'_>, kind: u32, name: Span, into: u32) -> Outcome {
    let name = String::from_utf8_lossy(read(guest, name)?).into_owned();
    let id = guest.data_mut().metrics.define(kind, name)?;
    write(guest, into, &id.to_le_bytes())
}

fn get_metric(guest: &mut Guest<'_>, metric: u32, into: u32) -> Outcome {
    let value = guest.data_mut().metrics.get(metric)?;
    write(guest, into, &value.to_le_bytes())
}
