//! `README.md`: its commands are run and their output is compared, its tables are held against the program.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use tracker_mock::app::DEFAULT_FIXTURES;
use tracker_mock::{Clock, TrackerMock};

const README: &str = include_str!("../../README.md");

/// The instant that the printed answers show.
const NOW: &str = "2026-01-15T09:30:00.000+0000";

/// The server that the printed commands and answers name; the one of the test has another port.
const SHOWN: &str = "localhost:8080";

/// How the first line of the program begins, which the README shows too.
const FIRST_LINE: &str = "tracker-mock listening on ";

/// What the printed commands may use beside `curl` and `echo`. These are not run here.
const NOT_RUN: [&str; 2] = ["cargo", "docker"];

#[tokio::test]
async fn the_commands_print_what_the_readme_shows() {
    let mock = TrackerMock::builder().clock(Clock::frozen_at(NOW)).start().await.expect("a free port");
    let mut shell = Shell { server: mock.address().to_string(), files: HashMap::new() };
    let blocks = blocks(README);
    let mut compared = 0;
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.language == "sh") {
        let mut printed = Vec::new();
        for command in commands(&block.text) {
            printed.extend(shell.run(&command).await);
        }
        let following = blocks[index + 1..].iter().take_while(|next| next.language != "sh");
        let shown: Vec<String> = following.filter_map(Block::output).collect();
        assert_eq!(printed, shown, "of these commands:\n{}", block.text);
        compared += shown.len();
    }
    assert_eq!(compared, blocks.iter().filter_map(Block::output).count(), "an answer without a command");
    assert!(compared >= 5, "the quick start is gone");
    mock.shutdown().await;
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
    let of_program: Vec<Vec<String>> =
        help.lines().filter_map(|line| line.strip_prefix("      --")).map(option_row).collect();
    assert!(of_program.len() > 5, "the help is not understood:\n{help}");

    let section = README.split("\n## ").find(|section| section.starts_with("Options\n")).expect("a section");
    let rows = section.lines().filter(|line| line.starts_with("| `--"));
    let of_readme: Vec<Vec<String>> = rows
        .map(|row| row.trim_matches('|').split('|').map(|cell| cell.replace('`', "").trim().to_owned()).collect())
        .collect();
    assert_eq!(of_readme, of_program);
}

#[test]
fn the_ids_and_tokens_are_those_of_the_embedded_fixtures() {
    let quoted: Vec<&str> = README.split('`').skip(1).step_by(2).collect();
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut links = 0;
    for document in ["README.md", "docs/fidelity.md", "fixtures/README.md"] {
        let text = std::fs::read_to_string(root.join(document)).expect("it can be read");
        let folder = root.join(document).parent().expect("a folder").to_owned();
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            assert!(folder.join(target).exists(), "{document}: {target}");
            links += 1;
        }
    }
    assert!(links >= 5, "the links are not understood");
}

/// A fenced block of a document.
struct Block {
    language: String,
    text: String,
}

impl Block {
    /// What a command is to print, if the block shows the output of one that is run.
    fn output(&self) -> Option<String> {
        match self.language.as_str() {
            "json" => Some(on_one_line(&self.text)),
            "text" if !self.text.starts_with(FIRST_LINE) => Some(self.text.clone()),
            _ => None,
        }
    }
}

fn blocks(document: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in document.lines() {
        match (line.strip_prefix("```"), inside) {
            (Some(language), false) => {
                assert!(!language.is_empty(), "a block without a language is taken for Rust by the doc tests");
                blocks.push(Block { language: language.to_owned(), text: String::new() });
                inside = true;
            }
            (Some(_), true) => inside = false,
            (None, true) => blocks.last_mut().expect("an open block").text.extend([line, "\n"]),
            (None, false) => {}
        }
    }
    blocks
}

/// JSON as the server writes it, from JSON that was broken up for reading.
fn on_one_line(json: &str) -> String {
    serde_json::from_str::<Value>(json).unwrap_or_else(|error| panic!("{error}: {json}")).to_string()
}

/// The commands of a block, each as its words; a line that ends in `\` goes on in the next.
fn commands(block: &str) -> Vec<Vec<String>> {
    block.replace("\\\n", " ").lines().map(words).collect()
}

/// The words of a command, as a shell would split it. Refuses what would need more of a shell than quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in command.chars() {
        match (character, quote) {
            (_, Some(open)) if character == open => quote = None,
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (' ', None) => words.extend(word.take()),
            ('|' | '&' | ';' | '<' | '(' | '*' | '?' | '`', None) | ('\\' | '$' | '`', None | Some('"')) => {
                // Commands that are not run may use variables.
                assert!(NOT_RUN.iter().any(|name| command.starts_with(name)), "not understood: {command}");
            }
            (_, _) => word.get_or_insert_default().push(character),
        }
    }
    assert_eq!(quote, None, "an open quote: {command}");
    words.extend(word);
    words
}

/// Runs the few commands that the README needs, so that the test needs none of them installed.
struct Shell {
    server: String,
    files: HashMap<String, String>,
}

impl Shell {
    /// Runs a command and gives what it prints, if it prints anything.
    async fn run(&mut self, command: &[String]) -> Option<String> {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["curl", arguments @ ..] => Some(self.curl(arguments).await).filter(|output| !output.is_empty()),
            ["echo", text, ">", file] => {
                self.files.insert((*file).to_owned(), format!("{text}\n"));
                None
            }
            [name, ..] if NOT_RUN.contains(name) => None,
            _ => panic!("not understood: {command:?}"),
        }
    }

    async fn curl(&self, arguments: &[&str]) -> String {
        let (mut method, mut headers, mut form, mut url) = (None, Vec::new(), None, None);
        let mut arguments = arguments.iter();
        while let Some(&argument) = arguments.next() {
            let mut value = || *arguments.next().unwrap_or_else(|| panic!("{argument} without a value"));
            match argument {
                "-s" => {}
                "-X" => method = Some(value().parse::<Method>().expect("a method")),
                "-H" => headers.push(value().split_once(": ").expect("a header")),
                "-F" => form = Some(self.form(value())),
                address if address.starts_with("http://") => url = Some(address.replace(SHOWN, &self.server)),
                _ => panic!("not understood: {argument}"),
            }
        }
        let url = url.expect("a URL");
        assert!(url.contains(&self.server), "{url} is not on {SHOWN}");
        let default = if form.is_some() { Method::POST } else { Method::GET };
        let mut request = reqwest::Client::new().request(method.unwrap_or(default), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(form) = form {
            request = request.multipart(form);
        }
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        answer.replace(&self.server, SHOWN)
    }

    /// The form of `name=@file`, with the type that `curl` gives a text file.
    fn form(&self, field: &str) -> Form {
        let (name, file) = field.split_once("=@").expect("a file");
        assert!(file.ends_with(".txt"), "the type of {file} is not known here");
        let part = Part::text(self.files[file].clone()).file_name(file.to_owned());
        Form::new().part(name.to_owned(), part.mime_str("text/plain").expect("a type"))
    }
}

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The cells of the README's table, from a line of the help after its dashes:
/// `port <PORT>  Port to listen on [env: TRACKER_MOCK_PORT=] [default: 8080]`.
fn option_row(line: &str) -> Vec<String> {
    let (option, text) = line.split_once("  ").expect("a text");
    let in_brackets = |key: &str| text.split_once(&format!("[{key}: ")).and_then(|(_, rest)| rest.split(']').next());
    let meaning = text.split('[').next().unwrap_or("").trim();
    vec![
        format!("--{}", option.replace(['<', '>'], "")),
        in_brackets("env").expect("a variable").trim_end_matches('=').to_owned(),
        in_brackets("default").unwrap_or("off").to_owned(),
        in_brackets("possible values").map_or(meaning.to_owned(), |values| format!("{meaning}: {values}")),
    ]
}
