//! Cassettes of vcrpy, in YAML or JSON, which is YAML too.

use std::io::Read;

use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use saphyr::{ScalarStyle, Yaml, YamlLoader};
use saphyr_parser::Parser;

use crate::drift::{Body, FullExchange, header};

/// The exchanges of a cassette. Fails if it is none.
pub(super) fn exchanges(text: &str) -> Result<Vec<FullExchange>, String> {
    const NONE: &str = "it is no recording of tracker-mock, no HTTP archive, and no cassette of vcrpy";
    let mut loader = YamlLoader::default();
    // Scalars stay as they are written: what vcrpy marks as binary must not be read as anything else.
    loader.early_parse(false);
    let parsed = Parser::new_from_str(text).load(&mut loader, true);
    parsed.map_err(|error| format!("{NONE}: {error}"))?;
    let documents: Vec<Yaml<'_>> = loader.into_documents();
    let interactions = documents.first().and_then(|cassette| member(cassette, "interactions")?.as_sequence());
    let interactions = interactions.ok_or(NONE)?.iter().enumerate();
    let read = |(index, interaction)| {
        exchange(interaction).ok_or_else(|| format!("interaction {} is not as vcrpy writes it", index + 1))
    };
    interactions.map(read).collect()
}

fn exchange(interaction: &Yaml<'_>) -> Option<FullExchange> {
    let (request, response) = (member(interaction, "request")?, member(interaction, "response")?);
    let uri: Uri = text(member(request, "uri")?)?.parse().ok()?;
    let answer_headers = headers(member(response, "headers"));
    let coding = header(&answer_headers, "content-encoding");
    let is_packed = coding.is_some_and(|coding| coding.eq_ignore_ascii_case("gzip"));
    let answer = member(response, "body").map(body).unwrap_or_default();
    Some(FullExchange {
        method: text(member(request, "method")?)?.to_owned(),
        target: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        request_headers: headers(member(request, "headers")),
        request_body: member(request, "body").map(body).unwrap_or_default(),
        status: Some(text(member(member(response, "status")?, "code")?)?.parse().ok()?),
        body: Body { bytes: if is_packed { unpacked(answer.bytes) } else { answer.bytes }, is_cut: false },
        headers: answer_headers,
    })
}

/// What gzip packed; as it is if it was unpacked before it was written.
fn unpacked(bytes: Vec<u8>) -> Vec<u8> {
    let mut plain = Vec::new();
    if GzDecoder::new(&*bytes).read_to_end(&mut plain).is_ok() { plain } else { bytes }
}

fn member<'y, 'i>(node: &'y Yaml<'i>, name: &str) -> Option<&'y Yaml<'i>> {
    node.as_mapping()?.iter().find(|(known, _)| text(known) == Some(name)).map(|(_, value)| value)
}

fn text<'y>(node: &'y Yaml<'_>) -> Option<&'y str> {
    if let Yaml::Representation(text, ..) = node { Some(text) } else { None }
}

/// A body: a text, `!!binary`, or one of these as `string` or `base64_string`.
fn body(node: &Yaml<'_>) -> Body {
    let decoded = |text: &str| BASE64.decode(text.split_whitespace().collect::<String>()).unwrap_or_default();
    let bytes = if let Yaml::Representation(text, style, tag) = node {
        let is_null = *style == ScalarStyle::Plain && ["", "null", "~"].contains(&text.as_ref());
        match tag {
            Some(tag) if tag.suffix == "binary" => decoded(text),
            Some(_) | None if is_null => Vec::new(),
            Some(_) | None => text.as_bytes().to_vec(),
        }
    } else if let Some(inner) = member(node, "string") {
        return body(inner);
    } else {
        member(node, "base64_string").and_then(text).map(decoded).unwrap_or_default()
    };
    Body { bytes, is_cut: false }
}

/// Headers, each with a value or a list of values.
fn headers(node: Option<&Yaml<'_>>) -> Vec<(String, String)> {
    let pairs = node.and_then(Yaml::as_mapping).into_iter().flatten();
    let values = |(name, values): (&Yaml<'_>, &Yaml<'_>)| {
        let name = text(name).unwrap_or_default().to_owned();
        let one = std::slice::from_ref(values);
        let values = values.as_sequence().map_or(one, Vec::as_slice).iter().filter_map(text);
        values.map(|value| (name.clone(), value.to_owned())).collect::<Vec<_>>()
    };
    pairs.flat_map(values).collect()
}
