//! Installs PostgreSQL's packages, where the caller allows it: by apt-get, as root, on Debian and
//! its kin. Only the programs are wanted, so no system cluster is made and none is started.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::Uid;

use crate::Error;

/// Installs the package `postgresql`.
pub(crate) fn packages(say: fn(&str)) -> Result<(), Error> {
    if !is_debian(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        return Err(Error::Install(
            "this is done by apt-get, on Debian or Ubuntu only".to_owned(),
        ));
    }
    if !Uid::effective().is_root() {
        return Err(Error::Install("apt-get needs root".to_owned()));
    }
    let file = Path::new("/etc/postgresql-common/createcluster.conf");
    if no_main_cluster(file).map_err(Error::io(format!("write '{}'", file.display())))? {
        say(&format!(
            "wrote create_main_cluster = false to {}, so that no system database is made",
            file.display()
        ));
    }
    say("installing PostgreSQL's programs: apt-get install -y --no-install-recommends postgresql");
    let install = [
        "install",
        "-y",
        "-q",
        "--no-install-recommends",
        "postgresql",
    ];
    if apt_get(&install).is_err() {
        // The lists of packages are empty on a fresh machine, and age on an old one.
        say("apt-get update");
        apt_get(&["update", "-q"])?;
        apt_get(&install)?;
    }
    say("installed; no system database was made or started");
    Ok(())
}

fn is_debian(os_release: &str) -> bool {
    os_release
        .lines()
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| matches!(*name, "ID" | "ID_LIKE"))
        .flat_map(|(_, value)| value.trim_matches('"').split(' '))
        .any(|id| matches!(id, "debian" | "ubuntu"))
}

/// Sees to it that the packages make no cluster; whether anything had to be written.
fn no_main_cluster(file: &Path) -> std::io::Result<bool> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last assignment counts.
    let value = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .rfind(|(name, _)| name.trim() == "create_main_cluster")
        .map(|(_, value)| value.trim().trim_matches('\''));
    if value == Some("false") {
        return Ok(false);
    }
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir)?;
    }
    let mut out = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?;
    let newline = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    writeln!(out, "{newline}create_main_cluster = false")?;
    Ok(true)
}

fn apt_get(arguments: &[&str]) -> Result<(), Error> {
    let output = Command::new("apt-get")
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null())
        .output()
        .map_err(Error::io("run apt-get"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    Err(Error::Install(format!(
        "apt-get {} failed: {}",
        arguments[0],
        lines[lines.len().saturating_sub(5)..].join("; ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kin() {
        assert!(is_debian("PRETTY_NAME=\"x\"\nID=debian\n"));
        assert!(is_debian("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"));
        assert!(!is_debian("ID=fedora\nNAME=\"debian\"\n"));
        assert!(!is_debian(""));
    }

    #[test]
    fn no_cluster_is_made() {
        let dir = std::env::temp_dir().join(format!("lpg-unit-{}-cluster", std::process::id()));
        let file = dir.join("createcluster.conf");
        assert!(no_main_cluster(&file).unwrap());
        assert!(!no_main_cluster(&file).unwrap());
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            "create_main_cluster = false\n"
        );
        fs::write(
            &file,
            "#create_main_cluster = false\ncreate_main_cluster = true",
        )
        .unwrap();
        assert!(no_main_cluster(&file).unwrap());
        assert!(!no_main_cluster(&file).unwrap());
        fs::remove_dir_all(dir).unwrap();
    }
}
