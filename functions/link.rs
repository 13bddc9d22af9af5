//! Build script of every function. It removes the tables for unwinding, which are a fourteenth of the deployed zip.
//!
//! A release build aborts on a panic and never unwinds, but the compiler still writes the tables, and the standard library
//! contains its own. A panic message keeps its file and line. `RUST_BACKTRACE`, debuggers and profilers lose their stacks
//! in every profile that inherits `release`. To keep the tables, build with `FUNCTIONS_UNWIND_TABLES=keep`. This also helps
//! with a linker that cannot read link.ld: GNU ld, LLD and zig can, gold and mold cannot.
#![expect(clippy::print_stdout, reason = "cargo reads the output of a build script")]

use std::env;

const SWITCH: &str = "FUNCTIONS_UNWIND_TABLES";

fn main() {
    println!("cargo::rerun-if-changed=../link.rs");
    println!("cargo::rerun-if-changed=../link.ld");
    println!("cargo::rerun-if-env-changed={SWITCH}");
    // Debug builds unwind, so that they need the tables.
    let ships = env::var("PROFILE").as_deref() == Ok("release");
    let on_linux = env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux");
    let keeps = env::var(SWITCH).as_deref() == Ok("keep");
    if ships && on_linux && !keeps {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
        println!("cargo::rustc-link-arg-bins=-T{}/../link.ld", env!("CARGO_MANIFEST_DIR"));
    }
}
