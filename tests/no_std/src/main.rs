//! Builds, links and runs without std: a crate anywhere in the tree that needs std would bring a second panic handler,
//! and the link would fail.
#![no_std]
#![no_main]

use core::alloc::{GlobalAlloc, Layout};
use core::ffi::{c_int, c_void};

unsafe extern "C" {
    fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void;
    fn free(pointer: *mut c_void);
    fn abort() -> !;
}

struct C;

// SAFETY: the C library's allocator, with sizes rounded up to the alignment as `aligned_alloc` asks.
unsafe impl GlobalAlloc for C {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let alignment = layout.align().max(16);
        unsafe { aligned_alloc(alignment, layout.size().next_multiple_of(alignment)).cast() }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, _: Layout) {
        unsafe { free(pointer.cast()) }
    }
}

#[global_allocator]
static ALLOCATOR: C = C;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    unsafe { abort() }
}

/// The prebuilt core names it although nothing unwinds here.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const u8) -> c_int {
    let mut octets = bytes();
    octets.truncate(1);
    c_int::from(!plainwire::engine::Status::Idle.reads())
}

/// Something on the heap, so that the allocator is linked.
fn bytes() -> plainwire_bytes::BytesMut {
    plainwire_bytes::BytesMut::from(&b"no std"[..])
}
