//! The sessions function: see `latchkey::api::sessions`.

use std::process::ExitCode;

use latchkey::lambda::{Keys, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    serve(latchkey::api::sessions::routes(), Keys::Verifying)
}
