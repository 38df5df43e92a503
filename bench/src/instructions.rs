//! Instructions from a URL to its statement, counted by callgrind: the same from run to run, so that a
//! change is judged by itself. No database is needed.

use crate::Failed;
use crate::floor::Translator;
use crate::micro::TYPICAL;
use std::process::{Command, Stdio};

/// What one query may cost: a guard against what makes it grow. The target is 60,000; other compilers and
/// allocators count a little otherwise.
const BOUND: u64 = 66_000;

/// Counts each of the typical queries, prints the counts, and fails where one is above the bound.
pub(crate) fn check() -> Result<(), Failed> {
    let mut above = 0;
    for (place, url) in TYPICAL.iter().enumerate() {
        // What the program does besides is the same in both.
        let count = count(place, 11)?.saturating_sub(count(place, 1)?) / 10;
        let is_above = count > BOUND;
        above += usize::from(is_above);
        println!(
            "{count:>8} {} {url}",
            if is_above { "ABOVE" } else { "     " }
        );
    }
    match above {
        0 => Ok(()),
        _ => Err(format!("{above} queries take more than {BOUND} instructions").into()),
    }
}

/// What runs under the counter.
pub(crate) fn translate(translator: &Translator, place: usize, times: usize) -> Result<(), Failed> {
    let url = TYPICAL.get(place).ok_or("no such query")?;
    for _ in 0..times {
        std::hint::black_box(translator.statement(std::hint::black_box(url), &[1], 10_000)?);
    }
    Ok(())
}

/// The instructions of this program while it translates a query so often.
fn count(place: usize, times: usize) -> Result<u64, Failed> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["--translate", &place.to_string(), &times.to_string()])
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind counts the instructions: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let counted = text
        .lines()
        .find_map(|line| line.split_once("Collected : "))
        .ok_or_else(|| format!("valgrind said no count: {text}"))?;
    Ok(counted.1.trim().parse()?)
}
