//! Where a server's files lie, and who holds the place.
//!
//! What comes in: a [`Directory`]. What goes out: a [`Home`], made, checked and locked, or the
//! news that another process runs its server there.
//!
//! ```text
//! <base>/            0755, ours        (a temporary one: 0700, the server's user's)
//!   lock             held while a process of ours runs a server here
//!   log              what the server says
//!   data-<major>/    0700, the server's user's
//!   s/               0700, the server's user's: the socket
//!   tls/             0700, the server's user's: certificate and key, where there are some
//! ```

use std::env;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;
use crate::run_as::RunAs;

/// Where the data is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Directory {
    /// In a new directory that goes away with the server.
    Temporary,
    /// Here, from one start to the next.
    Kept {
        /// The directory. It is made if it doesn't exist.
        path: PathBuf,
        /// Whether data that is there already is thrown away first.
        fresh: bool,
    },
}

impl Directory {
    /// The usual place to keep a program's data from one start to the next: the user's data
    /// directory (XDG), and for root, whose home the server's user can't enter, `/var/tmp`.
    pub fn usual(name: &str) -> PathBuf {
        let set = |variable: &str| env::var_os(variable).filter(|value| !value.is_empty());
        let home = || set("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let uid = nix::unistd::Uid::effective();
        if uid.is_root() {
            return PathBuf::from("/var/tmp").join(name);
        }
        match set("XDG_DATA_HOME").map(PathBuf::from).or_else(home) {
            Some(place) => place.join(name),
            None => env::temp_dir().join(format!("{name}-{uid}")),
        }
    }
}

/// The longest path that a Unix socket can have anywhere, with room for its file's name.
const LONGEST_SOCKET_DIR: usize = 80;

/// A directory that is ours to start a server in.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) base: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) sockets: PathBuf,
    pub(crate) log: PathBuf,
    /// What to remove when the server has stopped.
    pub(crate) remove: Vec<PathBuf>,
    _lock: File,
}

/// What [`open`] found.
#[derive(Debug)]
pub(crate) enum Opened {
    /// The place is ours.
    Ours(Home),
    /// Another process holds it; its data directory.
    Held { base: PathBuf, data: PathBuf },
}

/// Makes and locks the directory for a server of this major version.
pub(crate) fn open(directory: &Directory, run_as: &RunAs, major: u32) -> Result<Opened, Error> {
    let (base, temporary) = match directory {
        Directory::Temporary => (temporary(run_as, "lpg")?, true),
        Directory::Kept { path, .. } => (kept(path, run_as)?, false),
    };
    let data = base.join(format!("data-{major}"));
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(base.join("lock"))
        .map_err(Error::io(format!("lock '{}'", base.display())))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(Opened::Held { base, data }),
        Err(TryLockError::Error(error)) => {
            return Err(Error::io(format!("lock '{}'", base.display()))(error));
        }
    }
    let mut remove = Vec::new();
    if temporary {
        remove.push(base.clone());
    }
    let mut sockets = base.join("s");
    if sockets.as_os_str().as_bytes().len() > LONGEST_SOCKET_DIR {
        sockets = self::temporary(run_as, "lpg-s")?;
        remove.push(sockets.clone());
    } else {
        private(&sockets, run_as)?;
    }
    Ok(Opened::Ours(Home {
        log: base.join("log"),
        base,
        data,
        sockets,
        remove,
        _lock: lock,
    }))
}

/// A directory that only the server's user can enter; made if it isn't there.
pub(crate) fn private(path: &Path, run_as: &RunAs) -> Result<(), Error> {
    let doing = || Error::io(format!("make the directory '{}'", path.display()));
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            trusted(path, run_as)?;
        }
        Err(error) => return Err(doing()(error)),
    }
    run_as.own(path).map_err(doing())?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(doing())
}

/// A new directory under the system's place for temporary files, or the first of the usual places
/// that the server's user can reach.
fn temporary(run_as: &RunAs, prefix: &str) -> Result<PathBuf, Error> {
    let places = [
        env::temp_dir(),
        PathBuf::from("/tmp"),
        PathBuf::from("/var/tmp"),
    ];
    let place = places
        .iter()
        .find(|place| {
            place.is_dir()
                && run_as.barred(place).is_none()
                && place.as_os_str().as_bytes().len() + 24 < LONGEST_SOCKET_DIR
        })
        .ok_or_else(|| {
            Error::directory(
                &places[0],
                format!("the user '{}' can't reach it", run_as.name()),
            )
        })?;
    loop {
        let path = place.join(format!("{prefix}-{}", unique()));
        match fs::DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {
                run_as
                    .own(&path)
                    .map_err(Error::io(format!("own '{}'", path.display())))?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                return Err(Error::io(format!("make '{}'", path.display()))(error));
            }
        }
    }
}

/// A name that nothing else has: it only has to be free, not secret, as creating it fails if it
/// is not.
fn unique() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    format!(
        "{}-{:x}",
        std::process::id(),
        nanos.wrapping_add(COUNT.fetch_add(1, Ordering::Relaxed))
    )
}

/// The directory that the caller named, made with all that leads to it, and fit for the server's
/// user.
fn kept(path: &Path, run_as: &RunAs) -> Result<PathBuf, Error> {
    let path = std::path::absolute(path).map_err(Error::io("read the working directory"))?;
    // Before anything is made there.
    if let Some(closed) = run_as.barred(&path) {
        return Err(Error::directory(
            &path,
            format!(
                "the user '{}', who runs PostgreSQL, can't pass '{}'; name another directory",
                run_as.name(),
                closed.display()
            ),
        ));
    }
    let missing: Vec<&Path> = path.ancestors().take_while(|dir| !dir.exists()).collect();
    for dir in missing.into_iter().rev() {
        if fs::symlink_metadata(dir).is_ok() {
            return Err(Error::directory(dir, "it is a link that leads nowhere"));
        }
        fs::create_dir(dir)
            .and_then(|()| fs::set_permissions(dir, fs::Permissions::from_mode(0o755)))
            .map_err(Error::io(format!("make the directory '{}'", dir.display())))?;
    }
    trusted(&path, run_as)?;
    Ok(path)
}

/// Refuses what somebody else could have put there.
fn trusted(path: &Path, run_as: &RunAs) -> Result<(), Error> {
    let meta =
        fs::symlink_metadata(path).map_err(Error::io(format!("look at '{}'", path.display())))?;
    if meta.is_symlink() {
        return Err(Error::directory(path, "it is a symbolic link"));
    }
    if !meta.is_dir() {
        return Err(Error::directory(path, "it is not a directory"));
    }
    let (uid, _) = run_as.ids();
    if meta.uid() != uid && meta.uid() != nix::unistd::Uid::effective().as_raw() {
        return Err(Error::directory(path, "it belongs to somebody else"));
    }
    Ok(())
}
