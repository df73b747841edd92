//! The memory of the process, as Linux states it: how much it may use, and giving back what it no longer does.

use std::convert::Infallible;
use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the process looks whether it has memory to give back.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long it waits at most after it found nothing.
const LONGEST_INTERVAL: Duration = Duration::from_secs(16);

/// How much may be kept for nothing, in bytes.
const WORTH_IT: u64 = 8 * 1024 * 1024;

/// Gives memory back to the system that was freed: the C library keeps it for later. `used` says what is in use, in bytes.
pub(crate) async fn give_back(used: impl Fn() -> u64) -> Infallible {
    let unused = || resident_bytes().unwrap_or(0).saturating_sub(used());
    let (at_start, mut interval) = (unused(), INTERVAL);
    loop {
        tokio::time::sleep(interval).await;
        let before = unused();
        if before > at_start + WORTH_IT {
            trim();
        }
        // What is in use and not counted, such as the journal, cannot be given back: it is not looked for all the time.
        let is_kept = unused() > at_start + WORTH_IT && before.saturating_sub(unused()) < WORTH_IT;
        interval = if is_kept { (2 * interval).min(LONGEST_INTERVAL) } else { INTERVAL };
    }
}

/// Has the C library give back every page that it does not need. It takes milliseconds, in which other threads may have to
/// wait for memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[expect(unsafe_code, reason = "the only way to ask the C library")]
fn trim() {
    // SAFETY: the function takes no pointer, locks what it looks at, and leaves alone what is in use.
    unsafe { libc::malloc_trim(0) };
}

/// Has the C library give back blocks of a megabyte and more as soon as they are freed, and the free end of each thread's
/// heap when it has two. By itself it raises both limits up to 64 MB, each time that a larger block is freed. Where the
/// address space is limited, all threads share one heap: each takes 64 MB of it. To be called before there are other
/// threads.
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

/// Other C libraries give memory back by themselves, or have no such functions.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn trim() {}

/// See [`trim`].
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn set_limits() {}

/// What the process takes of the machine's memory. `None` where there is no `/proc`.
fn resident_bytes() -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    kilobytes(status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?)
}

/// A figure such as ` 24684084 kB`, in bytes.
fn kilobytes(text: &str) -> Option<u64> {
    text.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// In bytes: the least of the machine's memory, the limits of the process's control groups, and its limit of address
/// space. `None` where there is no `/proc`.
pub(crate) fn usable_bytes() -> Option<u64> {
    let of_machine = read_to_string("/proc/meminfo").ok().and_then(|text| total_bytes(&text));
    let groups = limit_files(&read_to_string("/proc/self/cgroup").unwrap_or_default());
    let of_groups = groups.into_iter().filter_map(|file| limit_bytes(&read_to_string(file).ok()?));
    of_groups.chain(of_machine).chain(address_space_limit()).min()
}

/// The memory of the machine, from `/proc/meminfo`.
fn total_bytes(meminfo: &str) -> Option<u64> {
    kilobytes(meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?)
}

/// The soft limit of the process's address space, in bytes. `None` when there is none.
fn address_space_limit() -> Option<u64> {
    address_space_bytes(&read_to_string("/proc/self/limits").ok()?)
}

/// The soft limit of address space, from `/proc/self/limits`. `None` when there is none.
fn address_space_bytes(limits: &str) -> Option<u64> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    limit.split_whitespace().next()?.parse().ok()
}

/// The files that can hold a limit, from `/proc/self/cgroup`: those of the process's own groups and of all groups above
/// them. Some do not exist: in a container, the path may be the one outside.
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

/// A limit, from a group's file. `None` for `max`, which is no limit.
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
