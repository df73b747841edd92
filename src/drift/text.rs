//! The format of a text, in words that tell nothing of the text itself.

use super::vocabulary::Vocabulary;

/// Members whose values people write. That one of them looks like a number, or like an id, is chance.
const FREE: [&str; 12] = [
    "name",
    "summary",
    "description",
    "text",
    "textHtml",
    "display",
    "filename",
    "firstName",
    "lastName",
    "message",
    "login",
    "title",
];

/// The longest texts of each class but the last, in characters.
const LENGTHS: [usize; 4] = [16, 64, 255, 1023];

/// How a text is called that can be an id.
const IDS: [&str; 4] = ["decimal", "hex-24", "uuid", "issue-key"];

/// The media types that a shape may have.
const MEDIA_TYPES: [&str; 16] = [
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "application/x-www-form-urlencoded",
    "application/zip",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "multipart/form-data",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

/// The format of the text of this member.
pub(crate) fn format_of(member: &str, text: &str, vocabulary: &Vocabulary) -> String {
    if is_free(member) {
        return length_of(text);
    }
    time(text)
        .or_else(|| url(text, vocabulary))
        .or_else(|| id(text).map(str::to_owned))
        .or_else(|| dimensions(text).then(|| "dimensions".to_owned()))
        .or_else(|| is_media_type(member, text).then(|| media_type(text)))
        .unwrap_or_else(|| length_of(text))
}

/// Whether people write the values of this member.
pub(crate) fn is_free(member: &str) -> bool {
    FREE.contains(&member)
}

/// Whether a text of this format may be an id, by which exchanges are connected.
pub(crate) fn is_id(format: &str) -> bool {
    IDS.contains(&format)
}

/// A text by the class of its length.
pub(crate) fn length_of(text: &str) -> String {
    let length = text.chars().count();
    if length == 0 {
        return "text empty".to_owned();
    }
    let class = LENGTHS.iter().position(|longest| length <= *longest).unwrap_or(LENGTHS.len());
    let from = class.checked_sub(1).map_or(1, |before| LENGTHS[before] + 1);
    LENGTHS.get(class).map_or_else(|| format!("text {from}+"), |to| format!("text {from}-{to}"))
}

/// As in `time .3 +0000`: how many digits the second has behind its point, and the offset.
fn time(text: &str) -> Option<String> {
    let is_date = |date: &str| has_form(date, "dddd-dd-dd");
    let Some((date, time)) = text.split_once('T') else { return is_date(text).then(|| "date".to_owned()) };
    let offset_at = time.find(['Z', '+', '-'])?;
    let (clock, offset) = time.split_at(offset_at);
    let (clock, digits) = clock.split_once('.').unwrap_or((clock, ""));
    let is_offset = offset == "Z" || ["dddd", "dd:dd", "dd"].iter().any(|form| has_form(&offset[1..], form));
    let is_time = is_date(date) && has_form(clock, "dd:dd:dd") && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && is_offset).then(|| format!("time .{} {offset}", digits.len()))
}

fn has_form(text: &str, form: &str) -> bool {
    text.len() == form.len()
        && text
            .bytes()
            .zip(form.bytes())
            .all(|(byte, form)| if form == b'd' { byte.is_ascii_digit() } else { byte == form })
}

/// As in `url /v2/issues/{key}`.
fn url(text: &str, vocabulary: &Vocabulary) -> Option<String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    Some(vocabulary.route(None, path).map_or_else(
        || "url ?".to_owned(),
        |(route, _)| {
            let version = path.split('/').nth(1).unwrap_or_default();
            format!("url /{version}{}", route.pattern())
        },
    ))
}

/// What kind of id a text looks like.
pub(crate) fn id(text: &str) -> Option<&'static str> {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let is_key = |text: &str| {
        text.rsplit_once('-').is_some_and(|(queue, number)| {
            let mut letters = queue.bytes();
            letters.next().is_some_and(|byte| byte.is_ascii_uppercase())
                && letters.all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
                && is_digits(number)
        })
    };
    let is_uuid = |text: &str| {
        let lengths: Vec<usize> = text.split('-').map(str::len).collect();
        lengths == [8, 4, 4, 4, 12] && is_hex(&text.to_ascii_lowercase().replace('-', ""))
    };
    let kinds = [is_digits(text), text.len() == 24 && is_hex(text), is_uuid(text), is_key(text)];
    kinds.into_iter().zip(IDS).find(|(is_so, _)| *is_so).map(|(_, name)| name)
}

/// As in `348x348`.
fn dimensions(text: &str) -> bool {
    text.split_once('x').is_some_and(|(width, height)| id(width) == Some(IDS[0]) && id(height) == Some(IDS[0]))
}

fn is_media_type(member: &str, text: &str) -> bool {
    member == "mimetype" && text.contains('/')
}

/// A media type of those, with its charset, and `media-type ?` for others.
pub(crate) fn media_type(text: &str) -> String {
    let Ok(parsed) = text.parse::<mime::Mime>() else { return length_of(text) };
    let name = parsed.essence_str();
    let is_public = MEDIA_TYPES.contains(&name);
    let charset = parsed.get_param("charset").map(|charset| charset.as_str().to_lowercase());
    let charset = charset.map(|charset| if charset == "utf-8" { "; charset=utf-8" } else { "; charset=?" });
    if is_public { format!("{name}{}", charset.unwrap_or_default()) } else { "media-type ?".to_owned() }
}
