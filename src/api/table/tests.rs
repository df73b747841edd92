use std::collections::HashSet;
use std::path::Path;

use super::*;

#[test]
fn an_operation_has_the_name_of_its_handler_and_no_other() {
    let mut names = HashSet::new();
    for operation in operations() {
        assert!(names.insert(operation.name), "{} is there twice", operation.name);
        let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(operation.source));
        let source = source.expect("a source file");
        let constant = format!("const {}: Operation", operation.name.to_uppercase());
        let (_, below) = source.split_once(&constant).unwrap_or_else(|| panic!("no {constant}"));
        let handler = below.split_once(" fn ").and_then(|(_, handler)| handler.split_once('(')).expect("a handler").0;
        // The comments of entities and those of issues have the same handlers, and so have all catalogs.
        let shared = operation.name.replace("_issue_comment", "_comment").replace("_entity_comment", "_comment");
        let verb = operation.name.split('_').next().unwrap_or_default();
        assert!([operation.name, &shared, verb].contains(&handler), "{} stands above its handler", operation.name);
    }
}

#[test]
fn path_parameters_are_the_placeholders() {
    for operation in operations() {
        let placeholders: Vec<_> =
            operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
        let described: Vec<_> = operation.path_parameters().map(|parameter| parameter.name).collect();
        assert_eq!(described, placeholders, "{}", operation.name);
    }
}

#[test]
fn an_operation_is_found_by_its_whole_name() {
    assert_eq!(by_name("attach_file").map(|found| found.path), Some("/entities/{type}/{id}/attachments/{fileId}"));
    assert!(by_name("attach_fil").is_none());
}

/// `docs/endpoints.md` is made from the table; `UPDATE_SCHEMA=1 cargo test --lib table` writes it.
#[test]
fn the_document_lists_every_endpoint() {
    const SECTIONS: [(&str, &[&str]); 4] = [
        ("Temporary files, and files by their id alone", &["attachments", "thumbnails"]),
        ("Projects, portfolios and goals", &["entities"]),
        ("Issues", &["issues"]),
        ("What stands around them", &[]),
    ];
    let section_of = |operation: &Operation| {
        let first = operation.path.split('/').nth(1).expect("a first segment");
        SECTIONS.iter().position(|(_, segments)| segments.contains(&first)).unwrap_or(SECTIONS.len() - 1)
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/endpoints.md");
    let found = std::fs::read_to_string(&path).expect("the document");
    let (introduction, _) = found.split_once("\n## ").expect("sections");
    let mut expected = introduction.to_owned();
    for (index, (title, _)) in SECTIONS.iter().enumerate() {
        expected += &format!("\n## {title}\n\n| Method | Path | Handler | Reference | Class |\n");
        expected += "| --- | --- | --- | --- | --- |\n";
        for operation in operations().iter().filter(|operation| section_of(operation) == index) {
            let Operation { method, path, name, source, .. } = operation;
            let reference = operation.reference.zip(operation.reference_url());
            let reference = reference.map_or("none".to_owned(), |(page, url)| format!("[{page}]({url})"));
            expected +=
                &format!("| {method} | `{path}` | [{name}](../{source}) | {reference} | {} |\n", operation.class());
        }
    }
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &expected).expect("it can be written");
    }
    assert_eq!(found, expected, "write it with: UPDATE_SCHEMA=1 cargo test --lib table");
}
