//! The login function: see `latchkey::api::login`.

use std::process::ExitCode;

use latchkey::lambda::{Keys, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    serve(latchkey::api::login::routes(), Keys::Signing)
}
