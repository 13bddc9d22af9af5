//! The revoke function: see `latchkey::api::revoke`.

use std::process::ExitCode;

use latchkey::function::{self, Keys};

fn main() -> ExitCode {
    function::main(latchkey::api::revoke::routes(), Keys::Checking)
}
