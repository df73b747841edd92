//! Runs the examples in documents: finds their blocks, runs the commands, and compares the output with the one shown.
//! Nothing has to be installed, because the few commands that the documents use are emulated here.

mod curl;
mod filter;
mod words;

use std::collections::HashMap;
use std::process::Command;

use serde_json::{Deserializer, Value};

use words::commands;

/// The server address in documents. The server of the test has another port.
const SHOWN: &str = "localhost:8080";

/// The start of the program's first line, which a document may show too.
pub(crate) const FIRST_LINE: &str = "tracker-mock listening on ";

/// Commands in documents that are neither emulated nor run here.
const NOT_RUN: [&str; 3] = ["cargo", "docker", "pip"];

/// A fenced code block of a document.
pub(crate) struct Block {
    pub(crate) language: String,
    pub(crate) text: String,
}

impl Block {
    /// The expected output of a command, if this block shows output that is checked.
    fn output(&self) -> Option<String> {
        match self.language.as_str() {
            "json" => Some(on_one_line(&self.text)),
            "text" | "xml" if !self.text.starts_with(FIRST_LINE) => Some(self.text.clone()),
            _ => None,
        }
    }
}

pub(crate) fn blocks(document: &str) -> Vec<Block> {
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

/// JSON as the server writes it, made from JSON with line breaks. Several values make several lines.
fn on_one_line(json: &str) -> String {
    let values = Deserializer::from_str(json).into_iter::<Value>();
    let lines = values.map(|value| value.unwrap_or_else(|error| panic!("{error}: {json}")).to_string());
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs the commands of a document in order against `server`. Returns how many outputs matched.
pub(crate) async fn compare(document: &str, server: String) -> usize {
    let mut shell = Shell { server, files: HashMap::new() };
    let blocks = blocks(document);
    let mut compared = 0;
    for (index, block) in blocks.iter().enumerate() {
        match block.language.as_str() {
            "python" => shell.play(&block.text).await,
            "sh" => {
                let mut printed = Vec::new();
                for command in commands(&block.text) {
                    printed.extend(shell.run(&command).await.map(|text| text.trim_end().to_owned()));
                }
                let following = blocks[index + 1..].iter().take_while(|next| next.language != "sh");
                let shown: Vec<String> =
                    following.filter_map(Block::output).map(|text| text.trim_end().to_owned()).collect();
                assert_eq!(printed, shown, "of these commands:\n{}", block.text);
                compared += shown.len();
            }
            _ => {}
        }
    }
    assert_eq!(compared, blocks.iter().filter_map(Block::output).count(), "an answer without a command");
    compared
}

/// The parts of a shell that the examples need.
struct Shell {
    server: String,
    files: HashMap<String, String>,
}

impl Shell {
    /// Runs a command and returns what it prints, if anything.
    async fn run(&mut self, command: &[String]) -> Option<String> {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let printed = match words.as_slice() {
            [first @ .., "|", "jq", filter] => {
                let json = Box::pin(self.run(&first.iter().map(ToString::to_string).collect::<Vec<_>>())).await;
                filter::apply(filter, &json.expect("something to filter"))
            }
            ["curl", arguments @ ..] => self.curl(arguments).await,
            ["tracker-mock", arguments @ ..] => self.program(arguments),
            ["echo", text, ">", file] => {
                self.files.insert((*file).to_owned(), format!("{text}\n"));
                return None;
            }
            [name, ..] if NOT_RUN.contains(name) => return None,
            _ => panic!("not understood: {command:?}"),
        };
        Some(printed.replace(&self.server, SHOWN)).filter(|printed| !printed.is_empty())
    }

    /// What the program prints, first on stdout and then on stderr.
    fn program(&self, arguments: &[&str]) -> String {
        let arguments = arguments.iter().map(|argument| argument.replace(SHOWN, &self.server));
        let ran = Command::new(env!("CARGO_BIN_EXE_tracker-mock")).args(arguments).env_clear().output();
        let ran = ran.expect("it starts");
        String::from_utf8([ran.stdout, ran.stderr].concat()).expect("UTF-8")
    }

    /// Emulates what Python code does to the server: uploads of the official client, which retries after a 5xx without
    /// rewinding the file. `tests/sdk/test_documents.py` runs the client itself.
    async fn play(&self, code: &str) {
        let between = |before: &str, after: &str| {
            code.split_once(before).and_then(|(_, rest)| rest.split_once(after)).map(|(found, _)| found)
        };
        let Some(org) = between("org_id=\"", "\"") else { return };
        let Some(file) = between("client.attachments.create(\"", "\"") else { return };
        let url = format!("http://{}/v2/attachments/?filename={file}", self.server);
        let mut content = self.files[file].clone();
        loop {
            let part = reqwest::multipart::Part::text(std::mem::take(&mut content)).file_name("file");
            let request = reqwest::Client::new().post(&url).header("Authorization", "OAuth any-token");
            let form = reqwest::multipart::Form::new().part("file", part);
            let answer = request.header("X-Org-ID", org).multipart(form).send().await.expect("an answer");
            if !answer.status().is_server_error() {
                return;
            }
        }
    }
}
