//! The program.

use liveagent_odata::cli::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Cli::from_process() {
        Ok(cli) => match liveagent_odata::run(cli) {
            Ok(()) => ExitCode::SUCCESS,
            Err(exit) => exit.report(),
        },
        Err(code) => ExitCode::from(code),
    }
}
