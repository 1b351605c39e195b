//! Turns a thrown value into an error of the operating system.
//!
//! It never hides what was thrown: an error that it does not know keeps its message.

use js_sys::Reflect;
use std::io::{Error, ErrorKind};
use wasm_bindgen::JsValue;

/// The errors that Node names, in the words of the native program, which are those of the operating system.
const NAMED: [(&str, ErrorKind, &str); 14] = [
    (
        "ENOENT",
        ErrorKind::NotFound,
        "No such file or directory (os error 2)",
    ),
    (
        "EPERM",
        ErrorKind::PermissionDenied,
        "Operation not permitted (os error 1)",
    ),
    (
        "EACCES",
        ErrorKind::PermissionDenied,
        "Permission denied (os error 13)",
    ),
    (
        "EEXIST",
        ErrorKind::AlreadyExists,
        "File exists (os error 17)",
    ),
    ("EPIPE", ErrorKind::BrokenPipe, "Broken pipe (os error 32)"),
    (
        "EISDIR",
        ErrorKind::IsADirectory,
        "Is a directory (os error 21)",
    ),
    (
        "ENOTDIR",
        ErrorKind::NotADirectory,
        "Not a directory (os error 20)",
    ),
    (
        "EROFS",
        ErrorKind::ReadOnlyFilesystem,
        "Read-only file system (os error 30)",
    ),
    (
        "ENOSPC",
        ErrorKind::StorageFull,
        "No space left on device (os error 28)",
    ),
    (
        "EBUSY",
        ErrorKind::ResourceBusy,
        "Device or resource busy (os error 16)",
    ),
    ("EIO", ErrorKind::Other, "Input/output error (os error 5)"),
    (
        "EMFILE",
        ErrorKind::Other,
        "Too many open files (os error 24)",
    ),
    (
        "ENAMETOOLONG",
        ErrorKind::InvalidFilename,
        "File name too long (os error 36)",
    ),
    (
        "ELOOP",
        ErrorKind::Other,
        "Too many levels of symbolic links (os error 40)",
    ),
];

/// A thrown value as an error of the operating system.
pub(crate) fn failure(thrown: &JsValue) -> Error {
    let get = |name: &str| Reflect::get(thrown, &name.into()).ok()?.as_string();
    let code = get("code").unwrap_or_default();
    let named = NAMED.iter().find(|(name, ..)| *name == code);
    match named {
        Some((_, kind, message)) => Error::new(*kind, *message),
        None => Error::other(get("message").unwrap_or_else(|| format!("{thrown:?}"))),
    }
}
