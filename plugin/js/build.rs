//! Turns the build of a module for JavaScript into one that `wasm-component-ld` can link, the linker of the component: a flag
//! leaves the module as it is. It never writes code.

fn main() {
    println!("cargo::rerun-if-changed=Cargo.toml");
    println!("cargo::rustc-link-arg-cdylib=--skip-wit-component");
}
