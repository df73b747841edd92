//! Paging: which part of a list a request wants (`page`, `perPage`), and the headers that lead to the rest.

use std::ops::Range;

use axum::extract::FromRequestParts;
use axum::http::header::LINK;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::{ApiError, Query, RequestInfo, below_version, json, without_slash};
use crate::wire::Links;

pub(super) const TOTAL_COUNT: HeaderName = HeaderName::from_static("x-total-count");
pub(super) const TOTAL_PAGES: HeaderName = HeaderName::from_static("x-total-pages");

const PAGE: &str = "page";
const PER_PAGE: &str = "perPage";

/// The part of a list that a request wants.
pub(crate) struct Page {
    /// Counted from 1.
    number: usize,
    per_page: usize,
    /// The path and query without version and paging, percent-encoded. It ends so that parameters can be appended.
    target: String,
}

/// Whether clients may jump to any page of a list. The official Python client can tell the length only of lists that
/// offer this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SeekLink {
    /// `Link` has a template for the URL of any page, `rel="seek"`.
    Offered,
    /// `Link` has no template.
    NotOffered,
}

impl<S: Send + Sync> FromRequestParts<S> for Page {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = RequestInfo::of(&parts.extensions).query()?;
        Self::new(without_slash(below_version(parts.uri.path())), &query)
    }
}

impl Page {
    /// The page that `query` asks for, of the list at `path` (below the version).
    fn new(path: &str, query: &Query) -> Result<Self, ApiError> {
        let (number, per_page) = (query.page()?, query.per_page()?);
        let mut target = format!("{path}?");
        for (name, value) in query.pairs().filter(|(name, _)| ![PAGE, PER_PAGE].contains(name)) {
            let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
            target.extend([encode(name).to_string(), "=".to_owned(), encode(value).to_string(), "&".to_owned()]);
        }
        Ok(Self { number, per_page, target })
    }

    /// Which of `total` items are on the page; none after the last page.
    pub(crate) fn slice(&self, total: usize) -> Range<usize> {
        let start = (self.number - 1).saturating_mul(self.per_page).min(total);
        start..start.saturating_add(self.per_page).min(total)
    }

    /// How many pages `total` items make; 0 for no items.
    pub(crate) fn pages(&self, total: usize) -> usize {
        total.div_ceil(self.per_page)
    }

    /// `X-Total-Count`, `X-Total-Pages` and, where there is more than one page, `Link`.
    pub(crate) fn headers(&self, total: usize, links: &Links, seek: SeekLink) -> HeaderMap {
        let pages = self.pages(total);
        let mut headers =
            HeaderMap::from_iter([(TOTAL_COUNT, HeaderValue::from(total)), (TOTAL_PAGES, HeaderValue::from(pages))]);
        if pages > 1 {
            let base = links.below(&format!("{}{PER_PAGE}={}", self.target, self.per_page));
            let mut relations = vec![format!("<{base}&{PAGE}=1>; rel=\"first\"")];
            if self.number < pages {
                relations.push(format!("<{base}&{PAGE}={}>; rel=\"next\"", self.number + 1));
            }
            relations.push(format!("<{base}&{PAGE}={pages}>; rel=\"last\""));
            if seek == SeekLink::Offered {
                relations.push(format!("<{base}{{&{PAGE}}}>; rel=\"seek\""));
            }
            // URLs have no control characters, so this cannot fail.
            if let Ok(link) = HeaderValue::try_from(relations.join(", ")) {
                headers.insert(LINK, link);
            }
        }
        headers
    }

    /// The answer with the part of a list that starts at one item. `Link` leads to the next part by the id of the last
    /// item shown.
    pub(crate) fn answer_after<T: Copy, B: Serialize>(
        &self,
        items: &[T],
        start: usize,
        id: impl Fn(T) -> String,
        describe: impl Fn(T) -> B,
        links: &Links,
    ) -> Response {
        let shown = &items[start..start.saturating_add(self.per_page).min(items.len())];
        let body: Vec<B> = shown.iter().map(|item| describe(*item)).collect();
        let mut response = json(StatusCode::OK, &body);
        let headers = response.headers_mut();
        headers.insert(TOTAL_COUNT, HeaderValue::from(items.len()));
        headers.insert(TOTAL_PAGES, HeaderValue::from(self.pages(items.len())));
        let more = start + shown.len() < items.len();
        let next = shown.last().filter(|_| more).map(|last| id(*last));
        if items.len() > self.per_page
            && let Ok(link) = self.first_and_next(links, "id", next.as_deref())
        {
            headers.insert(LINK, link);
        }
        response
    }

    /// `Link` for a list that continues by the parameter `cursor`.
    pub(crate) fn first_and_next(
        &self,
        links: &Links,
        cursor: &str,
        next: Option<&str>,
    ) -> Result<HeaderValue, ApiError> {
        // The target still has the cursor of this request: drop it.
        let kept = self.target.split_inclusive(['?', '&']).filter(|part| !part.starts_with(&format!("{cursor}=")));
        let list = links.below(&format!("{}{PER_PAGE}={}", kept.collect::<String>(), self.per_page));
        let next = next.map_or_else(String::new, |next| format!(", <{list}&{cursor}={next}>; rel=\"next\""));
        let link = format!("<{list}>; rel=\"first\"{next}");
        HeaderValue::try_from(link).map_err(|error| ApiError::internal(&error))
    }

    /// The answer with this page of a list: an array of what `describe` makes of the items.
    pub(crate) fn answer<T, B: Serialize>(
        &self,
        items: impl ExactSizeIterator<Item = T>,
        describe: impl Fn(T) -> B,
        links: &Links,
        seek: SeekLink,
    ) -> Response {
        let total = items.len();
        let shown = self.slice(total);
        let body: Vec<B> = items.skip(shown.start).take(shown.len()).map(describe).collect();
        (self.headers(total, links, seek), json(StatusCode::OK, &body)).into_response()
    }
}
