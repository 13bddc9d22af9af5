//! The cleanup function: see `latchkey::lambda::cleanup`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    latchkey::lambda::cleanup::serve()
}
