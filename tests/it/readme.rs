//! `README.md` and the pages of `docs`: their commands are run and the output is compared, and their tables are held
//! against the program.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tracker_mock::DEFAULT_FIXTURES;
use tracker_mock::{Clock, TrackerMock};

use crate::support::shell::{self, Block, blocks};

const README: &str = include_str!("../../README.md");
const FIRST_STEPS: &str = include_str!("../../docs/first-steps.md");
const GUIDE: &str = include_str!("../../docs/testing-with-tracker-mock.md");
const RUN: &str = include_str!("../../docs/run.md");
const OPTIONS: &str = include_str!("../../docs/options.md");
const CONTROL_PLANE: &str = include_str!("../../docs/control-plane.md");
const WORLDS: &str = include_str!("../../docs/worlds.md");
const CONTRACT: &str = include_str!("../../docs/contract.md");

/// The instant that the printed answers show.
const NOW: &str = "2026-01-15T09:30:00.000+0000";

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_print_what_the_documents_show() {
    for (document, least) in [(README, 3), (FIRST_STEPS, 6), (GUIDE, 25)] {
        let mut mock = TrackerMock::builder();
        if document == FIRST_STEPS {
            mock = mock.clock(Clock::frozen_at(NOW));
        }
        let mock = mock.start().await.expect("a free port");
        let compared = shell::compare(document, mock.address().to_string()).await;
        assert!(compared >= least, "much is gone: {compared} outputs");
        mock.shutdown().await;
    }
}

#[test]
fn the_tables_of_the_guide_are_complete() {
    let schemas = &tracker_mock::openapi()["components"]["schemas"];
    for (heading, schema) in [("Presets", "Preset"), ("What no document knows", "FindingKind")] {
        let names = schemas[schema]["oneOf"].as_array().expect("names").iter().map(|name| name["const"].to_string());
        // What only a strict check finds stands in the page about runs.
        let names = names.map(|name| name.replace('"', "`")).filter(|name| !RUN.contains(name));
        assert_eq!(first_cells(heading), names.collect::<Vec<_>>(), "{heading}");
    }
    let rule = |name: &String| format!("`{name}`");
    let members = |schema: &str| schemas[schema]["properties"].as_object().expect("members").clone();
    let of_rule = members("FaultRule");
    let of_rule = of_rule.keys().map(rule);
    assert_eq!(first_cells("Rules"), of_rule.collect::<Vec<_>>());
    let actions = GUIDE.split("| `do` | What").nth(1).expect("a table").split("\n\n").next().expect("rows");
    for name in members("FaultAction").keys() {
        assert!(actions.contains(&format!("`\"{name}\": ")) || actions.contains(&rule(name)), "{name}");
    }
    let places = GUIDE.split("| `at` | When").nth(1).expect("a table").split("\n\n").next().expect("rows");
    for schema in ["FaultPlace", "FaultRequestPlace", "FaultAnswerPlace"] {
        for place in schemas[schema]["oneOf"].as_array().expect("places") {
            let name = place["const"].as_str().or(place["required"][0].as_str()).expect("a name");
            assert!(places.contains(&format!("\"{name}\"")), "{name}");
        }
    }
}

#[test]
fn the_filters_of_the_guide_are_those_of_the_program() {
    let parameters = tracker_mock::openapi()["paths"]["/_mock/requests"]["get"]["parameters"].clone();
    let parameters = parameters.as_array().expect("a list").iter().map(|one| one["name"].to_string().replace('"', "`"));
    let filters = first_cells("What did my client send?");
    assert_eq!(filters, parameters.collect::<Vec<_>>());
    // But for these, they are the conditions in bodies, where those that have names are objects.
    let conditions = filters.iter().filter(|name| !["`org`", "`all`", "`limit`", "`format`"].contains(&name.as_str()));
    let conditions = conditions.map(|name| name.trim_matches('`').split('.').next().expect("a name"));
    let members = tracker_mock::openapi()["components"]["schemas"]["RequestMatch"]["properties"].clone();
    assert_eq!(conditions.collect::<Vec<_>>(), members.as_object().expect("members").keys().collect::<Vec<_>>());
}

/// The first cells of the first table below a heading of the guide.
fn first_cells(heading: &str) -> Vec<String> {
    let (_, section) = GUIDE.split_once(&format!("# {heading}\n")).expect("a section");
    let rows = section.lines().skip_while(|line| !line.starts_with("| ---")).skip(1);
    let rows = rows.take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)).map(|cell| cell.trim().to_owned()).collect()
}

#[test]
fn the_first_line_is_the_one_that_the_readme_shows() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tracker-mock"));
    program.args(["--port", "0"]).env_clear().stdout(Stdio::piped()).stderr(Stdio::null());
    let mut program = Running(program.spawn().expect("it starts"));
    let mut line = String::new();
    BufReader::new(program.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let (address, _port) = line.rsplit_once(':').expect("a port");
    let shown: Vec<Block> = blocks(README).into_iter().filter(|block| block.language == "text").collect();
    assert_eq!(shown[0].text, format!("{address}:8080\n"));
}

#[test]
fn the_options_are_those_of_the_program() {
    let help = Command::new(env!("CARGO_BIN_EXE_tracker-mock")).arg("--help").env_clear().output().expect("it starts");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let (_, help) = help.split_once("\nAddress:\n").expect("a first group");
    let (help, _) = help.split_once("\nExamples:\n").expect("examples at the end");
    let mut group = "Address";
    let of_program: Vec<Vec<String>> = help
        .split("\n\n")
        .map(|option| {
            let headed = option.split_once(":\n").filter(|(heading, _)| !heading.starts_with(' '));
            group = headed.map_or(group, |(heading, _)| heading);
            help_row(group, headed.map_or(option, |(_, option)| option))
        })
        .collect();
    assert!(of_program.len() > 25, "the help is not understood:\n{help}");

    let mut of_document: Vec<Vec<String>> = Vec::new();
    for group in OPTIONS.split("\n## ").skip(1) {
        let (heading, table) = group.split_once('\n').expect("a heading");
        let rows = table.lines().filter(|line| line.starts_with("| `-"));
        of_document.extend(rows.map(|row| {
            let cells = row.trim_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned());
            std::iter::once(heading.to_owned()).chain(cells).collect()
        }));
    }
    assert_eq!(of_document, of_program);
}

#[test]
fn the_table_of_the_control_plane_names_every_call() {
    let paths = &tracker_mock::openapi()["paths"];
    let paths = paths.as_object().expect("paths").iter().filter(|(path, _)| path.starts_with("/_mock/"));
    let calls = paths.flat_map(|(path, item)| {
        let methods = ["get", "put", "post", "delete"].into_iter().filter(|method| item.get(method).is_some());
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let of_program: BTreeSet<String> = calls.collect();

    let mut of_document = BTreeSet::new();
    for row in CONTROL_PLANE.lines().filter(|line| line.starts_with("| `") && line.contains(" /_mock/")) {
        let mut methods = Vec::new();
        for word in row.split('|').nth(1).expect("a cell").split('`').skip(1).step_by(2) {
            let (method, path) = word.split_once(' ').unwrap_or((word, ""));
            methods.push(method);
            if !path.is_empty() {
                of_document.extend(methods.drain(..).map(|method| format!("{method} {path}")));
            }
        }
    }
    assert_eq!(of_document, of_program);
}

#[test]
fn the_ids_and_tokens_are_those_of_the_embedded_fixtures() {
    let quoted: Vec<&str> = WORLDS.split('`').skip(1).step_by(2).collect();
    let is_id = |word: &&&str| word.len() == 24 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_token = |word: &&&str| word.ends_with("-token") && !word.starts_with("--");
    let ids: Vec<_> = quoted.iter().filter(is_id).collect();
    let tokens: Vec<_> = quoted.iter().filter(is_token).collect();
    assert!(ids.len() >= 4 && tokens.len() >= 6, "{ids:?} {tokens:?}");
    for word in ids.into_iter().chain(tokens) {
        assert!(DEFAULT_FIXTURES.contains(&format!("\"{word}\"")), "{word}");
    }
}

#[test]
fn links_between_the_documents_lead_somewhere() {
    let mut links = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).expect("it can be read");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match file {
                "" => document.clone(),
                file => document.with_file_name(file),
            };
            assert!(path.exists(), "{}: {target}", document.display());
            assert!(anchor.is_empty() || anchors(&path).contains(anchor), "{}: {target}", document.display());
            links += 1;
        }
    }
    assert!(links >= 50, "the links are not understood");
}

/// The README, that of the fixtures, and the pages of `docs`.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = std::fs::read_dir(root.join("docs")).expect("a folder").map(|page| page.expect("a page").path());
    let pages = pages.filter(|page| page.extension().is_some_and(|extension| extension == "md"));
    pages.chain([root.join("README.md"), root.join("fixtures/README.md")]).collect()
}

#[test]
fn every_page_is_linked_from_the_readme() {
    for page in documents().iter().filter(|page| page.parent().is_some_and(|folder| folder.ends_with("docs"))) {
        let name = page.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(README.contains(&format!("](docs/{name})")), "{name}");
    }
}

/// The README is read in a minute, each page says whom it is for, and what is ten in name is ten.
#[test]
fn the_documents_are_of_one_form() {
    assert!(README.lines().count() <= 90 && !README.contains("\n| "), "tables stand in docs");
    for needed in ["cargo install --path .", "The first build takes", "/_mock/evidence?class=D"] {
        assert!(README.contains(needed), "{needed}");
    }
    let pages = documents().into_iter().filter(|page| page.parent().is_some_and(|folder| folder.ends_with("docs")));
    for page in pages {
        let text = std::fs::read_to_string(&page).expect("it can be read");
        assert!(text.split("\n\n").nth(1).is_some_and(|first| first.starts_with("For ")), "{}", page.display());
    }
    let glossary = include_str!("../../docs/glossary.md");
    assert_eq!(glossary.lines().filter(|line| line.starts_with("| ")).count(), 10 + 2, "the words, below a head");
    let fidelity = include_str!("../../docs/fidelity.md").split("\n## ").nth(1).expect("a section");
    let differences =
        fidelity.lines().filter(|line| line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok()));
    assert_eq!(differences.count(), 10);
}

/// Deviations cite the contract by section and topic, `docs/fidelity.md` by section.
#[test]
fn what_is_cited_stands_in_the_contract() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("it can be read");
    let section = |number: &str| {
        let found = CONTRACT.split("\n## ").find(|section| section.starts_with(&format!("{number}. ")));
        found.unwrap_or_else(|| panic!("section {number} is cited"))
    };
    let mut cited = 0;
    for rest in read("docs/fidelity.md")
        .split('§')
        .skip(1)
        .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    {
        section(&rest[..1]);
        cited += 1;
    }
    assert!(cited > 100, "{cited} citations");
    let journal = ["deviation", "form_names", "attempts"].map(|file| read(&format!("src/control/journal/{file}.rs")));
    let rules: Vec<_> = journal.iter().flat_map(|source| source.split("\"section ").skip(1)).collect();
    assert!(rules.len() >= 10, "{rules:?}");
    for rule in rules {
        let (number, rest) = rule.split_once(", ").expect("a topic");
        let (topic, _) = rest.split_once(':').expect("a rule");
        assert!(section(number).contains(&format!("\n| {topic} | ")), "{number}, {topic}");
    }
}

/// What links can name in a document: its headings, as GitHub writes them.
fn anchors(document: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(document).expect("it can be read");
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |character: &char| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_');
    headings.map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")).collect()
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The group and the cells of a table of options, from what the help says of an option: a line such as
/// `-p, --port <PORT>`, and a text such as `Port to listen on [env: TRACKER_MOCK_PORT=] [default: 8080]` on several.
fn help_row(group: &str, help: &str) -> Vec<String> {
    let (option, text) = help.trim().split_once('\n').expect("a text");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let in_brackets = |key: &str| text.split_once(&format!("[{key}: ")).and_then(|(_, rest)| rest.split(']').next());
    let meaning = text.split('[').next().unwrap_or("").trim();
    vec![
        group.to_owned(),
        option.replace(['<', '>'], ""),
        in_brackets("env").expect("a variable").trim_end_matches('=').to_owned(),
        in_brackets("default").unwrap_or("off").to_owned(),
        in_brackets("possible values").map_or(meaning.to_owned(), |values| format!("{meaning}: {values}")),
    ]
}
