//! The sessions function: see `latchkey::api::sessions`.

use std::process::ExitCode;

use latchkey::function::{self, Keys};

fn main() -> ExitCode {
    function::main(latchkey::api::sessions::routes(), Keys::Checking)
}
