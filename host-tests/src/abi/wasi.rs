//! Turns the few calls a Rust runtime makes to WASI into log lines, the time of
//! the [`Clock`](super::Clock) and random bytes. It opens nothing for the guest.

use std::fs::File;
use std::io::Read as _;

use wasmtime::{Linker, format_err};

use super::host::Host;
use super::hostcalls::{answer, host_functions, time};
use super::level::Level;
use super::memory::{Guest, Span, fill, read, write};
use super::refusal::{Outcome, Refusal};

const BAD_FILE: u32 = 8;
const FAULT: u32 = 21;
const NOT_SUPPORTED: u32 = 58;

pub(super) fn define(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    host_functions! { linker, "wasi_snapshot_preview1", FAULT;
        "args_sizes_get"(count, size) => |guest| no_strings(guest, (count, size));
        "args_get"(strings, bytes) => |_| nothing((strings, bytes));
        "environ_sizes_get"(count, size) => |guest| environment_sizes(guest, (count, size));
        "environ_get"(strings, bytes) => |guest| environment(guest, (strings, bytes));
        "clock_time_get"(clock, precision, into) =>
            |guest| clock_time_get(guest, clock, precision, into);
        "random_get"(at, size) => |guest| random_get(guest, (at, size));
        "fd_write"(file, at, count, into) => |guest| fd_write(guest, file, (at, count), into);
        "sched_yield"() => |_| Ok(());
    }
    linker.func_wrap("wasi_snapshot_preview1", "proc_exit", proc_exit)?;
    Ok(())
}

fn no_strings(guest: &mut Guest<'_>, (count, size): Span) -> Outcome {
    write(guest, count, &0_u32.to_le_bytes())?;
    write(guest, size, &0_u32.to_le_bytes())
}

fn nothing(_: Span) -> Outcome {
    Ok(())
}

/// The variables of the VM, each with the byte that ends it.
fn variables() -> impl Iterator<Item = String> {
    let names = crate::APPROVAL_KEYS.iter();
    names.map(|name| format!("{name}={}\0", crate::APPROVAL_KEY))
}

fn environment_sizes(guest: &mut Guest<'_>, (count, size): Span) -> Outcome {
    let length: usize = variables().map(|variable| variable.len()).sum();
    write(guest, count, &number(variables().count()))?;
    write(guest, size, &number(length))
}

fn environment(guest: &mut Guest<'_>, (strings, bytes): Span) -> Outcome {
    let (mut place, mut at) = (strings, bytes);
    for variable in variables() {
        write(guest, place, &at.to_le_bytes())?;
        write(guest, at, variable.as_bytes())?;
        place += 4;
        at += u32::from_le_bytes(number(variable.len()));
    }
    Ok(())
}

fn number(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or_default().to_le_bytes()
}

/// The wall clock and the monotonic one are the same, so that a test which
/// moves the one cannot forget the other.
fn clock_time_get(guest: &mut Guest<'_>, clock: u32, _precision: u64, into: u32) -> Outcome {
    match clock {
        0 | 1 => time(guest, into),
        _ => Err(Refusal::Status(NOT_SUPPORTED)),
    }
}

fn random_get(guest: &mut Guest<'_>, into: Span) -> Outcome {
    let bytes = fill(guest, into)?;
    let random = File::open("/dev/urandom").and_then(|mut file| file.read_exact(bytes));
    random.map_err(|error| Refusal::Trap(error.into()))
}

/// Standard output is information, standard error is an error.
fn fd_write(guest: &mut Guest<'_>, file: u32, pieces: Span, into: u32) -> Outcome {
    let level = match file {
        1 => Level::Info,
        2 => Level::Error,
        _ => return Err(Refusal::Status(BAD_FILE)),
    };
    let text = gather(guest, pieces)?;
    write(guest, into, &super::memory::length(&text))?;
    let line = text.strip_suffix(b"\n").unwrap_or(&text);
    if !text.is_empty() {
        let line = String::from_utf8_lossy(line).into_owned();
        guest.data_mut().logs.push((level, line));
    }
    Ok(())
}

fn gather(guest: &Guest<'_>, (at, count): Span) -> Result<Vec<u8>, Refusal> {
    let size = count.checked_mul(8).ok_or(Refusal::BadPointer)?;
    let (pieces, _) = read(guest, (at, size))?.as_chunks::<8>();
    let mut text = Vec::new();
    for [a, b, c, d, size @ ..] in pieces {
        let piece = (
            u32::from_le_bytes([*a, *b, *c, *d]),
            u32::from_le_bytes(*size),
        );
        text.extend_from_slice(read(guest, piece)?);
    }
    Ok(text)
}

fn proc_exit(_: Guest<'_>, code: u32) -> wasmtime::Result<()> {
    Err(format_err!("the module called proc_exit({code})"))
}
