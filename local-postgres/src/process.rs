//! The server's process: one shell that watches over it, so that it ends when we do.
//!
//! The shell waits for the server. Beside it a reader waits for the end of a pipe whose other end
//! is ours: when we close it, or when we are gone in whatever way, the kernel closes it and the
//! server is told to stop. No signal of a parent's death is used: those fire when the thread that
//! started the child ends.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::Error;
use crate::run_as::RunAs;

/// `$REMOVE` holds the directories that go away with the server, one a line; not so if the last
/// word through the pipe is [`KEEP`], or if the server ended by itself, as it may be started again.
const SUPERVISOR: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- >&2 &
server=$!
trap "" INT TERM HUP
(
    read word <&3
    trap "" USR1
    kill -CONT $server
    kill -INT $server
    [ "$word" = keep ] || exit 10
) 2>/dev/null &
reader=$!
exec 3<&-
wait $server
status=$?
kill -USR1 $reader 2>/dev/null
wait $reader 2>/dev/null
if [ $? = 10 ]; then
    cd /
    printf '%s' "$REMOVE" | while IFS= read -r directory; do rm -rf "$directory"; done
fi
exit $status
"#;

const KEEP: &[u8] = b"keep\n";

const STEP: Duration = Duration::from_millis(5);

#[derive(Debug)]
pub(crate) struct Process {
    shell: Child,
    /// While this is open the server runs.
    pipe: Option<ChildStdin>,
}

/// Starts `command` (a program and its arguments) under the supervisor. It says what it has to say
/// to `log`.
pub(crate) fn start<'a>(
    run_as: &RunAs,
    command: impl IntoIterator<Item = &'a OsStr>,
    directory: &Path,
    log: File,
    remove: &[impl AsRef<Path>],
) -> Result<Process, Error> {
    let mut lines = std::ffi::OsString::new();
    for path in remove {
        lines.push(path.as_ref());
        lines.push("\n");
    }
    let mut shell = run_as
        .command(Path::new("/bin/sh"))
        .args(["-c", SUPERVISOR, "local-postgres"])
        .args(command)
        .env("REMOVE", lines)
        .current_dir(directory)
        // Ctrl-C in a terminal reaches the whole group, and means "stop at once" to PostgreSQL: it
        // is for us to hear, and to stop it when we are done.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .map_err(Error::io("start PostgreSQL"))?;
    let pipe = shell.stdin.take();
    Ok(Process { shell, pipe })
}

impl Process {
    /// Whether the server has ended by itself.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.shell.try_wait().ok().flatten()
    }

    /// Closes the pipe and waits for the end; insists after five seconds.
    pub(crate) fn stop(&mut self, server: Option<Pid>, keep: bool) {
        if let Some(mut pipe) = self.pipe.take()
            && keep
        {
            // If nobody reads it any more, nobody removes anything either.
            let _ = pipe.write_all(KEEP);
        }
        if self.ends_within(Duration::from_secs(5)) {
            return;
        }
        for signal in [Signal::SIGQUIT, Signal::SIGKILL] {
            if let Some(pid) = server {
                // It may have ended in between.
                let _ = kill(pid, signal);
            }
            if self.ends_within(Duration::from_secs(3)) {
                return;
            }
        }
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }

    /// Waits for an end that was brought about by a signal.
    pub(crate) fn ends_within(&mut self, time: Duration) -> bool {
        let until = Instant::now() + time;
        while self.ended().is_none() {
            if Instant::now() > until {
                return false;
            }
            sleep(STEP);
        }
        true
    }
}

/// What a server writes into its data directory about itself.
#[derive(Debug, Clone)]
pub(crate) struct PidFile {
    pub(crate) pid: Pid,
    pub(crate) port: u16,
    pub(crate) socket_dir: String,
    pub(crate) ready: bool,
}

impl PidFile {
    /// Reads it; none while it is missing or half written.
    pub(crate) fn read(data: &Path) -> Option<PidFile> {
        let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        let mut lines = text.lines();
        let pid = Pid::from_raw(lines.next()?.trim().parse().ok()?);
        // The second line is the data directory, the third the time of the start.
        let port = lines.nth(2)?.trim().parse().ok()?;
        let socket_dir = lines.next()?.to_owned();
        let ready = lines.nth(2).is_some_and(|status| status.trim() == "ready");
        Some(PidFile {
            pid,
            port,
            socket_dir,
            ready,
        })
    }
}

/// Deals with what a start before this one left behind: a server that is about to end, or never
/// got the news, or the mere file of one that was killed. The caller holds the lock, so no process
/// of ours needs it any more.
pub(crate) fn clear_stale(data: &Path) -> Result<(), Error> {
    let file = data.join("postmaster.pid");
    let Some(pid) = fs::read_to_string(&file)
        .ok()
        .and_then(|text| Some(Pid::from_raw(text.lines().next()?.trim().parse().ok()?)))
    else {
        return Ok(());
    };
    for (signal, time) in [
        (None, Duration::from_secs(2)),
        (Some(Signal::SIGCONT), Duration::ZERO),
        (Some(Signal::SIGINT), Duration::from_secs(5)),
        (Some(Signal::SIGQUIT), Duration::from_secs(5)),
        (Some(Signal::SIGKILL), Duration::from_secs(5)),
    ] {
        if !serves(pid, data) {
            break;
        }
        if let Some(signal) = signal {
            let _ = kill(pid, signal);
        }
        let until = Instant::now() + time;
        while serves(pid, data) && Instant::now() < until {
            sleep(STEP);
        }
    }
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(format!("remove '{}'", file.display()))(error))
        }
        _ => Ok(()),
    }
}

/// Whether the process lives and is the server of this directory: a number can have been given
/// away anew.
fn serves(pid: Pid, data: &Path) -> bool {
    if pid.as_raw() <= 0 || kill(pid, None) == Err(nix::errno::Errno::ESRCH) {
        return false;
    }
    command_line(pid).contains(&data.display().to_string())
}

fn command_line(pid: Pid) -> String {
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        return String::from_utf8_lossy(&bytes).replace('\0', " ");
    }
    std::process::Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .stderr(Stdio::null())
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
        .unwrap_or_default()
}

/// The processes that a server has forked.
pub(crate) fn children(parent: Pid) -> Vec<Pid> {
    let pairs = match fs::read_dir("/proc/self").and_then(|_| fs::read_dir("/proc")) {
        Ok(entries) => entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let pid = entry.file_name().to_str()?.parse().ok()?;
                let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
                // "pid (name) state ppid ..", and the name may hold anything.
                let (_, rest) = stat.rsplit_once(") ")?;
                Some((pid, rest.split(' ').nth(1)?.parse().ok()?))
            })
            .collect(),
        Err(_) => ps(),
    };
    pairs
        .into_iter()
        .filter(|(_, of)| *of == parent.as_raw())
        .map(|(pid, _)| Pid::from_raw(pid))
        .collect()
}

/// Each process with its parent, where there is no /proc.
fn ps() -> Vec<(i32, i32)> {
    let Ok(output) = std::process::Command::new("ps")
        .args(["-A", "-o", "pid=", "-o", "ppid="])
        .stderr(Stdio::null())
        .output()
    else {
        return Vec::new();
    };
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| {
            let (pid, of) = line.trim().split_once(' ')?;
            Some((pid.parse().ok()?, of.trim().parse().ok()?))
        })
        .collect()
}
