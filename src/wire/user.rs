//! References to users.

use serde::Serialize;

use super::links::Links;
use crate::domain::user::User;

/// A user as other objects name them. The keys after `display` stand in the answers of entity routes only.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRef<'a> {
    #[serde(rename = "self")]
    self_url: String,
    id: String,
    display: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passport_uid: Option<u64>,
}

impl<'a> UserRef<'a> {
    /// `self`, `id`, `display`.
    #[must_use]
    pub fn short(user: &'a User, links: &Links) -> Self {
        let id = user.uid.to_string();
        Self { self_url: links.user(user.uid), id, display: &user.display, cloud_uid: None, passport_uid: None }
    }

    /// As [`UserRef::short`], then `cloudUid` (a string) and `passportUid` (a number).
    #[must_use]
    pub fn full(user: &'a User, links: &Links) -> Self {
        Self { cloud_uid: Some(&user.cloud_uid), passport_uid: Some(user.passport_uid), ..Self::short(user, links) }
    }
}
