//! The cleanup function: see `latchkey::cleanup`.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::function::cleanup()
}
