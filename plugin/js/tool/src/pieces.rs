//! Turns a function that gives the next piece of a file into a stream of bytes.
//!
//! It never holds more than one piece.

use crate::failure::failure;
use js_sys::{Function, Uint8Array};
use std::io::{BufRead, Error, Read, Result};
use wasm_bindgen::{JsCast as _, JsValue};

/// A stream of the program's pieces.
pub(crate) struct Pieces {
    next: Function,
    piece: Vec<u8>,
    used: usize,
}

impl Pieces {
    pub(crate) fn of(next: Function) -> Self {
        Self {
            next,
            piece: Vec::new(),
            used: 0,
        }
    }

    fn rest(&self) -> &[u8] {
        self.piece.get(self.used..).unwrap_or_default()
    }
}

impl BufRead for Pieces {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.rest().is_empty() {
            let piece = self.next.call0(&JsValue::UNDEFINED);
            self.piece = bytes(&piece.map_err(|thrown| failure(&thrown))?)?;
            self.used = 0;
        }
        Ok(self.rest())
    }

    fn consume(&mut self, length: usize) {
        self.used = self.used.saturating_add(length);
    }
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

/// The bytes of a value that must be a `Uint8Array`.
pub(crate) fn bytes(value: &JsValue) -> Result<Vec<u8>> {
    let array = value.dyn_ref::<Uint8Array>();
    let array = array.ok_or_else(|| Error::other("the program gave no Uint8Array"))?;
    Ok(array.to_vec())
}
