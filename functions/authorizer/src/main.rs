//! The authorizer function: see `latchkey::authorizer`.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::function::authorizer()
}
