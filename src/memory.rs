//! How much memory the process may use.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// The least of the machine's memory and the limits of the process's cgroup, in bytes. `None` if the machine does not say.
pub(crate) fn usable_bytes() -> Option<u64> {
    let mut system = System::new().ok()?;
    system.refresh_memory();
    let pid = sysinfo::get_current_pid().ok();
    if let Some(pid) = pid {
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), false, ProcessRefreshKind::nothing());
    }
    let of_process = pid.and_then(|pid| system.process(pid)?.cgroup_limits());
    let limits = [of_process, system.cgroup_limits()].into_iter().flatten().map(|limits| limits.total_memory);
    limits.chain([system.total_memory()]).filter(|&bytes| bytes > 0).min()
}
