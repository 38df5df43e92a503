//! Which PostgreSQL this machine has.
//!
//! What comes in: [`Options`]. What goes out: the newest [`Installation`], or an error that lists
//! where it was looked for.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::run_as::RunAs;
use crate::{Error, OLDEST_MAJOR, install};

/// Finds the newest server programs of this machine, and the user to run them as. With
/// [`Options::install`] they are installed where there are none.
pub fn discover(options: &Options) -> Result<Installation, Error> {
    let found = match find(options) {
        Err(Error::NotFound { .. } | Error::ClientOnly { .. })
            if options.install && options.bin_dir.is_none() =>
        {
            install::packages(options.say)?;
            find(options)
        }
        other => other,
    };
    let Programs { dir, version } = found?;
    // Chosen afterwards: the package that was just installed brings its own user.
    let run_as = RunAs::choose(options.run_as.as_deref())?;
    Ok(Installation {
        dir,
        version,
        run_as,
        say: options.say,
    })
}

/// Where to look, and what may be done when nothing is there.
#[derive(Debug, Clone)]
pub struct Options {
    /// The directory of `initdb` and `postgres`; no other one is looked into.
    pub bin_dir: Option<PathBuf>,
    /// Whether packages may be installed: by apt-get, as root, on Debian and its kin.
    pub install: bool,
    /// The user to run the server as, instead of ourselves or, for root, the first of `postgres`,
    /// `_postgres` and `nobody`.
    pub run_as: Option<String>,
    /// Hears what is done beyond the ordinary, line by line.
    pub say: fn(&str),
}

impl Default for Options {
    fn default() -> Options {
        Options {
            bin_dir: None,
            install: false,
            run_as: None,
            say: |_| {},
        }
    }
}

impl Options {
    /// What the environment asks for: `POSTGRES_BIN` names the directory of the programs,
    /// `INSTALL_POSTGRES=1` allows their installation.
    pub fn from_env() -> Options {
        Options {
            bin_dir: env::var_os("POSTGRES_BIN")
                .filter(|dir| !dir.is_empty())
                .map(PathBuf::from),
            install: env::var("INSTALL_POSTGRES")
                .is_ok_and(|yes| yes == "1" || yes.eq_ignore_ascii_case("true")),
            ..Options::default()
        }
    }
}

/// Server programs that can be started.
#[derive(Debug, Clone)]
pub struct Installation {
    pub(crate) dir: PathBuf,
    pub(crate) version: Version,
    pub(crate) run_as: RunAs,
    pub(crate) say: fn(&str),
}

impl Installation {
    /// The directory of the programs.
    pub fn bin_dir(&self) -> &Path {
        &self.dir
    }

    /// The version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version.text
    }

    /// The major version.
    pub fn major(&self) -> u32 {
        self.version.major
    }

    /// The user that a server will run as, for messages.
    pub fn run_as(&self) -> &str {
        self.run_as.name()
    }
}

/// What `postgres --version` says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) text: String,
}

/// Where packages put the programs; `*` stands for any rest of a name.
const PLACES: [&str; 9] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/local/lib/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "~/.theseus/postgresql/*/bin",
];

struct Programs {
    dir: PathBuf,
    version: Version,
}

fn find(options: &Options) -> Result<Programs, Error> {
    if let Some(dir) = &options.bin_dir {
        let version = version(dir).ok_or_else(|| Error::NoPrograms { dir: dir.clone() })?;
        return new_enough(Programs {
            dir: dir.clone(),
            version,
        });
    }
    newest(candidates(), psql_on_path())
}

/// The newest of the directories that have both programs.
fn newest(candidates: Candidates, psql: Option<PathBuf>) -> Result<Programs, Error> {
    let best = candidates
        .dirs
        .into_iter()
        .filter_map(|dir| version(&dir).map(|version| Programs { dir, version }))
        .max_by(|a, b| a.version.cmp(&b.version));
    match (best, psql) {
        (Some(programs), _) => new_enough(programs),
        (None, Some(psql)) => Err(Error::ClientOnly { psql }),
        (None, None) => Err(Error::NotFound {
            looked: candidates.looked,
        }),
    }
}

fn new_enough(programs: Programs) -> Result<Programs, Error> {
    if programs.version.major >= OLDEST_MAJOR {
        return Ok(programs);
    }
    Err(Error::TooOld {
        version: programs.version.text,
        dir: programs.dir,
    })
}

struct Candidates {
    dirs: BTreeSet<PathBuf>,
    looked: Vec<String>,
}

fn candidates() -> Candidates {
    let mut dirs = BTreeSet::new();
    let mut looked = Vec::new();
    match pg_config_bindir() {
        Some(dir) => {
            looked.push(format!("pg_config --bindir ({})", dir.display()));
            dirs.insert(dir);
        }
        None => looked.push("pg_config --bindir (not installed)".to_owned()),
    }
    looked.push("PATH".to_owned());
    // On PATH there may be a link to the program, with its companions only where it leads to.
    dirs.extend(on_path("postgres").and_then(|file| Some(file.parent()?.to_owned())));
    for place in PLACES {
        looked.push(place.to_owned());
        dirs.extend(expand(place));
    }
    let dirs = dirs
        .into_iter()
        .map(|dir| dir.canonicalize().unwrap_or(dir))
        .collect();
    Candidates { dirs, looked }
}

fn pg_config_bindir() -> Option<PathBuf> {
    let output = Command::new("pg_config")
        .arg("--bindir")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let dir = text.trim();
    (!dir.is_empty()).then(|| PathBuf::from(dir))
}

fn psql_on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join("psql"))
        .find(|file| file.is_file())
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).find_map(|dir| dir.join(program).canonicalize().ok())
}

/// The directories that a pattern of [`PLACES`] stands for.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let (mut found, rest) = match pattern.strip_prefix("~/") {
        Some(rest) => match env::var_os("HOME") {
            Some(home) => (vec![PathBuf::from(home)], rest),
            None => return Vec::new(),
        },
        None => (vec![PathBuf::from("/")], pattern),
    };
    for part in rest.split('/').filter(|part| !part.is_empty()) {
        found = match part.split_once('*') {
            None => found.into_iter().map(|dir| dir.join(part)).collect(),
            Some((start, end)) => found
                .iter()
                .filter_map(|dir| fs::read_dir(dir).ok())
                .flatten()
                .filter_map(Result::ok)
                .filter(|entry| {
                    entry.file_name().to_str().is_some_and(|name| {
                        name.len() >= start.len() + end.len()
                            && name.starts_with(start)
                            && name.ends_with(end)
                    })
                })
                .map(|entry| entry.path())
                .collect(),
        };
    }
    found.retain(|dir| dir.is_dir());
    found
}

/// The version of the programs in a directory that has both of them.
fn version(dir: &Path) -> Option<Version> {
    if !dir.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(dir.join("postgres"))
        .arg("--version")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    parse_version(std::str::from_utf8(&output.stdout).ok()?)
}

/// Reads `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`, and `18beta1`.
fn parse_version(line: &str) -> Option<Version> {
    let (_, rest) = line.split_once("(PostgreSQL) ")?;
    let text = rest.split_whitespace().next()?;
    let mut numbers = text
        .split(|c: char| !c.is_ascii_digit())
        .map(|digits| digits.parse().unwrap_or(0));
    Some(Version {
        major: numbers.next()?,
        minor: numbers.next().unwrap_or(0),
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn versions() {
        let check = |line: &str, expect: Option<(u32, u32)>| {
            let read = parse_version(line).map(|v| (v.major, v.minor));
            assert_eq!(read, expect, "{line}");
        };
        check(
            "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
            Some((15, 18)),
        );
        check("postgres (PostgreSQL) 9.6.24", Some((9, 6)));
        check("postgres (PostgreSQL) 18beta1", Some((18, 0)));
        check("postgres (EnterpriseDB) 15", None);
        check("", None);
    }

    /// A directory whose programs say that they are of this version.
    fn programs(name: &str, version: &str) -> PathBuf {
        let dir = env::temp_dir().join(format!("lpg-unit-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        for program in ["initdb", "postgres"] {
            let file = dir.join(program);
            fs::write(
                &file,
                format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n"),
            )
            .unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
        dir
    }

    fn newest_of(dirs: &[&PathBuf], psql: Option<&str>) -> Result<String, Error> {
        let candidates = Candidates {
            dirs: dirs.iter().map(|dir| (*dir).clone()).collect(),
            looked: vec!["PATH".to_owned()],
        };
        newest(candidates, psql.map(PathBuf::from)).map(|programs| programs.version.text)
    }

    #[test]
    fn the_newest_wins_and_errors_say_what_is_there() {
        let nine = programs("nine", "9.6.24");
        let eleven = programs("eleven", "11.2");
        let sixteen = programs("sixteen", "16.9");
        assert_eq!(
            newest_of(&[&nine, &sixteen, &eleven], None).unwrap(),
            "16.9"
        );
        let old = newest_of(&[&nine, &eleven], None).unwrap_err();
        assert_eq!(
            old.to_string(),
            format!(
                "PostgreSQL 11.2 in '{}' is too old, 14 or newer is needed",
                eleven.display()
            )
        );
        fs::remove_file(eleven.join("initdb")).unwrap();
        let client = newest_of(&[&eleven], Some("/usr/bin/psql")).unwrap_err();
        assert_eq!(
            client.to_string(),
            "found '/usr/bin/psql' but no server programs (initdb, postgres); install the server package"
        );
        assert_eq!((old.exit_code(), client.exit_code()), (69, 69));
        let nothing = newest_of(&[], None).unwrap_err();
        let report = nothing.report(&["--database-url postgres://..  # a server elsewhere"]);
        assert!(
            report.starts_with(
                "no PostgreSQL server programs were found\n  looked for initdb + postgres in: PATH\nfix one of:\n  apt-get install -y postgresql "
            ),
            "{report}"
        );
        assert!(report.ends_with("\n  --database-url postgres://..  # a server elsewhere"));
        for dir in [nine, eleven, sixteen] {
            fs::remove_dir_all(dir).unwrap();
        }
    }

    #[test]
    fn a_named_directory_is_the_only_one() {
        let options = Options {
            bin_dir: Some(PathBuf::from("/nonexistent/bin")),
            ..Options::default()
        };
        let error = discover(&options).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no PostgreSQL server programs (initdb, postgres) in '/nonexistent/bin'"
        );
    }

    #[test]
    fn patterns() {
        let dir = env::temp_dir().join(format!("lpg-unit-{}-glob", std::process::id()));
        for inner in ["pg-15/bin", "pg-16/bin", "other/bin", "pg-17"] {
            fs::create_dir_all(dir.join(inner)).unwrap();
        }
        let mut found = expand(&format!("{}/pg-*/bin", dir.display()));
        found.sort();
        assert_eq!(found, [dir.join("pg-15/bin"), dir.join("pg-16/bin")]);
        fs::remove_dir_all(dir).unwrap();
    }
}
