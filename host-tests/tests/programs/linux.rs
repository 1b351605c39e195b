//! The programs for Linux: each is one file that asks for no library, and runs without one.

use crate::example;
use crate::mounted::within;
use crate::shipped::{LINUX, output, own, program, told};
use host_tests::require::{EMULATOR, ROOTS, lacks, lacks_for};
use host_tests::root;
use host_tests::tool::mcp_policy;
use object::Endianness;
use object::elf::{DT_NEEDED, EM_AARCH64, EM_X86_64, FileHeader64, PT_DYNAMIC, PT_INTERP};
use object::read::elf::{Dyn as _, FileHeader as _, ProgramHeader as _};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The processor of a file, and the things that it asks the system for: a loader, and libraries.
fn read(file: &Path) -> (u16, usize, usize) {
    let bytes = fs::read(file).expect("the program");
    let header = FileHeader64::<Endianness>::parse(&*bytes).expect("an ELF header");
    let order = header.endian().expect("an order of bytes");
    let parts = header.program_headers(order, &*bytes).expect("its parts");
    let kind = |kind| parts.iter().filter(move |part| part.p_type(order) == kind);
    let entries = kind(PT_DYNAMIC).flat_map(|part| part.dynamic(order, &*bytes).ok().flatten());
    let entries = entries.flatten().map(|entry| entry.tag(order));
    let libraries = entries.filter(|tag| *tag == DT_NEEDED);
    let machine = header.e_machine(order);
    (machine, kind(PT_INTERP).count(), libraries.count())
}

#[test]
fn program_asks_for_no_loader_and_no_library() {
    let control = mcp_policy();
    let (_, loaders, libraries) = read(Path::new(control.get_program()));
    assert!(
        loaders == 1 && libraries > 0,
        "the tool of the tests asks for both"
    );
    for ((processor, need), machine) in LINUX.into_iter().zip([EM_X86_64, EM_AARCH64]) {
        if !lacks_for(processor, &[need]) {
            assert_eq!(read(&program(processor)), (machine, 0, 0), "{processor}");
        }
    }
}

/// The command that runs the program on this machine.
fn command(processor: &str) -> Command {
    let program = program(processor);
    if processor == std::env::consts::ARCH {
        return Command::new(program);
    }
    let mut emulator = Command::new(root().join(format!("target/qemu/qemu-{processor}")));
    emulator.arg(program);
    emulator
}

#[test]
fn program_prints_the_first_example_and_its_version() {
    for (processor, need) in LINUX {
        let emulated = processor != std::env::consts::ARCH;
        let needs = [need, EMULATOR];
        if lacks_for(processor, &needs[..=usize::from(emulated)]) {
            continue;
        }
        let example = example::first();
        let mut run = command(processor);
        let run = run.args(&example.arguments).current_dir(example::folder());
        example.is_printed_by(&output(run));
        let version = told(command(processor).arg("--version"));
        let expected = format!("mcp-policy {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(version, expected, "{processor}");
    }
}

/// A folder as the root, with nothing in it but the program and its input.
#[test]
fn program_runs_where_there_is_nothing_else() {
    let (processor, needed) = own();
    // Whoever made the folders of a Debian can enter one.
    if lacks(&[ROOTS, needed]) {
        return;
    }
    let folder = root().join("target/tmp/nothing-else");
    let _ = fs::remove_dir_all(&folder);
    for inner in ["dev", "proc"] {
        fs::create_dir_all(folder.join(inner)).expect("a folder");
    }
    let example = example::first();
    let file = example.arguments.last().expect("a file");
    fs::copy(example::folder().join(file), folder.join(file)).expect("a copy");
    fs::copy(program(processor), folder.join("mcp-policy")).expect("a copy");
    let mut command = within(&folder, "/mcp-policy");
    example.is_printed_by(&output(command.args(&example.arguments)));
    let dynamic = mcp_policy();
    fs::copy(dynamic.get_program(), folder.join("dynamic")).expect("a copy");
    let control = output(within(&folder, "/dynamic").args(&example.arguments));
    assert_eq!(control.status.code(), Some(127), "{control:?}");
}
