//! What the operating system knows: CPU time of a process and all below it, memory, and what machine this is.

use std::{fs, process::Command};

use crate::{Outcome, sh};

/// Clock ticks per second in `/proc`: 100 on every Linux that Rust runs on.
const TICKS_PER_S: f64 = 100.0;

/// User and system time of a process, its threads, its children and theirs, the ended ones included.
pub fn cpu_seconds(pid: u32) -> Outcome<f64> {
    let mut ticks = stat(pid)?.ticks;
    let mut above = vec![pid];
    let others = processes()?;
    while let Some(parent) = above.pop() {
        for (pid, stat) in others.iter().filter(|(_, stat)| stat.parent == parent) {
            ticks += stat.ticks;
            above.push(*pid);
        }
    }
    Ok(ticks / TICKS_PER_S)
}

struct Stat {
    parent: u32,
    /// Its own, and those of its children that ended.
    ticks: f64,
}

fn stat(pid: u32) -> Outcome<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may contain blanks; the numbers begin behind it.
    let rest = text.rsplit_once(')').ok_or("unreadable /proc/PID/stat")?.1;
    let numbers: Vec<&str> = rest.split_whitespace().collect();
    let parent = numbers.get(1).and_then(|n| n.parse().ok()).unwrap_or_default();
    let ticks = numbers.iter().skip(11).take(4).filter_map(|n| n.parse::<f64>().ok()).sum();
    Ok(Stat { parent, ticks })
}

/// All there are, but those that ended while they were read.
fn processes() -> Outcome<Vec<(u32, Stat)>> {
    let names = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(names.filter_map(|pid| Some((pid, stat(pid).ok()?))).collect())
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

    #[test]
    fn the_time_of_children_counts_running_or_ended() {
        let mut child = Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let mine = std::process::id();
        // A tick is a hundredth of a second: it comes, however busy the machine is.
        while cpu_seconds(child.id()).unwrap() == 0.0 {
            std::thread::yield_now();
        }
        let of_child = cpu_seconds(child.id()).unwrap();
        assert!(cpu_seconds(mine).unwrap() >= of_child);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(cpu_seconds(mine).unwrap() >= of_child);
    }
}
