//! How lines of the log look: compact for people, or JSON. Whatever stands in a field, it cannot end the line, look like
//! another field of it, or control a terminal.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::{self, Debug};

use clap::ValueEnum;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// The message of the lines about requests.
const REQUEST: &str = "request";

/// The fields of a request that stand on lines of their own, each with what these lines begin with.
const LISTS: [(&str, &str); 5] = [
    ("deviations", ""),
    ("request_headers", "> "),
    ("request_body", "> "),
    ("response_headers", "< "),
    ("response_body", "< "),
];

/// Whether lines are coloured: on a terminal, unless `NO_COLOR` says no.
pub(crate) fn is_coloured(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// How lines are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

impl<S, N> FormatEvent<S, N> for LogFormat
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let (fields, level) = (Fields::of(event), *event.metadata().level());
        match self {
            Self::Text => write_text(&mut writer, level, &fields)?,
            Self::Json => write_json(&mut writer, level, fields)?,
        }
        writeln!(writer)
    }
}

/// One line, and more below it where a request has more to say.
fn write_text(writer: &mut Writer<'_>, level: Level, fields: &Fields) -> fmt::Result {
    let ansi = writer.has_ansi_escapes();
    let level = painted(ansi, colour_of(level), &format!("{level:>5}"));
    write!(writer, "{} {level} ", painted(ansi, DIM, &now()))?;
    if fields.text("message") == Some(REQUEST) {
        return writer.write_str(&request_line(fields, ansi));
    }
    writer.write_str(&printable(fields.text("message").unwrap_or_default()))?;
    let others = fields.0.iter().filter(|(name, _)| *name != "message");
    others.into_iter().try_for_each(|(name, value)| write!(writer, " {name}={}", word(value)))
}

/// One object of JSON on a line.
fn write_json(writer: &mut Writer<'_>, level: Level, fields: Fields) -> fmt::Result {
    let mut line = Map::new();
    line.insert("timestamp".to_owned(), now().into());
    line.insert("level".to_owned(), level.as_str().into());
    for (name, value) in fields.0 {
        let is_list = LISTS.iter().any(|(list, _)| *list == name);
        let lines = value.as_str().filter(|_| is_list).map(|text| text.lines().collect());
        line.insert(name, lines.unwrap_or(value));
    }
    Value::Object(line).to_string().chars().try_for_each(|one| {
        if is_printable(one) { writer.write_char(one) } else { write!(writer, "\\u{:04x}", u32::from(one)) }
    })
}

fn now() -> String {
    let mut time = String::new();
    // Writing to a string does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut time));
    time
}

/// The parts of the line of a request: status, method, path, organisation, operation, time, its numbers, and what happened.
fn request_line(fields: &Fields, ansi: bool) -> String {
    let status = fields.0.get("status").and_then(Value::as_u64);
    let shown = status.map_or("---".to_owned(), |status| status.to_string());
    let mut line = painted(ansi, colour_of_status(status), &shown);
    for (name, sign) in [("method", ""), ("path", ""), ("org", "org="), ("operation", "operation=")] {
        if let Some(value) = fields.0.get(name) {
            line += &format!(" {sign}{}", word(value));
        }
    }
    if let Some(millis) = fields.0.get("duration_ms").and_then(Value::as_f64) {
        line += &format!(" {millis:.1}ms");
    }
    for (name, sign) in [("id", "#"), ("request_id", "id=")] {
        if let Some(value) = fields.0.get(name) {
            line += &format!(" {}", painted(ansi, DIM, &format!("{sign}{}", word(value))));
        }
    }
    if let (Some(fault), Some(struck)) = (fields.text("fault"), fields.text("struck")) {
        line += &format!(": fault {} struck: {}", quoted(fault), printable(struck));
    }
    if let Some(reason) = fields.text("reason") {
        line += &format!(": {}", printable(reason));
    }
    for (name, sign) in LISTS {
        let lines = fields.text(name).into_iter().flat_map(str::lines);
        line.extend(lines.map(|line| format!("\n    {sign}{}", printable(line))));
    }
    line
}

/// The line of a request from its record in the journal, and its deviations below it.
pub(crate) fn of_record(record: &Value, ansi: bool) -> String {
    let mut fields = Map::new();
    for (name, member) in [
        ("status", "/status"),
        ("method", "/method"),
        ("path", "/path"),
        ("org", "/org"),
        ("operation", "/operation"),
        ("duration_ms", "/durationMs"),
        ("id", "/id"),
        ("struck", "/fault/what"),
    ] {
        if let Some(value) = record.pointer(member).filter(|value| !value.is_null()) {
            fields.insert(name.to_owned(), value.clone());
        }
    }
    if let (Some(path), Some(query)) = (record["path"].as_str(), record["query"].as_str()) {
        fields.insert("path".to_owned(), format!("{path}?{query}").into());
    }
    if let Some(fault) = record.get("fault") {
        let place = fault["at"].as_str().unwrap_or_default();
        fields.insert("fault".to_owned(), fault["name"].as_str().unwrap_or(place).into());
    }
    let deviations = record["deviations"].as_array().into_iter().flatten();
    let deviations: Vec<&str> = deviations.filter_map(|deviation| deviation["message"].as_str()).collect();
    fields.insert("deviations".to_owned(), deviations.join("\n").into());
    request_line(&Fields(fields), ansi)
}

/// The fields of an event in their order; the message is one of them.
struct Fields(Map<String, Value>);

impl Fields {
    fn of(event: &Event<'_>) -> Self {
        let mut fields = Self(Map::new());
        event.record(&mut fields);
        fields
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), value.into());
    }
}

/// A value that stands among others: in quotes unless it is one printable word.
fn word(value: &Value) -> Cow<'_, str> {
    let Value::String(text) = value else { return value.to_string().into() };
    let is_word = |one: char| is_printable(one) && !one.is_whitespace() && !matches!(one, '"' | '\\');
    if !text.is_empty() && text.chars().all(is_word) { text.into() } else { quoted(text).into() }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(&text.replace('\\', "\\\\").replace('"', "\\\"")))
}

/// A text in which control characters are escaped.
fn printable(text: &str) -> String {
    let shown = |one: char| if is_printable(one) { one.to_string() } else { one.escape_default().to_string() };
    text.chars().map(shown).collect()
}

/// Whether a character shows itself, and only itself: others end a line, control a terminal, or turn the text around.
fn is_printable(one: char) -> bool {
    const INVISIBLE: [std::ops::RangeInclusive<char>; 4] =
        ['\u{200b}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2060}'..='\u{2069}', '\u{feff}'..='\u{feff}'];
    !one.is_control() && !INVISIBLE.iter().any(|range| range.contains(&one))
}

const DIM: &str = "2";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const BLUE: &str = "34";

/// A text in a colour, if there are colours.
fn painted(ansi: bool, colour: &str, text: &str) -> String {
    if ansi { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn colour_of(level: Level) -> &'static str {
    match level {
        Level::ERROR => RED,
        Level::WARN => YELLOW,
        Level::INFO => GREEN,
        _ => BLUE,
    }
}

fn colour_of_status(status: Option<u64>) -> &'static str {
    match status {
        Some(200..400) => GREEN,
        Some(400..500) => YELLOW,
        Some(_) | None => RED,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Where the lines of a test go.
    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_gets_colours_unless_it_wants_none() {
        for (is_terminal, no_color, expected) in
            [(true, None, true), (true, Some(""), true), (true, Some("1"), false), (false, None, false)]
        {
            assert_eq!(is_coloured(is_terminal, no_color.map(OsStr::new)), expected, "{is_terminal} {no_color:?}");
        }
        let kept = Kept::default();
        let writer = kept.clone();
        let log =
            tracing_subscriber::fmt().with_ansi(true).event_format(LogFormat::Text).with_writer(move || writer.clone());
        tracing::subscriber::with_default(log.finish(), || {
            tracing::info!(status = 200_u64, method = "GET", path = "/v2/myself", id = 7_u64, "request");
            tracing::warn!(status = 404_u64, method = "GET", path = "/v2/none", reason = "No.", "request");
        });
        let text = String::from_utf8(kept.0.lock().expect("no panic").clone()).expect("text");
        let lines: Vec<&str> = text.lines().map(|line| line.split_once("\u{1b}[0m ").expect("a time").1).collect();
        let good = "\u{1b}[32m INFO\u{1b}[0m \u{1b}[32m200\u{1b}[0m GET /v2/myself \u{1b}[2m#7\u{1b}[0m";
        assert_eq!(lines, [good, "\u{1b}[33m WARN\u{1b}[0m \u{1b}[33m404\u{1b}[0m GET /v2/none: No."]);
    }
}
