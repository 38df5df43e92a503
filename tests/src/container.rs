//! A server in a container, through testcontainers.
//!
//! The container is meant to outlive every test and to end with the process, whose statics are not
//! dropped: a shell that waits for the end of a pipe of ours removes it, as the launcher's does
//! with its server.

use std::process::{Command, Stdio};

use testcontainers::core::{IntoContainerPort as _, WaitFor};
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{GenericImage, ImageExt as _};
use tokio_postgres::Config;

/// The image's tag, unless `TEST_POSTGRES_TAG` names another.
const TAG: &str = "17-alpine";

/// Starts the container; how to reach its server, and what it is.
pub(crate) fn start() -> Result<(Config, String), String> {
    let tag = std::env::var("TEST_POSTGRES_TAG").unwrap_or_else(|_| TAG.to_owned());
    let what = format!("postgres:{tag}");
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| error.to_string())?
            .block_on(run(&tag))
    });
    let config = thread
        .join()
        .map_err(|_| "the start of the container panicked".to_owned())?
        .map_err(|error| {
            format!("TEST_POSTGRES=container, and no container could be started: {error}")
        })?;
    Ok((config, what))
}

async fn run(tag: &str) -> Result<Config, String> {
    let container = GenericImage::new("postgres", tag)
        .with_exposed_port(5432.tcp())
        // The first time it says so is during its set-up, on standard output.
        .with_wait_for(WaitFor::message_on_stderr(
            "database system is ready to accept connections",
        ))
        .with_env_var("POSTGRES_PASSWORD", "tests")
        .with_cmd(["-c", "fsync=off", "-c", "max_connections=400"])
        .start()
        .await
        .map_err(|error| error.to_string())?;
    let host = container
        .get_host()
        .await
        .map_err(|error| error.to_string())?;
    let port = container
        .get_host_port_ipv4(5432)
        .await
        .map_err(|error| error.to_string())?;
    remove_with_us(container.id())?;
    // Its removal is the shell's now.
    std::mem::forget(container);
    let mut config = Config::new();
    config
        .host(host.to_string())
        .port(port)
        .user("postgres")
        .password("tests")
        .dbname("postgres");
    Ok(config)
}

fn remove_with_us(id: &str) -> Result<(), String> {
    let shell = Command::new("sh")
        .args(["-c", "read _; docker rm -f -v \"$0\"", id])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    // Kept open to the end of the process.
    std::mem::forget(shell.stdin);
    Ok(())
}
