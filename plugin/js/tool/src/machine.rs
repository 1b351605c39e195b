//! Turns the program's object into the machine that commands run on.
//!
//! It never guesses: a value of another type is an error of the operation that asked for it.

use crate::colours;
use crate::io::Io;
use js_sys::{Array, Reflect, Uint8Array};
use mcp_policy_cli::program::{Existing, Kind, Machine, Stream};
use std::ffi::OsString;
use std::io::{BufRead, Cursor, Error, ErrorKind, Result};
use std::path::Path;
use std::time::Duration;
use wasm_bindgen::{JsCast as _, JsValue};

/// The machine of a JavaScript program.
pub(crate) struct Program(pub(crate) Io);

impl Machine for Program {
    fn open(&self, file: &Path) -> Result<Box<dyn BufRead + '_>> {
        let content = self
            .0
            .read_file(&text(file))
            .map_err(|thrown| failure(&thrown))?;
        pieces(&content)
    }

    fn stdin(&self) -> Result<Box<dyn BufRead + '_>> {
        let content = self.0.stdin().map_err(|thrown| failure(&thrown))?;
        pieces(&content)
    }

    fn write(&self, file: &Path, content: &[u8], existing: Existing) -> Result<()> {
        let replace = existing == Existing::Replaced;
        let written = self.0.write_file(&text(file), content.into(), replace);
        written.map_err(|thrown| failure(&thrown))
    }

    fn kind(&self, path: &Path) -> Result<Kind> {
        let kind = self
            .0
            .kind(&text(path))
            .map_err(|thrown| failure(&thrown))?;
        match kind.as_deref() {
            Some("file") => Ok(Kind::File),
            Some("folder") => Ok(Kind::Folder),
            Some(_) => Err(Error::other("`kind` is neither \"file\" nor \"folder\"")),
            None => Err(ErrorKind::NotFound.into()),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<OsString>> {
        let names: Array = self
            .0
            .list_folder(&text(folder))
            .map_err(|thrown| failure(&thrown))?;
        let name = |name: JsValue| name.as_string().map(OsString::from);
        let names: Option<Vec<OsString>> = names.iter().map(name).collect();
        names.ok_or_else(|| Error::other("`listFolder` gave no list of texts"))
    }

    fn print(&self, stream: Stream, text: &str) -> Result<()> {
        let name = match stream {
            Stream::Output => "stdout",
            Stream::Error => "stderr",
        };
        let text = match colours::are_shown(self, self.is_terminal(name)) {
            true => text.to_owned(),
            false => anstream::adapter::strip_str(text).to_string(),
        };
        let printed = match stream {
            Stream::Output => self.0.stdout(&text),
            Stream::Error => self.0.stderr(&text),
        };
        printed.map_err(|thrown| failure(&thrown))
    }

    fn now(&self) -> Duration {
        let millis = self.0.now().unwrap_or_default();
        Duration::try_from_secs_f64(millis / 1000.0).unwrap_or_default()
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.0.env(name).ok().flatten()
    }

    fn is_stdin_a_terminal(&self) -> bool {
        self.is_terminal("stdin")
    }

    fn columns(&self) -> Option<usize> {
        let columns = self.0.columns().as_f64()?;
        Some(columns as usize).filter(|columns| *columns > 0)
    }
}

impl Program {
    fn is_terminal(&self, stream: &str) -> bool {
        let terminal = Reflect::get(&self.0.is_terminal(), &stream.into());
        terminal.is_ok_and(|terminal| terminal.is_truthy())
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn pieces(content: &JsValue) -> Result<Box<dyn BufRead>> {
    let bytes = content.dyn_ref::<Uint8Array>();
    let bytes = bytes.ok_or_else(|| Error::other("the program gave no Uint8Array"))?;
    Ok(Box::new(Cursor::new(bytes.to_vec())))
}

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
fn failure(thrown: &JsValue) -> Error {
    let get = |name: &str| Reflect::get(thrown, &name.into()).ok()?.as_string();
    let code = get("code").unwrap_or_default();
    let named = NAMED.iter().find(|(name, ..)| *name == code);
    match named {
        Some((_, kind, message)) => Error::new(*kind, *message),
        None => Error::other(get("message").unwrap_or_else(|| format!("{thrown:?}"))),
    }
}
