//! What there is no program for on every system.

use std::io::{Error, Result};
use std::path::Path;

use rustix::mount::mount_bind;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with};

/// Shows one file at the place of another, in this namespace.
pub(super) fn lay_over(file: &Path, place: &str) -> Result<()> {
    Ok(mount_bind(file, place)?)
}

/// Asks the kernel by netlink to raise the first interface, which is `lo`: a new namespace has it, but down.
pub(super) fn raise_loopback() -> Result<()> {
    const NEW_LINK: u16 = 16;
    const REQUEST_AND_ACK: u16 = 1 | 4;
    const UP: u32 = 1;
    // The header: length, type, flags, number, sender. Then the interface: family and type, index, flags, their mask.
    let mut message = Vec::new();
    message.extend(32_u32.to_ne_bytes());
    message.extend(NEW_LINK.to_ne_bytes());
    message.extend(REQUEST_AND_ACK.to_ne_bytes());
    for number in [1, 0, 0, 1, UP, UP] {
        message.extend(number.to_ne_bytes());
    }
    let kernel = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, None)?;
    send(&kernel, &message, SendFlags::empty())?;
    let mut answer = [0; 64];
    recv(&kernel, &mut answer, RecvFlags::empty())?;
    // An error, 0 for success, behind the header.
    match i32::from_ne_bytes([answer[16], answer[17], answer[18], answer[19]]) {
        0 => Ok(()),
        error => Err(Error::from_raw_os_error(-error)),
    }
}
