//! One running server.
//!
//! What comes in: an [`Installation`], a [`Directory`] and [`Settings`]. What goes out: a
//! [`Server`] that answers on its socket. It stops when the value is dropped.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Error;
use crate::directory::{self, Directory, Home, Opened};
use crate::discover::Installation;
use crate::process::{self, PidFile, Process};

/// How long a server may take to be ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// The name of the superuser.
const SUPERUSER: &str = "postgres";

/// What is fast and quiet: the data can be made again, so nothing waits for the disk.
const PARAMETERS: [(&str, &str); 9] = [
    ("unix_socket_permissions", "0700"),
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "100"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    ("logging_collector", "off"),
    ("log_destination", "stderr"),
];

/// How the server differs from the usual one: by default it has no TCP port and no TLS.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Parameters as of `postgres -c`; they win over ours.
    pub parameters: Vec<(String, String)>,
    /// Whether it listens on a free TCP port of 127.0.0.1 too. Who comes that way has to show a
    /// password (SCRAM).
    pub tcp: bool,
    /// The superuser's password, set when the data directory is made.
    pub password: Option<String>,
    /// The certificate for TLS on the TCP port.
    pub tls: Option<Tls>,
}

/// A certificate and its key, both as PEM files. They are copied, as PostgreSQL wants to own them.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The certificate, with those between it and its root.
    pub certificate: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

impl Installation {
    /// Starts a server, on new data or on what the directory holds. If another process runs a
    /// server in that directory, this one is used ([`Server::is_shared`]).
    pub fn start(&self, directory: &Directory, settings: &Settings) -> Result<Server, Error> {
        let until = Instant::now() + PATIENCE;
        let home = loop {
            match directory::open(directory, &self.run_as, self.major())? {
                Opened::Ours(home) => break home,
                Opened::Held { base, data } => {
                    if matches!(directory, Directory::Kept { fresh: true, .. }) {
                        return Err(Error::InUse { path: base });
                    }
                    if let Some(running) = running(&data) {
                        return Ok(Server::shared(self, base, running));
                    }
                    if Instant::now() > until {
                        return Err(Error::InUse { path: base });
                    }
                    sleep(Duration::from_millis(20));
                }
            }
        };
        process::clear_stale(&home.data)?;
        if matches!(directory, Directory::Kept { fresh: true, .. }) {
            remove(&home.data)?;
        }
        if !home.data.join("PG_VERSION").is_file() {
            self.initdb(&home, settings.password.as_deref())?;
        }
        let mut parameters: Vec<(String, String)> = PARAMETERS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        if let Some(tls) = &settings.tls {
            parameters.extend(self.copy_tls(&home, tls)?);
        }
        parameters.extend(settings.parameters.iter().cloned());
        let mut server = Server {
            installation: self.clone(),
            base: home.base.clone(),
            data: home.data.clone(),
            socket_dir: home.sockets.clone(),
            port: 5432,
            tcp: settings.tcp,
            parameters,
            pid: None,
            process: None,
            home: Some(home),
        };
        for attempts_left in (0..3).rev() {
            if settings.tcp {
                server.port = free_port()?;
            }
            match server.launch() {
                // Somebody took the port between our look and PostgreSQL's.
                Err(Error::Ended(log))
                    if settings.tcp && attempts_left > 0 && log.contains("could not bind") => {}
                Err(error) => return Err(error),
                Ok(()) => break,
            }
        }
        Ok(server)
    }

    /// Makes the data directory, beside its place first: what was interrupted is not taken for a
    /// whole one.
    fn initdb(&self, home: &Home, password: Option<&str>) -> Result<(), Error> {
        remove(&home.data)?;
        let mut making = home.data.clone().into_os_string();
        making.push(".new");
        let making = PathBuf::from(making);
        remove(&making)?;
        let mut password_file = None;
        if let Some(password) = password {
            let path = home.sockets.join("password");
            let mut file = OpenOptions::new()
                .create_new(true)
                .write(true)
                .mode(0o600)
                .open(&path)
                .map_err(Error::io("write the password file"))?;
            writeln!(file, "{password}").map_err(Error::io("write the password file"))?;
            self.run_as
                .own(&path)
                .map_err(Error::io("own the password file"))?;
            password_file = Some(path);
        }
        let run = |locale: &str| {
            directory::private(&making, &self.run_as)?;
            let mut command = self.run_as.command(&self.dir.join("initdb"));
            command
                .arg("-D")
                .arg(&making)
                .args(["-U", SUPERUSER, "-E", "UTF8"])
                .arg(format!("--locale={locale}"))
                .args(["--auth-local=trust", "--auth-host=scram-sha-256"])
                .args(["--no-sync", "--no-instructions"]);
            if let Some(path) = &password_file {
                command.arg("--pwfile").arg(path);
            }
            let output = command
                .current_dir(&home.base)
                .stdin(Stdio::null())
                .output()
                .map_err(Error::io("run initdb"))?;
            Ok((output.status.success(), last_lines(&output.stderr)))
        };
        let mut result = run("C.UTF-8");
        if matches!(&result, Ok((false, lines)) if lines.contains("locale")) {
            (self.say)(
                "this machine has no locale C.UTF-8: upper and lower case are those of ASCII only",
            );
            remove(&making)?;
            result = run("C");
        }
        if let Some(path) = password_file {
            fs::remove_file(path).map_err(Error::io("remove the password file"))?;
        }
        match result? {
            (true, _) => fs::rename(&making, &home.data)
                .map_err(Error::io(format!("rename '{}'", making.display()))),
            (false, lines) => Err(Error::Initdb(lines)),
        }
    }

    fn copy_tls(&self, home: &Home, tls: &Tls) -> Result<Vec<(String, String)>, Error> {
        let dir = home.base.join("tls");
        directory::private(&dir, &self.run_as)?;
        let mut parameters = vec![("ssl".to_owned(), "on".to_owned())];
        for (parameter, from) in [
            ("ssl_cert_file", &tls.certificate),
            ("ssl_key_file", &tls.key),
        ] {
            let to = dir.join(parameter);
            fs::copy(from, &to)
                .and_then(|_| fs::set_permissions(&to, fs::Permissions::from_mode(0o600)))
                .and_then(|()| self.run_as.own(&to))
                .map_err(Error::io(format!("copy '{}'", from.display())))?;
            parameters.push((parameter.to_owned(), to.display().to_string()));
        }
        Ok(parameters)
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    installation: Installation,
    base: PathBuf,
    data: PathBuf,
    socket_dir: PathBuf,
    port: u16,
    tcp: bool,
    parameters: Vec<(String, String)>,
    pid: Option<Pid>,
    process: Option<Process>,
    /// None where another process runs the server.
    home: Option<Home>,
}

impl Server {
    /// The directory of its Unix socket; this is the `host` of a connection.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The port: the number in the socket's name, and the one of TCP where it listens there.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The TCP port on 127.0.0.1, if it has one.
    pub fn tcp_port(&self) -> Option<u16> {
        self.tcp.then_some(self.port)
    }

    /// The name of the superuser; the socket lets everybody in who can reach it.
    pub fn user(&self) -> &str {
        SUPERUSER
    }

    /// The version, such as `15.18`.
    pub fn version(&self) -> &str {
        self.installation.version()
    }

    /// The programs that it was started with.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// The directory that was named for it.
    pub fn directory(&self) -> &Path {
        &self.base
    }

    /// Whether it is the server of another process, and ends with that one.
    pub fn is_shared(&self) -> bool {
        self.home.is_none()
    }

    /// The process of the server, if it runs.
    pub fn pid(&self) -> Option<u32> {
        u32::try_from(self.pid?.as_raw()).ok()
    }

    /// A connection string in key-value form, for the superuser.
    pub fn connection_string(&self, database: &str) -> String {
        self.connection_string_as(SUPERUSER, database)
    }

    /// A connection string in key-value form.
    pub fn connection_string_as(&self, user: &str, database: &str) -> String {
        format!(
            "host={} port={} user={} dbname={}",
            quoted(&self.socket_dir.display().to_string()),
            self.port,
            quoted(user),
            quoted(database)
        )
    }

    /// Stops the server as at any end: sessions are closed, the data is in order.
    pub fn stop(&mut self) {
        self.close(true);
    }

    /// Stops the server with SIGQUIT: at once, so that the next start has to recover.
    pub fn stop_immediately(&mut self) {
        self.end_with(Signal::SIGQUIT);
    }

    /// Kills the server with SIGKILL.
    pub fn kill(&mut self) {
        self.end_with(Signal::SIGKILL);
    }

    /// Starts the server that was stopped or killed, on the same data, socket and port.
    pub fn start_again(&mut self) -> Result<(), Error> {
        if self.is_shared() || self.process.is_some() {
            return Ok(());
        }
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            process::clear_stale(&self.data)?;
            match self.launch() {
                // The sessions of a killed server notice its death a moment later.
                Err(Error::Ended(log)) if log.contains("in use") && Instant::now() < until => {
                    sleep(Duration::from_millis(50));
                }
                other => return other,
            }
        }
    }

    /// Stops and starts.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop();
        self.start_again()
    }

    /// Freezes the server with all its sessions (SIGSTOP): sockets stay open, nothing answers.
    pub fn pause(&self) {
        self.signal_all(Signal::SIGSTOP);
    }

    /// Undoes [`Server::pause`].
    pub fn resume(&self) {
        self.signal_all(Signal::SIGCONT);
    }

    fn shared(installation: &Installation, base: PathBuf, running: PidFile) -> Server {
        Server {
            installation: installation.clone(),
            data: base.clone(),
            base,
            socket_dir: PathBuf::from(running.socket_dir),
            port: running.port,
            tcp: false,
            parameters: Vec::new(),
            pid: Some(running.pid),
            process: None,
            home: None,
        }
    }

    fn launch(&mut self) -> Result<(), Error> {
        let Some(home) = &self.home else {
            return Ok(());
        };
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&home.log)
            .map_err(Error::io(format!("open '{}'", home.log.display())))?;
        let start_of_log = log.metadata().map_or(0, |meta| meta.len());
        let mut command: Vec<OsString> = vec![
            self.installation.dir.join("postgres").into(),
            "-D".into(),
            self.data.clone().into(),
            "-k".into(),
            self.socket_dir.clone().into(),
            "-p".into(),
            self.port.to_string().into(),
            "-c".into(),
            format!(
                "listen_addresses={}",
                if self.tcp { "127.0.0.1" } else { "" }
            )
            .into(),
        ];
        for (name, value) in &self.parameters {
            command.push("-c".into());
            command.push(format!("{name}={value}").into());
        }
        let mut process = process::start(
            &self.installation.run_as,
            command
                .iter()
                .map(OsString::as_os_str)
                .collect::<Vec<&OsStr>>(),
            &self.base,
            log,
            &home.remove,
        )?;
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(running) = running(&self.data) {
                self.pid = Some(running.pid);
                self.process = Some(process);
                return Ok(());
            }
            if process.ended().is_some() {
                return Err(Error::Ended(log_since(&home.log, start_of_log)));
            }
            if Instant::now() > until {
                process.stop(PidFile::read(&self.data).map(|file| file.pid), true);
                return Err(Error::NotReady {
                    seconds: PATIENCE.as_secs(),
                    log: log_since(&home.log, start_of_log),
                });
            }
            sleep(Duration::from_millis(5));
        }
    }

    fn end_with(&mut self, signal: Signal) {
        let (Some(mut process), Some(pid)) = (self.process.take(), self.pid.take()) else {
            return;
        };
        let _ = kill(pid, signal);
        if !process.ends_within(Duration::from_secs(5)) {
            process.stop(Some(pid), true);
        }
    }

    fn close(&mut self, keep: bool) {
        if let Some(mut process) = self.process.take() {
            process.stop(self.pid, keep);
        }
        self.pid = None;
    }

    fn signal_all(&self, signal: Signal) {
        let Some(pid) = self.pid else { return };
        // First the parent, so that it forks no more.
        let _ = kill(pid, signal);
        for child in process::children(pid) {
            let _ = kill(child, signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.close(false);
        if let Some(home) = &self.home {
            // The supervisor has removed them, unless it was killed or may not.
            for path in &home.remove {
                let _ = fs::remove_dir_all(path);
            }
        }
    }
}

/// A server that says that it is ready and takes a connection.
fn running(data: &Path) -> Option<PidFile> {
    let file = PidFile::read(data).filter(|file| file.ready)?;
    let socket = Path::new(&file.socket_dir).join(format!(".s.PGSQL.{}", file.port));
    UnixStream::connect(socket).ok().map(|_| file)
}

fn free_port() -> Result<u16, Error> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(Error::io("find a free port"))
}

fn remove(dir: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove '{}'", dir.display()))(error))
        }
        _ => Ok(()),
    }
}

fn log_since(log: &Path, start: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(log) {
        let _ = file.seek(SeekFrom::Start(start));
        let _ = file.read_to_end(&mut bytes);
    }
    last_lines(&bytes)
}

fn last_lines(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let last = lines.len().saturating_sub(5);
    lines.get(last..).unwrap_or_default().join("; ")
}

/// A value of a connection string in key-value form.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
}
