//! Users as the API describes them (reference page get-user-info), and references to them.

use schemars::JsonSchema;
use serde::Serialize;

use super::links::{ApiVersion, Links, Url};
use super::schema::absent_not_null;
use crate::domain::{Timestamp, User};

/// A user as other objects name them. The answer to a temporary upload of v2 has the first three keys only.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UserReference", transform = absent_not_null)]
pub(crate) struct UserRef<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    id: String,
    display: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloud_uid: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passport_uid: Option<u64>,
}

impl<'a> UserRef<'a> {
    /// With all keys; `cloudUid` is a string, `passportUid` a number.
    pub(crate) fn new(user: &'a User, links: &'a Links) -> Self {
        Self {
            self_url: links.user(user.uid),
            id: user.uid.to_string(),
            display: &user.display,
            cloud_uid: Some(&user.cloud_uid),
            passport_uid: Some(user.passport_uid),
        }
    }

    /// As the answer to a temporary upload names who made it.
    pub(crate) fn of_upload(user: &'a User, links: &'a Links) -> Self {
        match links.version {
            ApiVersion::V2 => Self { cloud_uid: None, passport_uid: None, ..Self::new(user, links) },
            ApiVersion::V3 => Self::new(user, links),
        }
    }
}

/// A user.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "User")]
pub(crate) struct UserBody<'a> {
    #[serde(rename = "self")]
    self_url: Url,
    uid: u64,
    login: &'a str,
    tracker_uid: u64,
    passport_uid: u64,
    cloud_uid: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    display: &'a str,
    email: &'a str,
    external: bool,
    has_license: bool,
    dismissed: bool,
    use_new_filters: bool,
    disable_notifications: bool,
    first_login_date: Timestamp,
    last_login_date: Timestamp,
    welcome_mail_sent: bool,
    sources: [&'static str; 1],
}

impl<'a> UserBody<'a> {
    /// Describes `user`: an employee with full access, who came with the cloud organisation. The uid in Tracker is the
    /// uid. Nobody logs in here, so that was at the beginning of time.
    pub(crate) fn new(user: &'a User, links: &'a Links) -> Self {
        Self {
            self_url: links.user(user.uid),
            uid: user.uid,
            login: &user.login,
            tracker_uid: user.uid,
            passport_uid: user.passport_uid,
            cloud_uid: &user.cloud_uid,
            first_name: &user.first_name,
            last_name: &user.last_name,
            display: &user.display,
            email: &user.email,
            external: false,
            has_license: true,
            dismissed: false,
            use_new_filters: true,
            disable_notifications: false,
            first_login_date: Timestamp::EPOCH,
            last_login_date: Timestamp::EPOCH,
            welcome_mail_sent: true,
            sources: ["cloud"],
        }
    }
}
