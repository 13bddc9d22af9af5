//! Build script of every function: leaves the tables for unwinding out of what ships, a fourteenth of its zip.
//!
//! A release build aborts on a panic, so nobody unwinds; the compiler writes the tables all the same, and the standard
//! library brings its own. A panic still says where it was. What is lost are the stacks of `RUST_BACKTRACE`, debuggers
//! and profilers, in every profile that inherits release: `FUNCTIONS_UNWIND_TABLES=keep` builds with the tables, also
//! for a linker that does not understand link.ld. GNU ld, LLD and zig do; gold and mold do not.
#![expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]

use std::env;

const SWITCH: &str = "FUNCTIONS_UNWIND_TABLES";

fn main() {
    println!("cargo::rerun-if-changed=../link.rs");
    println!("cargo::rerun-if-changed=../link.ld");
    println!("cargo::rerun-if-env-changed={SWITCH}");
    // Debug builds unwind.
    let ships = env::var("PROFILE").as_deref() == Ok("release");
    let on_linux = env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux");
    let keeps = env::var(SWITCH).as_deref() == Ok("keep");
    if ships && on_linux && !keeps {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
        println!("cargo::rustc-link-arg-bins=-T{}/../link.ld", env!("CARGO_MANIFEST_DIR"));
    }
}
