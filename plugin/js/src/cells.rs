//! The program's object with two methods as the cells that a store counts in.
//!
//! A method that throws, or returns a value that its type does not allow (a promise, say), has failed: nothing is counted.

use crate::convert;
use js_sys::{Reflect, Uint8Array};
use mcp_policy::host::{Unavailable, Version};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// `Cells` of `types.d.ts`.
    #[wasm_bindgen(typescript_type = "Cells")]
    pub type Cells;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Cells, key: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, catch, js_name = compareAndSwap)]
    fn compare_and_swap(
        this: &Cells,
        key: &str,
        bytes: Uint8Array,
        version: Option<u32>,
    ) -> Result<JsValue, JsValue>;
}

pub(crate) struct HostCells(pub(crate) Cells);

impl mcp_policy::host::Cells for HostCells {
    fn read(&mut self, key: &str) -> Result<Option<(Vec<u8>, Version)>, Unavailable> {
        let cell = self.0.read(key).map_err(|_| Unavailable)?;
        if cell.is_undefined() {
            return Ok(None);
        }
        let get = |name: &str| Reflect::get(&cell, &name.into()).map_err(|_| Unavailable);
        let bytes = convert::bytes(&get("bytes")?, "bytes").map_err(|_| Unavailable)?;
        let version = get("version")?.as_f64().and_then(version);
        Ok(Some((bytes, version.ok_or(Unavailable)?)))
    }

    fn swap(
        &mut self,
        key: &str,
        bytes: &[u8],
        version: Option<Version>,
    ) -> Result<bool, Unavailable> {
        let version = version.map(|Version(version)| version);
        let swapped = self
            .0
            .compare_and_swap(key, Uint8Array::from(bytes), version);
        swapped
            .ok()
            .and_then(|swapped| swapped.as_bool())
            .ok_or(Unavailable)
    }
}

/// A whole number of 32 bits; `None` for any other number.
fn version(number: f64) -> Option<Version> {
    let version = number as u32;
    (f64::from(version) == number).then_some(Version(version))
}
