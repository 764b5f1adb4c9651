//! What the operating system knows: CPU time and memory of a process, and what machine this is.

use std::{fs, process::Command};

use crate::{Outcome, sh};

/// Clock ticks per second in `/proc`: 100 on every Linux that Rust runs on.
const TICKS_PER_S: f64 = 100.0;

/// User and system time a process has used, all threads together.
pub fn cpu_seconds(pid: u32) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may contain blanks; the numbers begin behind it.
    let rest = text.rsplit_once(')').ok_or("unreadable /proc/PID/stat")?.1;
    let ticks: f64 = rest.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(ticks / TICKS_PER_S)
}

/// Resident memory, in bytes.
pub fn resident_bytes(pid: u32) -> Outcome<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024.0)
}

/// One line: processor, cores, memory, kernel, compiler.
pub fn describe() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    let kernel = line(Command::new("uname").args(["-sr"]));
    let rustc = line(Command::new("rustc").arg("--version"));
    format!("{model}, {cores} cores, {} GiB memory, {kernel}, {rustc}", kib >> 20)
}

pub fn today() -> String {
    line(Command::new("date").args(["-u", "+%Y-%m-%d"]))
}

fn line(command: &mut Command) -> String {
    sh::output(command).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_time_and_memory_of_this_process() {
        assert!(cpu_seconds(std::process::id()).unwrap() >= 0.0);
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000.0);
    }
}
