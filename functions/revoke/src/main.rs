//! The revoke function: see `latchkey::api::revoke`.

use std::process::ExitCode;

use latchkey::lambda::{Keys, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    serve(latchkey::api::revoke::routes(), Keys::Verifying)
}
