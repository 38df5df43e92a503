//! The program as a process: its words, its signals, its codes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tests::Client;

/// What a process left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A process that runs. It is killed with the value.
pub(crate) struct Program {
    child: Child,
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs it to its end.
pub(crate) fn run(words: &[&str]) -> Ended {
    Program::start(words, &[]).end()
}

impl Program {
    /// Starts it with an environment that has these variables alone.
    pub(crate) fn start(words: &[&str], variables: &[(&str, &str)]) -> Program {
        let mut child = Command::new(env!("CARGO_BIN_EXE_program"))
            .args(words)
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr: Arc<Mutex<String>> = Arc::default();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let written = stderr.clone();
        let reader = std::thread::spawn(move || {
            let mut line = String::new();
            while lines.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                written.lock().unwrap().push_str(&line);
                line.clear();
            }
        });
        Program {
            child,
            stderr,
            reader: Some(reader),
        }
    }

    /// `serve` on a free port.
    pub(crate) fn serve(database: &str, words: &[&str]) -> Program {
        let all = [&["serve", "--listen", "127.0.0.1:0"], words].concat();
        Program::start(&all, &[("DATABASE_URL", database)])
    }

    /// Waits until it has said this.
    #[track_caller]
    pub(crate) fn wait_for(&self, text: &str) -> String {
        let since = Instant::now();
        loop {
            let said = self.said();
            if said.contains(text) {
                return said;
            }
            assert!(since.elapsed() < PATIENCE, "no '{text}' in: {said}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has said on stderr.
    pub(crate) fn said(&self) -> String {
        self.stderr.lock().unwrap().clone()
    }

    /// A client, as soon as it listens.
    #[track_caller]
    pub(crate) fn client(&self) -> Client {
        let said = self.wait_for("listening on http://");
        let (_, rest) = said.split_once("listening on http://").unwrap();
        let address: SocketAddr = rest.split(',').next().unwrap().parse().unwrap();
        Client::new(address)
    }

    /// The number of its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill")
            .args([&format!("-{name}"), &pid])
            .status();
        assert!(status.unwrap().success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Ended {
        // A pipe that nobody reads stops a program that says much.
        let mut pipe = self.child.stdout.take().unwrap();
        let stdout = std::thread::spawn(move || {
            let mut stdout = String::new();
            pipe.read_to_string(&mut stdout).map(|_| stdout).unwrap()
        });
        let since = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(since.elapsed() < PATIENCE, "it goes on: {}", self.said());
            std::thread::sleep(Duration::from_millis(10));
        };
        let stdout = stdout.join().unwrap();
        self.reader.take().unwrap().join().unwrap();
        Ended {
            code: status.code(),
            stdout,
            stderr: self.said(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
