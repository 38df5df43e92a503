//! The log: lines on stderr, for people or for machines, at the level that the operator chose.
//!
//! No line has a query string, since that is where clients put their token. The driver's own lines
//! below `info` hold the parameters of statements, tokens among them: they are written at no level.

use crate::cli::{LogArgs, LogFormat};
use crate::exit::{self, Exit};
use std::io::{self, IsTerminal as _};
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{EnvFilter, FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What is said of the server's own making, unless asked for.
///
/// What a client sends that is no HTTP, the server shouts about as an error of its own; and of an answer
/// that was cut, it says less than this service does.
const QUIET: &str = "actix_server=warn,actix_http=warn,actix_http::h1=off,mio=warn";

/// Begins to log.
pub fn start(options: &LogArgs) -> Result<(), Exit> {
    let subscriber = subscriber(options, io::stderr, io::stderr().is_terminal())?;
    subscriber
        .try_init()
        .map_err(|error| Exit::new(exit::SOFTWARE, error.to_string()))?;
    // What speaks by way of `log`, as the driver does: the second lock on the same door.
    log::set_max_level(log::max_level().min(log::LevelFilter::Info));
    Ok(())
}

fn subscriber<W>(
    options: &LogArgs,
    writer: W,
    ansi: bool,
) -> Result<Box<dyn Subscriber + Send + Sync>, Exit>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let directives = format!("{QUIET},{}", options.log_level);
    let levels = EnvFilter::builder().parse(directives).map_err(|error| {
        let message = format!(
            "--log-level '{}' is not one of error, warn, info, debug, trace, or such as \
             info,odata_core=debug: {error}",
            options.log_level
        );
        Exit::new(exit::USAGE, message)
    })?;
    let filter = levels.and(filter_fn(is_safe));
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_ansi(ansi)
        .with_target(true);
    Ok(match options.log_format {
        LogFormat::Text => Box::new(registry().with(lines.with_filter(filter))),
        LogFormat::Json => {
            Box::new(registry().with(lines.json().flatten_event(true).with_filter(filter)))
        }
    })
}

fn is_safe(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::INFO || !metadata.target().starts_with("tokio_postgres")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log(format: LogFormat, level: &str, say: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let options = LogArgs {
            log_format: format,
            log_level: level.to_owned(),
        };
        let subscriber = subscriber(&options, move || writer.clone(), false).unwrap();
        tracing::subscriber::with_default(subscriber, say);
        String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
    }

    fn everything() {
        tracing::debug!(target: "tokio_postgres::query", "parameters: [token]");
        tracing::info!(target: "tokio_postgres::connection", "notice");
        tracing::trace!(target: "odata_core", "step");
        tracing::info!(target: "actix_server", "starting");
        tracing::error!(target: "actix_http::h1::dispatcher", "stream error: shouted");
        tracing::warn!(rows = 3, "an answer was cut");
    }

    #[test]
    fn levels_are_kept_and_the_driver_is_capped_at_every_one() {
        let lines = log(LogFormat::Text, "info", everything);
        assert!(lines.contains("an answer was cut rows=3"), "{lines}");
        assert!(lines.contains("notice"), "{lines}");
        assert!(
            !["step", "starting", "shouted"]
                .iter()
                .any(|it| lines.contains(it)),
            "{lines}"
        );
        for level in [
            "trace",
            "tokio_postgres=trace",
            "tokio_postgres::query=debug,trace",
        ] {
            let lines = log(LogFormat::Text, level, everything);
            assert!(!lines.contains("token"), "{level}: {lines}");
        }
        let lines = log(LogFormat::Text, "warn,odata_core=trace", everything);
        assert!(
            lines.contains("step") && !lines.contains("notice"),
            "{lines}"
        );
    }

    #[test]
    fn a_machine_reads_an_object_a_line() {
        let lines = log(LogFormat::Json, "warn", everything);
        let line = lines.strip_suffix('\n').unwrap();
        assert!(line.starts_with('{') && line.ends_with('}') && !line.contains('\n'));
        assert!(
            line.contains(r#""message":"an answer was cut","rows":3"#),
            "{line}"
        );
    }

    #[test]
    fn a_wrong_level_is_refused() {
        let options = LogArgs {
            log_format: LogFormat::Text,
            log_level: "odata_core=loud".to_owned(),
        };
        let exit = subscriber(&options, io::stderr, false).err().unwrap();
        assert_eq!(exit.code, exit::USAGE);
        assert!(exit.message.contains("'odata_core=loud'"), "{exit}");
    }
}
