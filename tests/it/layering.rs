//! The rules of the source tree that the compiler does not hold: which module may know which, and that every endpoint
//! is where the documentation of the code says it is.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder of `src` and what may not be named there: crates, and modules of this crate.
struct Layer {
    folder: &'static str,
    forbidden: &'static [&'static str],
}

const LAYERS: [Layer; 4] = [
    Layer {
        folder: "domain",
        forbidden: &[
            "axum",
            "http",
            "http_body_util",
            "hyper",
            "hyper_util",
            "multer",
            "serde_json",
            "tokio",
            "tower",
            "tower_http",
            "crate::api",
            "crate::app",
            "crate::cli",
            "crate::connection",
            "crate::control",
            "crate::server",
            "crate::wire",
        ],
    },
    Layer {
        folder: "wire",
        forbidden: &[
            "axum",
            "http",
            "http_body_util",
            "hyper",
            "hyper_util",
            "multer",
            "tokio",
            "tower",
            "tower_http",
            "crate::api",
            "crate::app",
            "crate::cli",
            "crate::connection",
            "crate::control",
            "crate::server",
        ],
    },
    Layer {
        folder: "connection",
        forbidden: &["crate::api", "crate::app", "crate::cli", "crate::control", "crate::server"],
    },
    Layer { folder: "api", forbidden: &["crate::control", "crate::server", "crate::cli"] },
];

#[test]
fn imports_point_down() {
    let mut broken = Vec::new();
    for layer in LAYERS {
        let files = sources(layer.folder);
        assert!(files.len() > 3, "src/{} is not where it was", layer.folder);
        for file in files {
            let text = fs::read_to_string(&file).expect("a readable file");
            let found = violations(&text, &module_of(&file), layer.forbidden);
            broken.extend(found.into_iter().map(|path| format!("{}: {path}", file.display())));
        }
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

/// The rule sees through every way to write an import, and only through those.
#[test]
fn a_forbidden_import_is_found_however_it_is_written() {
    let find = |text: &str| violations(text, &["crate", "domain", "file"].map(String::from), LAYERS[0].forbidden);
    for (text, expected) in [
        ("use axum::body::Body;", "axum::body::Body"),
        ("use axum;", "axum"),
        ("use axum as web;", "axum"),
        ("pub(crate) use ::tokio::sync::Mutex;", "tokio::sync::Mutex"),
        ("use {std::fmt, tower::Service};", "tower::Service"),
        ("use {std::fmt::*, std::{io as tokio, fs},}; fn f() { use multer; }", "multer"),
        ("use crate::{config, wire::{links::Links, user}};", "crate::wire::links::Links crate::wire::user"),
        ("use super::super::wire::links::Links;", "crate::wire::links::Links"),
        ("use super::super::{app, config};", "crate::app"),
        ("fn f() -> http::StatusCode { todo() }", "http::StatusCode"),
        ("let text = serde_json::to_string(&1);", "serde_json::to_string"),
        ("fn f(value: Vec<crate::api::Thing>) {}", "crate::api::Thing"),
        ("/* use axum; */ use hyper /* why */ :: Uri ;", "hyper::Uri"),
        ("use axum_extra::X; use crate::application::X; use super::wire::X; use std::http::X;", ""),
        (
            "// use axum::body::Body;\n//! [`crate::wire`]\nlet text = \"use axum;\"; let more = r#\"tokio::spawn\"#;",
            "",
        ),
        ("let http = 1; let axum = http + 1; self.tokio();", ""),
    ] {
        assert_eq!(find(text).join(" "), expected, "{text}");
    }
}

/// The files of a folder of `src`, those of its subfolders too.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of src") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files
}

/// `crate`, `domain`, `file` for `src/domain/file.rs`.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("a file of src");
    let path = inside.with_extension("");
    let names = path.iter().map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "mod");
    std::iter::once("crate".to_owned()).chain(names).collect()
}

/// Every path in a source text of this module that starts with a forbidden one.
fn violations(text: &str, module: &[String], forbidden: &[&str]) -> Vec<String> {
    let paths = paths(&tokens(text)).into_iter().map(|path| absolute(path, module).join("::"));
    let starts_with = |path: &str, start: &str| {
        path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    paths.filter(|path| forbidden.iter().any(|start| starts_with(path, start))).collect()
}

/// Names and punctuation, without comments and literals. A path separator is one token.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let raw_hashes = rest.strip_prefix('r').map_or(0, |raw| raw.len() - raw.trim_start_matches('#').len());
        let raw_start = format!("r{}\"", "#".repeat(raw_hashes));
        let end_after =
            |start: usize, end: &str| rest[start..].find(end).map_or(rest.len(), |at| start + at + end.len());
        let length = if rest.starts_with("//") {
            end_after(2, "\n")
        } else if rest.starts_with("/*") {
            end_after(2, "*/")
        } else if rest.starts_with(&raw_start) {
            end_after(raw_start.len(), &format!("\"{}", "#".repeat(raw_hashes)))
        } else if first == '"' {
            string_length(rest)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|one: char| !one.is_alphanumeric() && one != '_').unwrap_or(rest.len());
            tokens.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else if rest.starts_with("'\"'") || rest.starts_with("b'\"'") {
            3
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            _ => escaped = character == '\\' && !escaped,
        }
    }
    text.len()
}

/// Every path with a separator in it, and every path of a `use`, with its groups written out.
fn paths(tokens: &[String]) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at] == "use" {
            at = use_tree(tokens, at + 1, &[], &mut paths);
        } else {
            let path = plain_path(tokens, at);
            at += (2 * path.len()).max(2) - 1;
            paths.extend(Some(path).filter(|path| path.len() > 1));
        }
    }
    paths
}

/// Reads `a::b::c` and gives its names.
fn plain_path(tokens: &[String], mut at: usize) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(name) = tokens.get(at).filter(|token| is_name(token)) {
        names.push(name.clone());
        if tokens.get(at + 1).is_none_or(|token| token != "::") {
            break;
        }
        at += 2;
    }
    names
}

/// Reads `a::b`, `a as b` or `a::{b, c::d}` below `prefix` and gives where it ends.
fn use_tree(tokens: &[String], mut at: usize, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = prefix.to_vec();
    loop {
        match token(at) {
            "::" | "*" => at += 1,
            "{" => {
                while ["{", ","].contains(&token(at)) {
                    at = use_tree(tokens, at + 1, &path, found);
                }
                return at + 1;
            }
            name if is_name(name) && name != "as" => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    if path.len() > prefix.len() {
        found.push(path);
    }
    if token(at) == "as" { at + 2 } else { at }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|one: char| one.is_alphanumeric() || one == '_')
}

/// The path from the crate's root, where it is written from `self` or `super`.
fn absolute(path: Vec<String>, module: &[String]) -> Vec<String> {
    let above = path.iter().take_while(|name| *name == "super").count();
    let relative = above + usize::from(path[above..].first().is_some_and(|name| name == "self"));
    if relative == 0 {
        return path;
    }
    let base = module.len().saturating_sub(above).max(1);
    module[..base].iter().chain(&path[relative..]).cloned().collect()
}
