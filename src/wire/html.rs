//! Markdown as HTML: HTML of its own is shown as text, and links lead to pages and mail addresses only.

use pulldown_cmark::{Event, Parser, Tag};

/// The text as HTML.
pub(super) fn html(text: &str) -> String {
    let harmless = Parser::new(text).map(|mut event| {
        if let Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) = &mut event
            && !is_harmless(dest_url)
        {
            *dest_url = "".into();
        }
        if let Event::Html(html) | Event::InlineHtml(html) = event { Event::Text(html) } else { event }
    });
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, harmless);
    html
}

/// Whether a link is an address, not a script.
fn is_harmless(link: &str) -> bool {
    match link.split_once(':') {
        Some((scheme, _)) => {
            ["http", "https", "mailto"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
                || scheme.contains(['/', '?', '#'])
        }
        None => true,
    }
}
