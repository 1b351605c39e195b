//! The program for Windows: it links. The workflow of the project runs it.

use host_tests::require::{WINDOWS, lacks};
use host_tests::root;
use object::LittleEndian as LE;
use object::pe::{IMAGE_FILE_MACHINE_AMD64, IMAGE_SUBSYSTEM_WINDOWS_CUI};
use object::read::pe::PeFile64;
use std::fs;

/// The libraries of Windows itself, and none of a compiler.
#[test]
fn program_for_windows_asks_for_libraries_of_windows_alone() {
    if lacks(&[WINDOWS]) {
        return;
    }
    let path = root().join("target/dist/bin/mcp-policy-x86_64-pc-windows-gnu.exe");
    let bytes = fs::read(path).expect("the program");
    let program = PeFile64::parse(&*bytes).expect("a program for Windows");
    let headers = program.nt_headers();
    assert_eq!(
        headers.file_header.machine.get(LE),
        IMAGE_FILE_MACHINE_AMD64
    );
    assert_eq!(
        headers.optional_header.subsystem.get(LE),
        IMAGE_SUBSYSTEM_WINDOWS_CUI
    );
    let table = program.import_table().expect("a table").expect("imports");
    let mut imports = table.descriptors().expect("libraries");
    let mut libraries = Vec::new();
    while let Some(import) = imports.next().expect("a library") {
        let name = table.name(import.name.get(LE)).expect("its name");
        libraries.push(String::from_utf8_lossy(name).to_lowercase());
    }
    assert!(!libraries.is_empty());
    let foreign = libraries.iter().filter(|name| {
        let of_compiler = ["libgcc", "libstdc", "libwinpthread", "libunwind", "libc++"];
        of_compiler.iter().any(|start| name.starts_with(start))
    });
    assert_eq!(foreign.count(), 0, "{libraries:?}");
}
