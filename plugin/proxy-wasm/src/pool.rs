//! The plugin's allocator: short blocks come from lists of freed blocks of their size, all others from the system's
//! allocator.
//!
//! A request makes and frees some fifty short values, and a general allocator takes a hundred instructions or more for
//! each. A freed short block is kept for the next value of its size and never returned to the system, so that the lists
//! hold as much as was in use at one time.
#![expect(unsafe_code, reason = "an allocator hands out memory by address")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

#[global_allocator]
static POOL: Pool = Pool {
    free: [const { Cell::new(ptr::null_mut()) }; CLASSES],
};

/// Sizes of blocks are multiples of this, and so are their addresses.
const GRAIN: usize = 16;

/// Blocks of 16 to 1024 bytes have lists.
const CLASSES: usize = 64;

struct Pool {
    /// The freed blocks of each size, each holding the address of the next.
    free: [Cell<*mut u8>; CLASSES],
}

// SAFETY: a VM has one thread.
#[cfg(not(target_feature = "atomics"))]
unsafe impl Sync for Pool {}

impl Pool {
    /// The list for a block, and the layout of all blocks in it.
    fn class(&self, layout: Layout) -> Option<(&Cell<*mut u8>, Layout)> {
        let class = layout.size().checked_sub(1)? / GRAIN;
        let list = self.free.get(class)?;
        let size = class.saturating_add(1).saturating_mul(GRAIN);
        let block = Layout::from_size_align(size, GRAIN).ok()?;
        (layout.align() <= GRAIN).then_some((list, block))
    }
}

// SAFETY: a block is at least as long as its layout says, aligned to 16 bytes, and is in a list only while it is free.
unsafe impl GlobalAlloc for Pool {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((list, block)) = self.class(layout) else {
            // SAFETY: the caller's layout is not empty.
            return unsafe { System.alloc(layout) };
        };
        let free = list.get();
        if free.is_null() {
            // SAFETY: a block has at least 16 bytes.
            return unsafe { System.alloc(block) };
        }
        // SAFETY: `dealloc` wrote the address of the next block into this one.
        list.set(unsafe { free.cast::<*mut u8>().read() });
        free
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match self.class(layout) {
            // SAFETY: the block was handed out with 16 bytes or more, and is in use no longer.
            Some((list, _)) => unsafe { block.cast::<*mut u8>().write(list.replace(block)) },
            // SAFETY: such a block came from `System`.
            None => unsafe { System.dealloc(block, layout) },
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's size is not zero and does not overflow with its alignment.
        let grown = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (self.class(layout), self.class(grown)) {
            (Some((_, before)), Some((_, after))) if before == after => block,
            // SAFETY: such a block came from `System`, and stays there.
            (None, None) => unsafe { System.realloc(block, layout, size) },
            // SAFETY: both are blocks of this allocator, and the shorter length lies in both.
            _ => unsafe {
                let moved = self.alloc(grown);
                if !moved.is_null() {
                    ptr::copy_nonoverlapping(block, moved, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                moved
            },
        }
    }
}
