//! The rules of the source tree that the compiler does not hold: which folder may import which, that no files import each
//! other in a circle, and that no name of a type means two things.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The files and folders at the top of `src`, from the top floor to the ground. Each may import what stands below it,
/// and nothing else. `control` is built on `api`: it reads requests and writes answers with the same means.
const FLOORS: [&[&str]; 12] = [
    &[
        "main",
        "cli",
        "client",
        "coverage_command",
        "drift",
        "env_command",
        "https",
        "lab",
        "log",
        "memory",
        "names",
        "record",
        "run",
        "signals",
        "tail",
        "torture",
        "verify",
    ],
    &["lib"],
    &["server"],
    &["app"],
    &["middleware"],
    &["control"],
    &["api"],
    &["connection"],
    &["wire"],
    &["config", "request_id", "tls"],
    &["domain"],
    &["macros"],
];

/// What the lower floors leave to the upper ones: `domain` knows the rules and `wire` the JSON of the API, both without HTTP.
const CRATES: [(&str, &[&str]); 2] = [
    (
        "domain",
        &[
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
        ],
    ),
    ("wire", &["axum", "http", "http_body_util", "hyper", "hyper_util", "multer", "tokio", "tower", "tower_http"]),
];

/// How a macro begins that declares types.
const DECLARING: [&str; 4] = ["built! {", "made! {", "named! {", "stored! {"];

/// A source file.
struct Source {
    /// `crate::domain::file` for `src/domain/file.rs`.
    module: String,
    /// The paths in it, written out from the crate's root.
    paths: Vec<String>,
    /// The types and traits that it declares.
    types: Vec<String>,
    /// What it declares for other files.
    items: Vec<String>,
}

#[test]
fn each_folder_imports_what_stands_below_it() {
    let floor_of = |module: &str| {
        let top = module.split("::").nth(1).unwrap_or("lib").to_owned();
        FLOORS.iter().position(|floor| floor.contains(&top.as_str())).unwrap_or_else(|| panic!("where is {top}?"))
    };
    let mut broken = Vec::new();
    for Source { module, paths, .. } in sources() {
        let own = floor_of(&module);
        for path in &paths {
            let is_up = path.strip_prefix("crate::").is_some_and(|rest| {
                let top = rest.split("::").next().expect("a first name");
                FLOORS[..own].iter().any(|floor| floor.contains(&top))
            });
            let crates = CRATES.iter().find(|(folder, _)| module.split("::").nth(1) == Some(folder));
            let first = path.split("::").next().expect("a first name");
            if is_up || crates.is_some_and(|(_, forbidden)| forbidden.contains(&first)) {
                broken.push(format!("{module}: {path}"));
            }
        }
    }
    assert!(broken.is_empty(), "forbidden imports:\n{}", broken.join("\n"));
}

/// In `domain` the commands of `World` stand beside what they change, so its files know each other.
#[test]
fn no_files_import_each_other_in_a_circle() {
    let sources: Vec<_> = sources().into_iter().filter(|source| !source.module.starts_with("crate::domain")).collect();
    let modules: BTreeSet<&str> = sources.iter().map(|source| source.module.as_str()).collect();
    // The file that a path leads into: the longest module that it begins with, or the file below that which declares what
    // the module hands on.
    let file_of = |path: &str| {
        let ends = path.match_indices("::").map(|(at, _)| at).chain([path.len()]);
        let module = ends.filter_map(|end| modules.get(&path[..end])).max_by_key(|module| module.len()).copied()?;
        if module == "crate" {
            return None;
        }
        let item = path[module.len()..].split("::").nth(1).unwrap_or_default();
        let mut below = sources.iter().filter(|source| source.module.starts_with(module));
        let home = below.find(|source| source.items.iter().any(|declared| declared == item));
        Some(home.map_or(module, |source| source.module.as_str()))
    };
    let mut imports: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for Source { module, paths, .. } in &sources {
        // A path may begin with a module: one below this file, or one that it imports.
        let in_full = |path: &str| {
            let (first, _) = path.split_once("::")?;
            let is_meant = |known: &&str| known.rsplit_once("::").is_some_and(|(_, last)| last == first);
            let imported = || paths.iter().map(String::as_str).filter(|known| modules.contains(known)).find(is_meant);
            let below = format!("{module}::{first}");
            let begin = modules.get(below.as_str()).copied().or_else(imported)?;
            Some(begin.to_owned() + &path[first.len()..])
        };
        let all = paths.iter().map(|path| in_full(path).unwrap_or_else(|| path.clone()));
        let files = all.filter_map(|path| file_of(&path)).filter(|file| file != module);
        imports.insert(module, files.collect());
    }
    let reached_from = |module: &str| {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&str> = imports[module].iter().copied().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(&imports[file]);
            }
        }
        reached
    };
    let reached: BTreeMap<&str, _> = imports.keys().map(|module| (*module, reached_from(module))).collect();
    let mut circles = BTreeSet::new();
    for (module, files) in reached.iter().filter(|(module, files)| files.contains(*module)) {
        circles.insert(files.iter().copied().filter(|file| reached[file].contains(module)).collect::<Vec<_>>());
    }
    assert!(circles.is_empty(), "circles: {circles:#?}");
}

/// Who searches a name finds one declaration.
#[test]
fn a_name_of_a_type_means_one_thing() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Source { module, types, .. } in sources() {
        for name in types {
            homes.entry(name).or_default().push(module.clone());
        }
    }
    assert!(homes.contains_key("EntityType"), "no declaration is found any more");
    homes.retain(|_, modules| modules.len() > 1);
    assert!(homes.is_empty(), "declared more than once: {homes:#?}");
}

#[test]
fn a_declaration_is_found_whatever_stands_before_it() {
    let text = "struct A;\npub(in crate::api) enum B<T> {\n    type Own = C;\n}\npub trait D: E {}\npub type F = G;\n// struct H\n\
        pub(crate) const fn i() {}\npub const J: u8 = 0;\nfn k() {}\nbuilt! {\n    pub struct L;\n}\npub(crate) use m;\npub mod n;\nname!(\n    O,\n);\nlet p = vec!(Q);";
    assert_eq!(types_of(text), ["A", "B", "D", "F", "L"]);
    assert_eq!(items_of(text), ["B", "D", "F", "i", "J", "L", "m", "O"]);
}

/// The rule sees through every way to write an import, and only through those.
#[test]
fn a_path_is_found_however_it_is_written() {
    let find = |text: &str| paths_of(text, &["crate", "domain", "file"].map(String::from)).join(" ");
    for (text, expected) in [
        ("use axum::body::Body;", "axum::body::Body"),
        ("use axum;", "axum"),
        ("use axum as web;", "axum"),
        ("pub(crate) use ::tokio::sync::Mutex;", "tokio::sync::Mutex"),
        ("use {std::fmt, tower::Service};", "std::fmt tower::Service"),
        (
            "use crate::{config, wire::{links::Links, user}};",
            "crate::config crate::wire::links::Links crate::wire::user",
        ),
        ("use super::super::wire::links::Links;", "crate::wire::links::Links"),
        ("use super::super::{app, config};", "crate::app crate::config"),
        ("fn f() -> http::StatusCode { todo() }", "http::StatusCode"),
        ("fn f(value: Vec<crate::api::Thing>) {}", "crate::api::Thing"),
        ("/* use axum; */ use hyper /* why */ :: Uri ;", "hyper::Uri"),
        (
            "// use axum::body::Body;\n//! [`crate::wire`]\nlet text = \"use axum;\"; let more = r#\"tokio::spawn\"#;",
            "",
        ),
        ("let http = 1; let axum = http + 1; self.tokio();", ""),
    ] {
        assert_eq!(find(text), expected, "{text}");
    }
}

/// The files of `src`, without their tests.
fn sources() -> Vec<Source> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of src") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                let text = text.split("#[cfg(test)]\nmod tests {").next().expect("a first part");
                let module = module_of(&path);
                if module.last().is_none_or(|name| !["tests", "differential"].contains(&name.as_str())) {
                    let (paths, types, items) = (paths_of(text, &module), types_of(text), items_of(text));
                    sources.push(Source { module: module.join("::"), paths, types, items });
                }
            }
        }
    }
    assert!(sources.len() > 100, "src is not where it was");
    sources
}

/// `crate`, `domain`, `file` for `src/domain/file.rs`.
fn module_of(file: &Path) -> Vec<String> {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("a file of src");
    let path = inside.with_extension("");
    let names =
        path.iter().map(|name| name.to_string_lossy().into_owned()).filter(|name| name != "mod" && name != "lib");
    std::iter::once("crate".to_owned()).chain(names).collect()
}

/// Every path in a source text of this module, from the crate's root.
fn paths_of(text: &str, module: &[String]) -> Vec<String> {
    paths(&tokens(text)).into_iter().map(|path| absolute(path, module).join("::")).collect()
}

/// The types and traits that stand at the left edge of a source text, or in a macro that declares them. What is indented
/// otherwise belongs to an `impl` or a trait.
fn types_of(text: &str) -> Vec<String> {
    let names = declared(text, |_| true, &["struct", "enum", "trait", "type", "union"]);
    names.into_iter().filter(|name| name.starts_with(char::is_uppercase)).collect()
}

/// What stands there for other files. A macro is handed on by a `use` of its own, and what it makes is named first in its
/// brackets.
fn items_of(text: &str) -> Vec<String> {
    let kinds = ["struct", "enum", "trait", "type", "const", "static", "fn", "use"];
    let is_for_others =
        |line: &str| line.trim_start().starts_with("pub") && !(line.contains(" use ") && line.contains("::"));
    let made = text.match_indices("!(").filter_map(|(at, bracket)| {
        let name = tokens(text[at + bracket.len()..].trim_start().split(',').next()?).into_iter().next()?;
        let line = text[..at].rsplit('\n').next().unwrap_or_default();
        (line.chars().all(char::is_alphanumeric) && name.starts_with(char::is_uppercase)).then_some(name)
    });
    declared(text, is_for_others, &kinds).into_iter().chain(made).collect()
}

/// The names that follow a word of these kinds.
fn declared(text: &str, is_meant: impl Fn(&str) -> bool, kinds: &[&str]) -> Vec<String> {
    let mut in_macro = false;
    let left = text.lines().filter(|line| {
        in_macro = DECLARING.contains(line) || in_macro && !line.starts_with('}');
        let has_type = [" struct ", " enum "].iter().any(|word| line.contains(word));
        line.starts_with(|first: char| first.is_ascii_lowercase()) || in_macro && has_type
    });
    left.filter(|line| is_meant(line))
        .filter_map(|line| {
            let mut words =
                line.split(|one: char| !one.is_alphanumeric() && one != '_').filter(|word| !word.is_empty());
            words.by_ref().take(5).find(|word| kinds.contains(word))?;
            words.find(|word| !kinds.contains(word)).map(str::to_owned)
        })
        .collect()
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
