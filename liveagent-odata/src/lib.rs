//! The Live Agent OData analytics endpoint.
//!
//! * [`entities`]: the six published collections.
//! * [`auth`]: who may ask.
//! * [`cli`] to [`config`]: what the operator decides.
//! * [`serve`], [`check`] (with [`advice`]), [`metadata`], [`demo`]: the commands.
//! * [`explorer`]: what the page at `/` knows of Live Agent.
//! * [`http`], [`cors`], [`gzip`], [`logging`], [`exit`]: how the program meets the world.
//!
//! What OData is, is not known here: that is `odata_core`.

pub mod advice;
pub mod auth;
pub mod check;
pub mod cli;
pub mod config;
pub mod cors;
pub mod demo;
pub mod entities;
pub mod exit;
pub mod explorer;
mod gzip;
pub mod http;
pub mod logging;
pub mod metadata;
pub mod serve;

use cli::{Cli, Command};
use exit::Exit;
use std::process::ExitCode;

/// The program: the command line and the environment in, the code that it ends with out.
pub fn main() -> ExitCode {
    match Cli::from_process() {
        Ok(cli) => match run(cli) {
            Ok(()) => ExitCode::SUCCESS,
            Err(exit) => exit.report(),
        },
        Err(code) => ExitCode::from(code),
    }
}

/// Does what the command line says.
fn run(cli: Cli) -> Result<(), Exit> {
    logging::start(&cli.log)?;
    match cli.command {
        Command::Serve(options) => {
            let config = options.config()?;
            block_on(serve::run(config, |_| {}))
        }
        Command::Demo(options) => block_on(demo::run(&options)),
        Command::Check(options) => {
            let config = options.config()?;
            block_on(check::run(config))
        }
        Command::Metadata(options) => metadata::run(&options),
    }
}

fn block_on(work: impl Future<Output = Result<(), Exit>>) -> Result<(), Exit> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::new(exit::SOFTWARE, format!("no threads: {error}")))?
        .block_on(work)
}
