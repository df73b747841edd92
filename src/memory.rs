//! The memory of the process: how much it may use, as Linux tells it, and returning unused memory to the system.

use std::convert::Infallible;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to check whether there is memory to return.
const INTERVAL: Duration = Duration::from_secs(1);

/// How many checks in a row must find unused memory, if there is plenty of memory. Until then the next files can have it,
/// which is much faster than new pages: tests upload files again and again, and reset in between.
const PATIENT_CHECKS: u32 = 8;

/// The most checks in a row, after attempts that returned nothing.
const MOST_CHECKS: u32 = 16;

/// How much unused memory the process may keep, in bytes.
const WORTH_IT: u64 = 8 * MIB;

/// From this much memory on, in bytes, freed memory is kept for a while: there is room for it beside what is in use,
/// which is at most 4 GiB by default.
const PLENTY: u64 = 12 * 1024 * MIB;

const MIB: u64 = 1024 * 1024;

/// Runs for ever and returns memory to the system that was freed some time ago. `used` tells how much is in use, in
/// bytes.
pub(crate) async fn give_back(used: impl Fn() -> u64) -> Infallible {
    let unused = || resident_bytes().unwrap_or(0).saturating_sub(used());
    // What only the start needed.
    trim();
    let enough = unused() + WORTH_IT;
    let is_patient = has_plenty();
    let usual = if is_patient { PATIENT_CHECKS } else { 1 };
    let (mut checks, mut due, mut in_use) = (0, usual, used());
    loop {
        tokio::time::sleep(INTERVAL).await;
        let before = unused();
        // While files come and go, the next ones use what is unused now.
        let is_busy = is_patient && used().abs_diff(in_use) > before / 8;
        in_use = used();
        checks = if before > enough && !is_busy { checks + 1 } else { 0 };
        if checks >= due {
            trim();
            // Memory that is in use but not counted, such as the journal, cannot be returned. Then wait longer.
            let is_kept = before.saturating_sub(unused()) < WORTH_IT;
            (checks, due) = (0, if is_kept { (2 * due).min(MOST_CHECKS) } else { usual });
        }
    }
}

fn has_plenty() -> bool {
    usable_bytes().is_some_and(|bytes| bytes >= PLENTY)
}

/// Makes the C library return every page that it does not need. This takes milliseconds, in which other threads may
/// have to wait for memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to ask the C library")]
fn trim() {
    // SAFETY: the function takes no pointer, locks what it looks at, and leaves alone what is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Tells the C library to use one heap, and what to keep of it when it is freed: with plenty of memory blocks below
/// 8 MiB, until [`give_back`] returns them; with less, blocks below 256 KiB, and 2 MiB at the end. By default each
/// thread has a heap of its own, which takes 64 MB of address space, and whose free end [`trim`] does not return. Call
/// this before other threads start.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to tell the C library")]
pub(crate) fn set_limits() {
    let (own_map, free_end) = if has_plenty() { (8 * MIB, 1024 * MIB) } else { (256 * 1024, 2 * MIB) };
    let settings = [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, own_map), (libc::M_TRIM_THRESHOLD, free_end)];
    for (setting, value) in settings {
        // SAFETY: the function takes no pointer, and no other thread is in the C library.
        unsafe { libc::mallopt(setting, value as libc::c_int) };
    }
}

/// Other C libraries return memory by themselves, or have no such functions.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

/// See [`trim`].
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn set_limits() {}

/// The resident memory of the process, in bytes. `None` if there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    kilobytes(status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?)
}

/// A figure such as ` 24684084 kB`, in bytes.
fn kilobytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// How much memory the process may use, in bytes: the smallest of the machine's memory, the limits of the process's
/// control groups, and its address space limit. `None` if there is no `/proc`.
pub(crate) fn usable_bytes() -> Option<u64> {
    let of_machine = read_to_string("/proc/meminfo").ok().and_then(|text| total_bytes(&text));
    let groups = limit_files(&read_to_string("/proc/self/cgroup").unwrap_or_default());
    let of_groups = groups.into_iter().filter_map(|file| limit_bytes(&read_to_string(file).ok()?));
    of_groups.chain(of_machine).chain(address_space_limit()).min()
}

/// The memory of the machine in bytes, from `/proc/meminfo`.
fn total_bytes(meminfo: &str) -> Option<u64> {
    kilobytes(meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?)
}

/// The soft limit on the address space of the process, in bytes. `None` if there is none.
fn address_space_limit() -> Option<u64> {
    address_space_bytes(&read_to_string("/proc/self/limits").ok()?)
}

/// The soft limit on the address space, from `/proc/self/limits`. `None` if there is none.
fn address_space_bytes(limits: &str) -> Option<u64> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    limit.split_whitespace().next()?.parse().ok()
}

/// The files that can hold a memory limit, from `/proc/self/cgroup`: those of the process's control groups and of all
/// groups above them. Some may not exist, because in a container the path may be that on the host.
fn limit_files(cgroup: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in cgroup.lines() {
        // `number:controllers:path`; version 2 names no controllers.
        let Some((controllers, path)) = line.split_once(':').and_then(|(_, rest)| rest.split_once(':')) else {
            continue;
        };
        let (mount, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let groups = Path::new(path.trim_start_matches('/')).ancestors();
        files.extend(groups.map(|group| Path::new(mount).join(group).join(file)));
    }
    files
}

/// A limit in bytes, from the file of a control group. `None` for `max`, which means no limit.
fn limit_bytes(text: &str) -> Option<u64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_of_the_machine() {
        let meminfo = "MemTotal:       24684084 kB\nMemFree:         5942656 kB\nMemAvailable:   20260684 kB\n";
        assert_eq!(total_bytes(meminfo), Some(24_684_084 * 1024));
        assert_eq!(total_bytes("MemFree: 1 kB\n"), None);
    }

    #[test]
    fn the_address_space_of_the_process() {
        let limits = |soft: &str| {
            format!(
                "Limit                     Soft Limit           Hard Limit           Units     \n\
                 Max locked memory         8388608              8388608              bytes     \n\
                 Max address space         {soft:<20} unlimited            bytes     \n\
                 Max file locks            unlimited            unlimited            locks     \n"
            )
        };
        assert_eq!(address_space_bytes(&limits("unlimited")), None);
        assert_eq!(address_space_bytes(&limits("2147483648")), Some(2_147_483_648));
    }

    #[test]
    fn the_files_of_both_versions_of_control_groups() {
        let files = |text| limit_files(text).into_iter().map(|file| file.display().to_string()).collect::<Vec<_>>();
        assert_eq!(
            files("0::/user.slice/app.scope\n"),
            [
                "/sys/fs/cgroup/user.slice/app.scope/memory.max",
                "/sys/fs/cgroup/user.slice/memory.max",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert_eq!(
            files("9:name=systemd:/\n8:pids:/\n4:cpu,memory:/docker/6a7e\n1:cpu:/\n0::/\n"),
            [
                "/sys/fs/cgroup/memory/docker/6a7e/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/docker/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory/memory.limit_in_bytes",
                "/sys/fs/cgroup/memory.max",
            ]
        );
        assert!(files("").is_empty());
    }

    #[test]
    fn limits_of_groups() {
        assert_eq!(limit_bytes("536870912\n"), Some(536_870_912));
        assert_eq!(limit_bytes("max\n"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_states_a_limit() {
        assert!(usable_bytes().is_some_and(|bytes| bytes > 0));
    }
}
