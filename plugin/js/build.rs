//! Turns the build of this module into one that `wasm-component-ld` can link, the linker of the component beside it: a flag
//! leaves the module as it is. It never writes code.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-cdylib=--skip-wit-component");
}
