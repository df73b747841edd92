//! `docs/rust.md`: its test is pasted into a project of its own, with its `Cargo.toml`, and run there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::shell::blocks;

#[test]
fn the_test_of_the_page_runs_as_pasted() {
    let blocks = blocks(include_str!("../../docs/rust.md"));
    let text = |language: &str| {
        let mut found = blocks.iter().filter(|block| block.language == language);
        found.next().map(|block| block.text.as_str()).expect("a block")
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // Beside each other, as the page says.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rust-example");
    let project = folder.join("my-client");
    let _ = fs::remove_dir_all(&folder);
    for part in ["src", "tests"] {
        fs::create_dir_all(project.join(part)).expect("a folder");
    }
    std::os::unix::fs::symlink(root, folder.join("tracker-mock")).expect("a link");
    fs::write(project.join("Cargo.toml"), text("toml")).expect("it can be written");
    fs::write(project.join("tests/upload.rs"), text("rust")).expect("it can be written");
    fs::write(project.join("src/lib.rs"), "").expect("it can be written");
    // The versions that this build has downloaded already.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).expect("it can be copied");

    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["test", "--offline", "--test", "upload"]).current_dir(&project);
    // What both builds need is compiled once.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the target folder");
    cargo.env("CARGO_TARGET_DIR", target);
    if std::env::var_os("CARGO_PROFILE_DEV_DEBUG").is_none() {
        cargo.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only");
    }
    let ran = cargo.output().expect("cargo");
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{printed}{}", String::from_utf8_lossy(&ran.stderr));
    assert!(printed.contains("test a_file_is_attached_once ... ok"), "{printed}");
}
