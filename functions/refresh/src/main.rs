//! The refresh function: see `latchkey::api::refresh`.

use std::process::ExitCode;

use latchkey::function::{self, Keys};

fn main() -> ExitCode {
    function::main(latchkey::api::refresh::routes(), Keys::Minting)
}
