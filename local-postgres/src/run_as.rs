//! Who runs the server: PostgreSQL refuses root and users without a name.
//!
//! What comes in: who we are and, where the caller has a wish, a user's name. What goes out: a
//! [`RunAs`] that makes commands and owns directories.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Gid, Uid, User};

use crate::Error;

/// The user that the server's processes run as.
#[derive(Debug, Clone)]
pub(crate) enum RunAs {
    /// We are an ordinary user.
    Ourselves { name: String },
    /// We are root and become this one.
    Other { name: String, uid: u32, gid: u32 },
    /// We may not change our user, or have none: a user namespace gives us the look of 'nobody'.
    Namespace,
}

impl RunAs {
    pub(crate) fn choose(asked: Option<&str>) -> Result<RunAs, Error> {
        let me = Uid::effective();
        let refused = || Error::NoUser {
            asked: asked.map(str::to_owned),
        };
        if !me.is_root() {
            let known = User::from_uid(me).ok().flatten();
            return match (known, asked) {
                (Some(user), None) => Ok(RunAs::Ourselves { name: user.name }),
                (Some(user), Some(name)) if user.name == name => {
                    Ok(RunAs::Ourselves { name: user.name })
                }
                (None, None) if works(&RunAs::Namespace) => Ok(RunAs::Namespace),
                _ => Err(refused()),
            };
        }
        let wishes: &[&str] = match &asked {
            Some(name) => &[*name],
            None => &["postgres", "_postgres", "nobody"],
        };
        for name in wishes {
            let Ok(Some(user)) = User::from_name(name) else {
                continue;
            };
            if user.uid.is_root() {
                continue;
            }
            let other = RunAs::Other {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
            };
            if works(&other) {
                return Ok(other);
            }
        }
        if asked.is_none() && works(&RunAs::Namespace) {
            return Ok(RunAs::Namespace);
        }
        Err(refused())
    }

    /// A command that runs as this user, with nothing of our environment but what the programs
    /// need.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            RunAs::Ourselves { .. } => Command::new(program),
            RunAs::Other { uid, gid, .. } => {
                let mut command = Command::new(program);
                // Changing the user by `uid` also drops root's supplementary groups.
                command.uid(*uid).gid(*gid);
                command
            }
            RunAs::Namespace => {
                let mut command = Command::new("unshare");
                command
                    .args(["--user", "--map-user=65534", "--"])
                    .arg(program);
                command
            }
        };
        command.env_clear();
        for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("LC_ALL", "C").env("TZ", "UTC");
        command
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> &str {
        match self {
            RunAs::Ourselves { name } | RunAs::Other { name, .. } => name,
            RunAs::Namespace => "nobody (in a user namespace)",
        }
    }

    /// The numbers that its files have, as we see them.
    pub(crate) fn ids(&self) -> (u32, u32) {
        match self {
            RunAs::Other { uid, gid, .. } => (*uid, *gid),
            RunAs::Ourselves { .. } | RunAs::Namespace => {
                (Uid::effective().as_raw(), Gid::effective().as_raw())
            }
        }
    }

    /// Gives a file of ours to this user.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match self {
            RunAs::Other { uid, gid, .. } => chown(path, Some(*uid), Some(*gid)),
            RunAs::Ourselves { .. } | RunAs::Namespace => Ok(()),
        }
    }

    /// The first of the directories that lead to `path` that this user can't pass.
    pub(crate) fn barred<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        let RunAs::Other { uid, gid, .. } = self else {
            return None;
        };
        let mut closed = None;
        // Upwards, so the topmost one is the last that is found.
        for dir in path.ancestors() {
            let Ok(meta) = fs::metadata(dir) else {
                continue;
            };
            let pass = if meta.uid() == *uid {
                0o100
            } else if meta.gid() == *gid {
                0o010
            } else {
                0o001
            };
            if meta.is_dir() && meta.mode() & pass == 0 {
                closed = Some(dir);
            }
        }
        closed
    }
}

/// Whether a command can be run like that at all: a container may have taken the right away.
fn works(run_as: &RunAs) -> bool {
    run_as
        .command(Path::new("/bin/sh"))
        .args(["-c", ":"])
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
