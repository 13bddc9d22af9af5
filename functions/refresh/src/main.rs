//! The refresh function: see `latchkey::api::refresh`.

use std::process::ExitCode;

use latchkey::lambda::{Keys, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    serve(latchkey::api::refresh::routes(), Keys::Signing)
}
