//! `docs/fidelity.md`: every row is complete, and the tests that it names exist.

use std::collections::BTreeSet;
use std::path::Path;

/// The columns of every table but that of the classes.
const COLUMNS: [&str; 6] = ["Behaviour", "What we do", "Why", "Class", "Source", "Tests"];

struct Row {
    line: usize,
    cells: Vec<String>,
}

impl Row {
    fn cell(&self, column: &str) -> &str {
        let index = COLUMNS.iter().position(|name| *name == column).expect("a column");
        &self.cells[index]
    }
}

#[test]
fn every_row_is_complete() {
    for row in rows() {
        assert_eq!(row.cells.len(), COLUMNS.len(), "line {}", row.line);
        for (name, cell) in COLUMNS.iter().zip(&row.cells) {
            assert!(!cell.is_empty(), "line {} has no {name:?}", row.line);
        }
        assert!(["S", "P", "C", "D"].contains(&row.cell("Class")), "line {}: {}", row.line, row.cell("Class"));
    }
}

/// A captured answer has the tag of its source, by which the document says who recorded it.
#[test]
fn every_captured_answer_has_a_source() {
    let tags = ["Y", "K", "A", "F", "M", "O", "U", "G"];
    for row in rows().iter().filter(|row| row.cell("Class") == "C") {
        let source = row.cell("Source");
        let words = source.split(|letter: char| !letter.is_alphanumeric());
        assert!(words.into_iter().any(|word| tags.contains(&word)), "line {}: {source}", row.line);
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let rows = rows();
    let named: BTreeSet<&str> =
        rows.iter().flat_map(|row| row.cell("Tests").split(", ")).map(|name| name.trim_matches('`')).collect();
    let missing: Vec<&str> = named.into_iter().filter(|name| !exists(name)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fidelity.md");
    let text = std::fs::read_to_string(path).expect("it can be read");
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let mut rows = Vec::new();
    let mut in_table = false;
    for (index, line) in text.lines().enumerate() {
        let cells = cells(line);
        if cells == COLUMNS {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table && !line.starts_with("| ---") {
            rows.push(Row { line: index + 1, cells });
        }
    }
    assert!(rows.len() > 80, "the tables are not understood: {} rows", rows.len());
    rows
}

/// Whether `file.rs::name` is a test.
fn exists(name: &str) -> bool {
    let Some((file, function)) = name.split_once("::") else { return false };
    let file = if file.contains('/') { file.to_owned() } else { format!("tests/it/{file}") };
    let Ok(text) = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file)) else { return false };
    if file.ends_with(".py") {
        return function.starts_with("test_") && text.contains(&format!("\ndef {function}("));
    }
    let Some((before, _)) = text.split_once(&format!("fn {function}(")) else { return false };
    // Above the line of the function, through its comment, stands what makes it a test.
    let mut above = before.rsplit('\n').skip(1).take_while(|line| !line.trim().is_empty());
    above.any(|line| line.trim().starts_with("#[") && line.contains("test"))
}
