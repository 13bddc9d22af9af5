//! The authorizer function: see `latchkey::lambda::authorizer`.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    latchkey::lambda::authorizer::serve()
}
