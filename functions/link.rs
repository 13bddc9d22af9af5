//! Build script of every function: leaves the tables for unwinding out of what ships, an eighteenth of its zip.
//!
//! A release build aborts on a panic, so nobody unwinds; the compiler writes the tables all the same, and the standard
//! library brings its own. A panic still says where it was; `RUST_BACKTRACE` has nothing to add in a stripped binary.

fn main() {
    println!("cargo::rerun-if-changed=../link.rs");
    println!("cargo::rerun-if-changed=../link.ld");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../link.ld");
    // Debug builds unwind; and only these targets are known to be linked by what understands it.
    let ships = std::env::var("PROFILE").as_deref() == Ok("release");
    let on_linux = std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux");
    if ships && on_linux {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr,-T,{script}");
    }
}
