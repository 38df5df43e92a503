//! The program.

use std::process::ExitCode;

fn main() -> ExitCode {
    liveagent_odata::main()
}
