//! The object that a program hands in, as its methods are called.
//!
//! It interprets no value: `machine` does.

use js_sys::{Array, Function, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// `Io` of the package's `tool.d.ts`.
    pub type Io;

    #[wasm_bindgen(method, catch, js_name = readFile)]
    pub(crate) fn read_file(this: &Io, path: &str) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(method, getter, js_name = pieces)]
    pub(crate) fn has_pieces(this: &Io) -> JsValue;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn pieces(this: &Io, path: Option<&str>) -> Result<Function, JsValue>;

    #[wasm_bindgen(method, catch, js_name = writeFile)]
    pub(crate) fn write_file(
        this: &Io,
        path: &str,
        content: Uint8Array,
        replace: bool,
    ) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn kind(this: &Io, path: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(method, catch, js_name = listFolder)]
    pub(crate) fn list_folder(this: &Io, path: &str) -> Result<Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn stdin(this: &Io) -> Result<Uint8Array, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn stdout(this: &Io, text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn stderr(this: &Io, text: &str) -> Result<(), JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn now(this: &Io) -> Result<f64, JsValue>;

    #[wasm_bindgen(method, catch)]
    pub(crate) fn env(this: &Io, name: &str) -> Result<Option<String>, JsValue>;

    #[wasm_bindgen(method, getter, js_name = isTerminal)]
    pub(crate) fn is_terminal(this: &Io) -> JsValue;

    #[wasm_bindgen(method, getter)]
    pub(crate) fn columns(this: &Io) -> JsValue;
}
