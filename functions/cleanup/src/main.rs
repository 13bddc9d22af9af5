//! The cleanup function: see `latchkey::lambda::cleanup`.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::lambda::cleanup::serve()
}
