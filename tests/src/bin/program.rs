//! The program itself, once more: cargo builds for the tests of a package only its own programs.

use std::process::ExitCode;

fn main() -> ExitCode {
    liveagent_odata::main()
}
