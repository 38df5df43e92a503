//! What the operating system says of a process: its CPU time and its memory.

use std::collections::HashMap;
use std::fs;

/// Clock ticks a second, which Linux has had for all of this century.
const TICKS: f64 = 100.0;

/// CPU seconds of a process.
pub(crate) fn cpu(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |stat| stat.own / TICKS)
}

/// CPU seconds of a server's processes, those that have ended included.
pub(crate) fn cpu_of_server(postmaster: u32) -> f64 {
    let parent = stat(postmaster).map_or(0.0, |stat| stat.own + stat.ended_children);
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = pids
        .filter_map(stat)
        .filter(|stat| stat.parent == postmaster);
    (parent + children.map(|stat| stat.own).sum::<f64>()) / TICKS
}

/// Resident memory of a process now and at its peak, in MiB.
pub(crate) fn memory(pid: u32) -> (f64, f64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let lines: HashMap<&str, f64> = text
        .lines()
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name, value.split_whitespace().next()?.parse().ok()?))
        })
        .collect();
    let mib = |name| lines.get(name).copied().unwrap_or(0.0) / 1024.0;
    (mib("VmRSS"), mib("VmHWM"))
}

/// Forgets the peak so far.
pub(crate) fn reset_peak(pid: u32) {
    // Where it may not be written, the peak is that since the start.
    let _ = fs::write(format!("/proc/{pid}/clear_refs"), "5");
}

struct Stat {
    parent: u32,
    own: f64,
    ended_children: f64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold anything, but ends at the last parenthesis.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |place: usize| fields.get(place)?.parse::<f64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: ticks(11)? + ticks(12)?,
        ended_children: ticks(13)? + ticks(14)?,
    })
}
