//! The filters of both searches: what a value is compared with.

use crate::domain::user::User;

/// Whether a field with these `values` is one of those that are wanted; `empty()`, `notEmpty()` and `me()` are
/// understood in any letter case.
pub(super) fn matches(wanted: &[String], values: &[String], actor: &User) -> bool {
    wanted.iter().any(|wanted| match wanted.to_ascii_lowercase().as_str() {
        "empty()" => values.is_empty(),
        "notempty()" => !values.is_empty(),
        "me()" => values.contains(&actor.login),
        _ => values.contains(wanted),
    })
}

/// Every text that names a user: the login, the uid and the name.
pub(super) fn user_names(user: &User) -> [String; 3] {
    [user.login.clone(), user.uid.to_string(), user.display.clone()]
}
