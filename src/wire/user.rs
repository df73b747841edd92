//! Users as the API describes them (reference page get-user-info), and references to them.

use super::{ApiVersion, Links, Url, absent_not_null};
use crate::domain::{Timestamp, User};

built! {
    /// A user as other objects name them. The answer to a temporary upload of v2 has the first three keys only.
    #[schemars(rename = "UserReference", transform = absent_not_null)]
    pub(crate) struct UserRef<'a>;
    /// With all keys; `cloudUid` is a string, `passportUid` a number.
    pub(crate) fn new(user: &'a User, links: &'a Links) {}
    "self" self_url: Url = links.user(user.uid),
    id: String = user.uid.to_string(),
    display: &'a str = &user.display,
    ?cloud_uid: &'a str = Some(&user.cloud_uid),
    ?passport_uid: u64 = Some(user.passport_uid),
}

impl<'a> UserRef<'a> {
    /// As the answer to a temporary upload names who made it.
    pub(crate) fn of_upload(user: &'a User, links: &'a Links) -> Self {
        match links.version {
            ApiVersion::V2 => Self { cloud_uid: None, passport_uid: None, ..Self::new(user, links) },
            ApiVersion::V3 => Self::new(user, links),
        }
    }
}

built! {
    /// A user.
    #[schemars(rename = "User")]
    pub(crate) struct UserBody<'a>;
    /// Describes `user`: an employee with full access, who came with the cloud organisation. The uid in Tracker is the
    /// uid. Nobody logs in here, so that was at the beginning of time.
    pub(crate) fn new(user: &'a User, links: &'a Links) {}
    "self" self_url: Url = links.user(user.uid),
    uid: u64 = user.uid,
    login: &'a str = &user.login,
    tracker_uid: u64 = user.uid,
    passport_uid: u64 = user.passport_uid,
    cloud_uid: &'a str = &user.cloud_uid,
    first_name: &'a str = &user.first_name,
    last_name: &'a str = &user.last_name,
    display: &'a str = &user.display,
    email: &'a str = &user.email,
    external: bool = false,
    has_license: bool = true,
    dismissed: bool = false,
    use_new_filters: bool = true,
    disable_notifications: bool = false,
    first_login_date: Timestamp = Timestamp::EPOCH,
    last_login_date: Timestamp = Timestamp::EPOCH,
    welcome_mail_sent: bool = true,
    sources: [&'static str; 1] = ["cloud"],
}
