//! Users, and the directory that finds them. They come from the fixtures and do not change afterwards.

use std::collections::HashMap;
use std::sync::Arc;

use super::*;

/// A person in the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number that the API shows in `self` and `id`.
    pub uid: u64,
    /// The account name, unique. Fixtures refer to users by it.
    pub login: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// The name that people read.
    pub display: String,
    /// Mail address.
    pub email: String,
    /// The id in the cloud organisation.
    pub cloud_uid: String,
    /// The id of the Yandex account.
    pub passport_uid: u64,
    /// Tokens with which a request acts as this user.
    pub tokens: Vec<String>,
}

impl User {
    /// Every text that a search finds the user by: the login, the uid and the name.
    pub(super) fn names(&self) -> [String; 3] {
        [self.login.clone(), self.uid.to_string(), self.display.clone()]
    }
}

/// All users of a world. The first one is the default user, who acts when a token belongs to nobody.
#[derive(Clone, Debug)]
pub struct Directory {
    users: Vec<Arc<User>>,
    by_login: HashMap<String, usize>,
    by_uid: HashMap<u64, usize>,
    by_token: HashMap<String, usize>,
}

impl Directory {
    /// Builds the directory. Fails if there are no users, or if a user has the login, uid or token of an earlier one.
    /// The error has the index of that user, and what is wrong.
    pub fn new(users: Vec<User>) -> Result<Self, (usize, FixtureRule)> {
        let mut directory =
            Self { users: Vec::new(), by_login: HashMap::new(), by_uid: HashMap::new(), by_token: HashMap::new() };
        if users.is_empty() {
            return Err((0, FixtureRule::NoUsers));
        }
        let duplicate = |index, what, value| Err((index, FixtureRule::Duplicate { what, value }));
        for (index, user) in users.into_iter().enumerate() {
            if directory.by_login.insert(user.login.clone(), index).is_some() {
                return duplicate(index, "login", user.login);
            }
            if directory.by_uid.insert(user.uid, index).is_some() {
                return duplicate(index, "uid", user.uid.to_string());
            }
            for token in &user.tokens {
                if directory.by_token.insert(token.clone(), index).is_some() {
                    return duplicate(index, "token", token.clone());
                }
            }
            directory.users.push(Arc::new(user));
        }
        Ok(directory)
    }

    /// All users, in the order of the fixtures.
    pub fn all(&self) -> &[Arc<User>] {
        &self.users
    }

    /// The user who acts when the token belongs to nobody.
    pub fn default_actor(&self) -> &Arc<User> {
        &self.users[0]
    }

    /// The user with this login.
    pub fn by_login(&self, login: &str) -> Option<&Arc<User>> {
        self.by_login.get(login).map(|&index| &self.users[index])
    }

    /// The user with this uid.
    pub fn by_uid(&self, uid: u64) -> Option<&Arc<User>> {
        self.by_uid.get(&uid).map(|&index| &self.users[index])
    }

    /// The user with this login, or with this uid in decimal. A login that consists of digits is written `login:12345`.
    pub fn find(&self, login_or_uid: &str) -> Result<&Arc<User>, DomainError> {
        let found = if let Some(login) = login_or_uid.strip_prefix("login:") {
            self.by_login(login)
        } else if login_or_uid.bytes().all(|byte| byte.is_ascii_digit()) {
            let uid = login_or_uid.parse::<u64>().ok().filter(|uid| uid.to_string() == login_or_uid);
            uid.and_then(|uid| self.by_uid(uid))
        } else {
            self.by_login(login_or_uid)
        };
        found.ok_or_else(|| DomainError::UserNotFound { id: login_or_uid.to_owned() })
    }

    /// The user whom this token belongs to.
    pub fn by_token(&self, token: &str) -> Option<&Arc<User>> {
        self.by_token.get(token).map(|&index| &self.users[index])
    }
}
