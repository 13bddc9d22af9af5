//! The login function: see `latchkey::api::login`.

use std::process::ExitCode;

use latchkey::function::{self, Keys};

fn main() -> ExitCode {
    function::main(latchkey::api::login::routes(), Keys::Minting)
}
