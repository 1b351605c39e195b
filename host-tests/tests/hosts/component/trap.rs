//! Turns the shipped component into one that traps at requests with many header fields. All others it judges as before.

use super::gateway::wasm;
use walrus::ir::{BinaryOp, LoadKind, MemArg};
use walrus::{ExportItem, FunctionBuilder, Module};

/// A request with so many header fields traps.
pub(super) const FIELDS: i32 = 40;
const BEGIN: &str = "mcp-policy:engine/engine@0.1.0#[static]exchange.begin";
/// The length of the magic number and the version.
const PREAMBLE: usize = 8;
const CORE_MODULE: u8 = 1;

/// The component, with the fault.
pub(super) fn trapping_component() -> Vec<u8> {
    let component = wasm();
    let (preamble, mut rest) = component.split_at(PREAMBLE);
    let mut faulty = preamble.to_vec();
    let mut faults = 0;
    while let [id, ..] = *rest {
        let (size, digits) = number(&rest[1..]);
        let (section, after) = rest[1 + digits..].split_at(size);
        let has_begin = section
            .windows(BEGIN.len())
            .any(|part| part == BEGIN.as_bytes());
        let section = if id == CORE_MODULE && has_begin {
            faults += 1;
            trapping(section)
        } else {
            section.to_vec()
        };
        faulty.push(id);
        faulty.extend(padded(section.len()));
        faulty.extend(section);
        rest = after;
    }
    assert_eq!(faults, 1, "one module begins exchanges");
    faulty
}

/// An unsigned LEB128 number, and its length in bytes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let digits = 1 + bytes.iter().take_while(|byte| **byte >= 0x80).count();
    let digit = |(at, byte): (usize, &u8)| usize::from(byte & 0x7f) << (7 * at);
    let value = bytes[..digits].iter().enumerate().map(digit).sum();
    (value, digits)
}

/// The number in the five bytes of the longest LEB128 number of 32 bits.
fn padded(number: usize) -> [u8; 5] {
    let more = [0x80, 0x80, 0x80, 0x80, 0];
    std::array::from_fn(|at| (number >> (7 * at)) as u8 & 0x7f | more[at])
}

/// The module, whose exchanges begin by a function that counts the header fields first.
fn trapping(module: &[u8]) -> Vec<u8> {
    let mut module = Module::from_buffer(module).expect("it is a module");
    let found = module.exports.iter().find(|export| export.name == BEGIN);
    let export = found.expect("it begins exchanges");
    let (export, ExportItem::Function(begin)) = (export.id(), export.item) else {
        panic!("no function")
    };
    let types = module.types.get(module.funcs.get(begin).ty());
    let (params, results) = (types.params().to_vec(), types.results().to_vec());
    assert_eq!(params.len(), 1, "the arguments are in memory");
    let memory = module.memories.iter().next().expect("a memory").id();
    let arguments = module.locals.add(params[0]);
    let mut wrapper = FunctionBuilder::new(&mut module.types, &params, &results);
    // Before the number of fields are the handle of the policy and the place of the fields.
    let at = MemArg {
        align: 4,
        offset: 8,
    };
    let mut body = wrapper.func_body();
    body.local_get(arguments)
        .load(memory, LoadKind::I32 { atomic: false }, at)
        .i32_const(FIELDS)
        .binop(BinaryOp::I32GeU)
        .if_else(None, |many| _ = many.unreachable(), |_| {})
        .local_get(arguments)
        .call(begin);
    let wrapper = wrapper.finish(vec![arguments], &mut module.funcs);
    module.exports.get_mut(export).item = wrapper.into();
    module.emit_wasm()
}
