//! The service, as a process of its own: the release binary, as it is shipped.

use crate::Failed;
use crate::http::Client;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Builds the release binary, and says where it is.
pub(crate) fn build() -> Result<PathBuf, Failed> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "build",
            "--release",
            "-p",
            "liveagent-odata",
            "--message-format=json",
        ])
        .stderr(Stdio::inherit())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let messages = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let executables = messages.filter_map(|message: serde_json::Value| {
        let is_ours = message["target"]["name"] == "liveagent-odata";
        is_ours.then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    let mut executables = executables;
    let last = executables.next_back();
    last.ok_or_else(|| "the release binary was not built".into())
}

/// A running service.
pub(crate) struct Service {
    child: Child,
    /// Where it listens.
    pub(crate) address: String,
    /// From its start until it said that it is ready.
    pub(crate) ready_after: Duration,
}

impl Service {
    /// Starts the binary and waits until it is ready. It has a session of its own, as a service has and as each of
    /// PostgreSQL's backends has: Linux shares processors out by sessions, and in that of the client it would share the
    /// client's part.
    pub(crate) fn start(binary: &Path, database: &str) -> Result<Service, Failed> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let address = format!("127.0.0.1:{port}");
        let started = Instant::now();
        let child = Command::new("setsid")
            .args(["setpriv", "--pdeathsig", "KILL"])
            .arg(binary)
            .args(["serve", "--listen", &address, "--log-level", "warn"])
            .env("DATABASE_URL", database)
            .stdout(Stdio::null())
            .spawn()?;
        let mut service = Service {
            child,
            address,
            ready_after: Duration::ZERO,
        };
        while started.elapsed() < Duration::from_secs(10) {
            let mut client = Client::new(&service.address, "bench-one");
            if client
                .get("/health/ready", &[])
                .is_ok_and(|answer| answer.status == 200)
            {
                service.ready_after = started.elapsed();
                return Ok(service);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Err("the service does not become ready".into())
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A client with the token of one of the administrators.
    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(&self.address, token)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
