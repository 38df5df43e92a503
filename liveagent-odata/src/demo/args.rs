//! The demo's part of the command line.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;

/// What the demo can be told. `DATABASE_URL` is not among it, on purpose: the demo writes, and that
/// variable names somebody's real database. There is no `Debug`: the URL may hold a password.
#[derive(Clone, Default, clap::Args)]
#[command(about = None, long_about = None)]
pub struct Args {
    /// How many conversations the sample data has (50000 unless there is data already); about ten
    /// messages come with each
    #[arg(long, value_name = "N", env = "DEMO_CONVERSATIONS",
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    pub conversations: Option<u64>,

    /// Throw the sample data away and make it anew, tokens too
    #[arg(long)]
    pub fresh: bool,

    /// Where to keep the data [default: the user's data directory; for root below /var/tmp]
    #[arg(long, value_name = "DIRECTORY", env = "DEMO_DATA_DIR")]
    pub data_dir: Option<PathBuf>,

    /// Create the database 'liveagent_demo' on this server instead of starting one
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,

    /// Install PostgreSQL by apt-get where there is none (as root, on Debian or Ubuntu)
    #[arg(long, env = "INSTALL_POSTGRES", value_parser = FalseyValueParser::new())]
    pub install_postgres: bool,

    /// The directory of PostgreSQL's server programs [default: the newest that is found]
    #[arg(long, value_name = "DIRECTORY", env = "POSTGRES_BIN")]
    pub postgres_bin: Option<PathBuf>,

    /// The user that PostgreSQL runs as [default: ourselves; for root, who may not, 'postgres' or
    /// 'nobody']
    #[arg(long, value_name = "USER", env = "DEMO_RUN_AS")]
    pub run_as: Option<String>,
}
