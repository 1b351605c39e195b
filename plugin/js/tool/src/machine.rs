//! Turns the program's object into the machine that commands run on.
//!
//! It never guesses: a value of another type is an error of the operation that asked for it.

use crate::colours;
use crate::failure::failure;
use crate::io::Io;
use crate::pieces::{Pieces, bytes};
use js_sys::{Array, Reflect};
use mcp_policy_cli::program::{Existing, Kind, Machine, Stream};
use std::ffi::OsString;
use std::io::{BufRead, Cursor, Error, ErrorKind, Result};
use std::path::Path;
use std::time::Duration;
use wasm_bindgen::JsValue;

/// The machine of a JavaScript program.
pub(crate) struct Program(pub(crate) Io);

impl Machine for Program {
    fn open(&self, file: &Path) -> Result<Box<dyn BufRead + '_>> {
        if self.has_pieces() {
            return self.pieces(Some(&text(file)));
        }
        let content = self
            .0
            .read_file(&text(file))
            .map_err(|thrown| failure(&thrown))?;
        Ok(Box::new(Cursor::new(bytes(&content)?)))
    }

    fn stdin(&self) -> Result<Box<dyn BufRead + '_>> {
        if self.has_pieces() {
            return self.pieces(None);
        }
        let content = self.0.stdin().map_err(|thrown| failure(&thrown))?;
        Ok(Box::new(Cursor::new(bytes(&content)?)))
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
    fn has_pieces(&self) -> bool {
        self.0.has_pieces().is_function()
    }

    fn pieces(&self, path: Option<&str>) -> Result<Box<dyn BufRead + '_>> {
        let next = self.0.pieces(path).map_err(|thrown| failure(&thrown))?;
        Ok(Box::new(Pieces::of(next)))
    }

    fn is_terminal(&self, stream: &str) -> bool {
        let terminal = Reflect::get(&self.0.is_terminal(), &stream.into());
        terminal.is_ok_and(|terminal| terminal.is_truthy())
    }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
