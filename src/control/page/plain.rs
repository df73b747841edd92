//! The newest requests as a document without scripts.

use std::fmt::Write;

use crate::control::journal::Journal;
use crate::control::journal::matching::RequestMatch;
use crate::control::journal::view::RequestRecord;
use crate::control::matching::body::MatchBody;

/// How many requests it shows.
const MAX_ROWS: usize = 100;

const HEADINGS: [&str; 9] =
    ["Id", "Time", "World", "Method", "Path", "Operation", "Status", "Bytes", "Faults and deviations"];

/// The newest requests of all worlds, newest first.
pub(super) fn document(journal: &Journal) -> String {
    let found = RequestMatch::read(MatchBody::default(), None).map(|all| journal.find(&all, MAX_ROWS));
    let mut records: Vec<_> = found.iter().flat_map(|found| found.records()).collect();
    records.reverse();
    let mut html = String::from(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>tracker-mock</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"style.css\">\
         <main class=\"tab\"><h1>tracker-mock</h1><p>The newest requests, without scripts. Reload to see more. \
         <a href=\"../\">The page with scripts</a></p><table><thead><tr>",
    );
    for heading in HEADINGS {
        // Writing into a string cannot fail.
        let _ = write!(html, "<th scope=\"col\">{heading}</th>");
    }
    html.push_str("</tr></thead><tbody>");
    for record in &records {
        html.push_str("<tr>");
        for cell in cells(record) {
            let _ = write!(html, "<td>{}</td>", escaped(&cell));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></main></html>");
    html
}

fn cells(record: &RequestRecord) -> [String; HEADINGS.len()] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let fault = record.fault.as_ref().map(|fault| format!("{} ({})", fault.what, fault.at));
    let deviations = record.deviations.iter().map(|deviation| deviation.message.clone());
    [
        record.id.to_string(),
        record.time.to_string(),
        text(&record.org),
        record.method.clone(),
        record.path.clone(),
        text(&record.operation),
        record.status.map_or_else(String::new, |status| status.to_string()),
        record.request_bytes.map_or_else(String::new, |bytes| bytes.to_string()),
        fault.into_iter().chain(deviations).collect::<Vec<_>>().join(" "),
    ]
}

/// Text as HTML shows it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
