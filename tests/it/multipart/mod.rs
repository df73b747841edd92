//! Multipart bodies: the reader against another one, and what the journal shows of uploads.

mod differential;
mod nameless;
mod names;
mod uploads;

use serde_json::Value;

use crate::support::Api;

/// A part of a form with the boundary `XYZ`.
fn part(headers: impl AsRef<[u8]>, content: &[u8]) -> Vec<u8> {
    [b"--XYZ\r\n", headers.as_ref(), b"\r\n\r\n", content, b"\r\n"].concat()
}

/// The journal's record of the last upload.
async fn last_record(api: &Api) -> Value {
    let records = api.get("/_mock/requests?all=true&operation=upload_temp_file").await.json();
    records.as_array().and_then(|records| records.last()).expect("a record").clone()
}

/// What that shows of the form.
async fn last_upload(api: &Api) -> Value {
    last_record(api).await["upload"].clone()
}
