#!/bin/sh
# Turns the folders of this machine into the compiler's flags that replace them in what it writes, so that a module is the same
# wherever it is built. It prints them for $CARGO_ENCODED_RUSTFLAGS, and never changes what the code does.
set -eu
crates="${CARGO_HOME:-$HOME/.cargo}/registry/src"
# The folder of each registry has a name of its own, which cargo chooses when it unpacks the first crate.
ls -d "$crates"/*/ >/dev/null 2>&1 || cargo fetch --locked --target wasm32-wasip1 >&2
replace() { printf '%s--remap-path-prefix=%s=%s' "$separator" "$1" "$2"; separator=$(printf '\037'); }
separator=
replace "$PWD" /mcp-policy
for registry in "$crates"/*; do replace "$registry" /crates; done
# Where the sources of the standard library are installed, the compiler names their files in place of those it was built from.
replace "$(rustc --print sysroot)/lib/rustlib/src/rust" "/rustc/$(rustc -vV | sed -n 's/^commit-hash: //p')"
