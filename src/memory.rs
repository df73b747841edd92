//! The memory of the process: how much it may use, as Linux tells it, and returning unused memory to the system.

use std::convert::Infallible;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often to check whether there is memory to return.
const INTERVAL: Duration = Duration::from_secs(1);

/// The longest wait between checks, after checks with nothing to return.
const LONGEST_INTERVAL: Duration = Duration::from_secs(16);

/// How much unused memory the process may keep, in bytes.
const WORTH_IT: u64 = 8 * 1024 * 1024;

/// Runs for ever and returns freed memory to the system, which the C library would keep for later. `used` tells how
/// much is in use, in bytes.
pub(crate) async fn give_back(used: impl Fn() -> u64) -> Infallible {
    let unused = || resident_bytes().unwrap_or(0).saturating_sub(used());
    let (at_start, mut interval) = (unused(), INTERVAL);
    loop {
        tokio::time::sleep(interval).await;
        let before = unused();
        if before > at_start + WORTH_IT {
            trim();
        }
        // Memory that is in use but not counted, such as the journal, cannot be returned. Back off rather than try it
        // every second.
        let is_kept = unused() > at_start + WORTH_IT && before.saturating_sub(unused()) < WORTH_IT;
        interval = if is_kept { (2 * interval).min(LONGEST_INTERVAL) } else { INTERVAL };
    }
}

/// Makes the C library return every page that it does not need. This takes milliseconds, in which other threads may
/// have to wait for memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to ask the C library")]
fn trim() {
    // SAFETY: the function takes no pointer, locks what it looks at, and leaves alone what is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Makes the C library return blocks of 1 MB and more as soon as they are freed, and the free end of each thread's heap
/// once it reaches 2 MB. By default, the library raises both limits, up to 64 MB, whenever a larger block is freed. If
/// the address space is limited, all threads share one heap, because each heap takes 64 MB of it. Call this before
/// other threads start.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to tell the C library")]
pub(crate) fn set_limits() {
    // SAFETY: the function takes no pointer, and no other thread is in the C library.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 1024 * 1024);
        libc::mallopt(libc::M_TRIM_THRESHOLD, 2 * 1024 * 1024);
        if address_space_limit().is_some() {
            libc::mallopt(libc::M_ARENA_MAX, 1);
        }
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
