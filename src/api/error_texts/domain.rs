//! The messages of broken rules and of wrong values in bodies.

use super::Text;
use crate::domain::catalog::Catalog;
use crate::domain::entity::EntityType;
use crate::domain::error::{Error, HolderName, TooManyWorlds};
use crate::wire::input::{Expected, Problem};

impl Text {
    pub(super) fn of_domain(error: &Error) -> Self {
        match error {
            Error::EntityNotFound { kind, id } => {
                let russian = russian_type(*kind);
                text!("No {kind} has the id or shortId {id:?}.", "Не существует: {russian} с идентификатором {id:?}.")
            }
            Error::FileNotFound { id } => text!("File {id:?} does not exist.", "Файл {id:?} не существует."),
            Error::NotInCatalog { catalog, id } => {
                let (english, russian) = (catalog.member_name(), russian_member(*catalog));
                text!(
                    "No {english} has the id or key {id:?}.",
                    "Не существует: {russian} с идентификатором или ключом {id:?}."
                )
            }
            Error::FieldNotFound { id } => {
                text!("No field has the id {id:?}.", "Не существует поля с идентификатором {id:?}.")
            }
            Error::FieldCategoryNotFound { id } => text!(
                "No category of fields has the id {id:?}.",
                "Не существует категории полей с идентификатором {id:?}."
            ),
            Error::QueueNotFound { id } => text!(
                "No queue has the key or id {id:?}. Keys are case-sensitive.",
                "Не существует очереди с ключом или идентификатором {id:?}. Регистр букв в ключе важен."
            ),
            Error::TooManyWorlds(TooManyWorlds { limit }) => text!(
                "There are {limit} worlds already, and this would be one more. Use fewer organizations, reset, or raise --max-worlds.",
                "Уже есть миров: {limit}, этот был бы лишним. Используйте меньше организаций, сбросьте состояние или увеличьте --max-worlds."
            ),
            Error::UserNotFound { id } => {
                text!("No user has the login or uid {id:?}.", "Не существует пользователя с логином или uid {id:?}.")
            }
            Error::FileInUse { file, holder } | Error::AttachmentInUse { id: file, holder } => {
                let Self { english, russian } = Self::of_holder(holder);
                text!(
                    "File {file} is already attached to {english}. Upload it again to attach it once more.",
                    "Файл {file} уже прикреплён: {russian}. Чтобы прикрепить его ещё раз, загрузите его заново."
                )
            }
            Error::AttachmentNotFound { id } => {
                text!("File {id:?} does not exist.", "Файл {id:?} не существует.")
            }
            Error::AttachmentRepeated { id } => {
                text!("File {id} is given more than once.", "Файл {id} указан больше одного раза.")
            }
            Error::CommentNotFound { id } => {
                text!("Comment {id:?} does not exist.", "Комментарий {id:?} не существует.")
            }
            Error::IssueNotFound { id } => {
                text!("No issue has the key or id {id:?}.", "Не существует задачи с ключом или идентификатором {id:?}.")
            }
            Error::IssueExists { key, unique } => text!(
                "Issue {key} has the unique value {unique:?} already.",
                "У задачи {key} уже есть уникальное значение {unique:?}."
            ),
            Error::StaleVersion { given, current } => text!(
                "Version {given} is stale; the current version is {current}. Get the object again.",
                "Версия {given} устарела; текущая версия {current}. Получите объект заново."
            ),
            Error::ImportOutOfRange { given, earliest, latest } => text!(
                "{given} is not between the issue's creation {earliest} and its last update {latest}.",
                "{given} не лежит между созданием задачи {earliest} и её последним изменением {latest}."
            ),
        }
    }

    /// What a file is attached to.
    fn of_holder(holder: &HolderName) -> Self {
        match holder {
            HolderName::Entity(kind, id) => {
                let russian = russian_type(*kind);
                text!("{kind} {id}", "{russian} {id}")
            }
            HolderName::Issue(key) => text!("issue {key}", "задача {key}"),
            HolderName::Comment(number, of) => {
                let Self { english, russian } = Self::of_holder(of);
                text!("comment {number} of {english}", "комментарий {number}, {russian}")
            }
        }
    }

    pub(super) fn of_input(problem: &Problem) -> Self {
        match problem {
            Problem::Missing => text!("A value is required.", "Требуется значение."),
            Problem::Unknown(value) => text!("{value:?} does not exist.", "{value:?} не существует."),
            Problem::NoSuchField => text!("There is no such field.", "Такого поля нет."),
            Problem::Not(expected) => {
                let (english, russian) = names(*expected);
                text!("The value must be {english}.", "Значение должно быть: {russian}.")
            }
        }
    }
}

/// What a value should have been.
fn names(expected: Expected) -> (&'static str, &'static str) {
    match expected {
        Expected::Text => ("a string", "строка"),
        Expected::Boolean => ("true or false", "true или false"),
        Expected::Date => ("a date as YYYY-MM-DD", "дата вида ГГГГ-ММ-ДД"),
        Expected::List => ("a list", "список"),
        Expected::Object => ("an object", "объект"),
        Expected::User => ("a user, as login or id", "пользователь: логин или идентификатор"),
        Expected::Queue => ("a queue, as key or id", "очередь: ключ или идентификатор"),
        Expected::Entity => ("an entity, as id", "сущность: идентификатор"),
        Expected::Issue => ("an issue, as key or id", "задача: ключ или идентификатор"),
        Expected::CatalogItem => ("a key or id", "ключ или идентификатор"),
        Expected::FileId => ("file ids, strings or numbers", "идентификаторы файлов, строки или числа"),
        Expected::ChecklistItem => ("checklist items, objects with a text", "пункты чеклиста, объекты с полем text"),
    }
}

fn russian_type(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Project => "проект",
        EntityType::Portfolio => "портфель",
        EntityType::Goal => "цель",
    }
}

fn russian_member(catalog: Catalog) -> &'static str {
    match catalog {
        Catalog::Priorities => "приоритет",
        Catalog::IssueTypes => "тип задачи",
        Catalog::Statuses => "статус",
    }
}
