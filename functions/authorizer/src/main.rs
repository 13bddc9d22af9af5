//! The authorizer function: see `latchkey::lambda::authorizer`.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::lambda::authorizer::serve()
}
