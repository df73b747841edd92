//! The newest requests as a document without scripts.

use crate::control::coverage::formats::xml_text;
use crate::control::journal::{Journal, RequestMatch, RequestRecord};

/// How many requests it shows.
const MAX_ROWS: usize = 100;

const HEADINGS: [&str; 9] =
    ["Id", "Time", "World", "Method", "Path", "Operation", "Status", "Bytes", "Faults and deviations"];

/// The newest requests of all worlds, newest first.
pub(super) fn document(journal: &Journal) -> String {
    let row = |record: RequestRecord| {
        let cells = cells(&record).map(|cell| format!("<td>{}</td>", xml_text(&cell)));
        format!("<tr>{}</tr>", cells.concat())
    };
    let mut rows: Vec<String> = journal.find(&RequestMatch::new(), MAX_ROWS).records().map(row).collect();
    rows.reverse();
    let headings = HEADINGS.map(|heading| format!("<th scope=\"col\">{heading}</th>")).concat();
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>tracker-mock</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"style.css\">\
         <main class=\"tab\"><h1>tracker-mock</h1><p>The newest requests, without scripts. Reload to see more. \
         <a href=\"../\">The page with scripts</a></p><table><thead><tr>{headings}</tr></thead><tbody>{}</tbody>\
         </table></main></html>",
        rows.concat()
    )
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
