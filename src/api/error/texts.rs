//! The table of all errors: the status of each, and its message in English and Russian. A message says what is wrong
//! and, where that is not obvious, what to do. Every match is exhaustive, so an error without a status or without a text
//! in both languages does not compile.

use super::{ApiError, JOURNAL_OFF};
use crate::api::{Cause, Injected, MultipartError, ParameterError};
use crate::connection::{ForbiddenRequest, Interrupted};
use crate::domain::{
    Catalog, DomainError, EntityType, FileName, HolderName, LINKED_TO_ITSELF, Language, LinkType, MAX_VERSION,
    NOT_AN_EPIC, NameError, NoThumbnail, OverBudget, REACTIONS, Transition, link_exists,
};
use crate::wire::{MAX_LISTED, Problem, ShownField, nearest, why_not_json_in_russian};

/// One message in both languages.
pub(super) struct Message {
    english: String,
    russian: String,
}

/// What an error tells the client.
pub(super) struct ErrorText<'a> {
    pub(super) status: u16,
    /// The field or parameter that the message belongs to.
    pub(super) field: Option<&'a str>,
    pub(super) message: Message,
}

/// Formats one message in both languages; values are named in the braces, as `format!` takes them.
macro_rules! message {
    ($english:literal, $russian:literal) => {
        Message { english: format!($english), russian: format!($russian) }
    };
}

/// The same with the status of the answer, and the field or parameter if there is one:
/// `error_text!(400 at name; "..", "..")`.
macro_rules! error_text {
    ($status:literal; $english:literal, $russian:literal) => {
        ErrorText::new($status, None, message!($english, $russian))
    };
    ($status:literal at $field:expr; $english:literal, $russian:literal) => {
        ErrorText::new($status, Some($field), message!($english, $russian))
    };
}

impl<'a> ErrorText<'a> {
    fn new(status: u16, field: Option<&'a str>, message: Message) -> Self {
        Self { status, field, message }
    }

    pub(super) fn of(error: &'a ApiError) -> Self {
        match error {
            ApiError::Domain(error) => Self::of_domain(error),
            ApiError::Multipart(error) => Self::of_multipart(error),
            ApiError::InvalidName { parameter, reason } => Self::new(400, Some(parameter), Message::of_name(*reason)),
            ApiError::MissingAuthorization => error_text!(401;
                "Authorization header is missing. Send \"Authorization: OAuth <token>\".",
                "Отсутствует заголовок Authorization. Передайте \"Authorization: OAuth <токен>\"."),
            ApiError::UnusableAuthorization => error_text!(401;
                "Authorization header is not usable. Send \"OAuth <token>\" or \"Bearer <token>\".",
                "Заголовок Authorization не распознан. Передайте \"OAuth <токен>\" или \"Bearer <токен>\"."),
            ApiError::EmptyToken => error_text!(401;
                "Authorization header has no token.",
                "В заголовке Authorization нет токена."),
            ApiError::UnknownToken => error_text!(401;
                "The token belongs to no user. With --require-known-token only tokens that a user in the fixtures lists are accepted.",
                "Токен не принадлежит ни одному пользователю. С --require-known-token принимаются только токены, указанные у пользователей."),
            ApiError::MissingOrganization => error_text!(403;
                "Organization is not specified. Send the header X-Org-ID or X-Cloud-Org-ID.",
                "Организация не указана. Передайте заголовок X-Org-ID или X-Cloud-Org-ID."),
            ApiError::UnknownOrganization => error_text!(403;
                "Organization is not available, not ready or not found",
                "Организация недоступна, не готова или не найдена"),
            ApiError::InvalidHeader { name } => {
                let (english, russian) = match *name {
                    "X-Forwarded-Proto" => ("http or https", "http или https"),
                    "Host" | "X-Forwarded-Host" => ("a host, as localhost:8080", "хост, например localhost:8080"),
                    _ => ("text in UTF-8", "текст в UTF-8"),
                };
                error_text!(400 at name;
                    "Header {name} must be {english}.",
                    "В заголовке {name} должен быть {russian}.")
            }
            ApiError::RepeatedHeader { name } => error_text!(400 at name;
                "Header {name} is given more than once.",
                "Заголовок {name} указан больше одного раза."),
            ApiError::ForeignOrigin { origin: Some(origin) } => error_text!(403;
                "A web page of {origin} may not call the control plane. To let it, start the server with --cors-origin {origin}.",
                "Странице с {origin} нельзя обращаться к /_mock. Чтобы разрешить, запустите сервер с --cors-origin {origin}."),
            ApiError::ForeignOrigin { origin: None } => error_text!(403;
                "A web page of another site may not call the control plane. Open its address directly.",
                "Странице другого сайта нельзя обращаться к /_mock. Откройте адрес напрямую."),
            ApiError::ForeignHost { name } => error_text!(403;
                "The control plane does not answer under the name {name}, which may be anybody's. Call it by an address or as localhost, or start the server with --allowed-hosts {name}.",
                "По имени {name} /_mock не отвечает: оно может принадлежать кому угодно. Используйте адрес или localhost либо запустите сервер с --allowed-hosts {name}."),
            ApiError::OrganizationTooLong { name, limit } => error_text!(400 at name;
                "Header {name} is too long: the id of an organization has at most {limit} bytes.",
                "Слишком длинное значение заголовка {name}: идентификатор организации содержит не более {limit} байт."),
            ApiError::QueryNotUtf8 { name } => error_text!(400 at name;
                "Parameter {name} is not percent-encoded UTF-8.",
                "Параметр {name} не является UTF-8 в процентной кодировке."),
            ApiError::PathNotUtf8 => error_text!(400;
                "The path is not percent-encoded UTF-8.",
                "Путь не является UTF-8 в процентной кодировке."),
            ApiError::MissingParameter { name } => error_text!(400 at name;
                "Parameter {name} is required.",
                "Параметр {name} обязателен."),
            ApiError::RepeatedParameter { name } => error_text!(400 at name;
                "Parameter {name} is given more than once.",
                "Параметр {name} указан больше одного раза."),
            ApiError::InvalidBoolean { name, value } => error_text!(400 at name;
                "Parameter {name} must be true or false, not {value:?}.",
                "Параметр {name} должен быть true или false, а не {value:?}."),
            ApiError::InvalidNumber { name, value, max } => error_text!(400 at name;
                "Parameter {name} must be a whole number from 1 to {max}, not {value:?}.",
                "Параметр {name} должен быть целым числом от 1 до {max}, а не {value:?}."),
            ApiError::UnknownExpand { value, known } => {
                let (hint, known) = (Message::of_hint(value, known.iter().copied()), known.join(", "));
                let Message { english, russian } = hint;
                error_text!(400 at "expand";
                    "Unknown value {value:?}.{english} Known: {known}.",
                    "Неизвестное значение {value:?}.{russian} Допустимо: {known}.")
            }
            ApiError::UnknownFields { names } => {
                let mut hints = names.iter().map(|name| Message::of_hint(name, ShownField::NAMES.iter().copied()));
                let hint = hints.find(|hint| !hint.english.is_empty());
                let Message { english, russian } = hint.unwrap_or_else(|| message!("", ""));
                let names = names.join(", ");
                error_text!(422 at "fields"; "Unknown fields: {names}.{english}", "Неизвестные поля: {names}.{russian}")
            }
            ApiError::ReadOnlyFields { names } => {
                let names = names.join(", ");
                error_text!(422; "Fields [{names}] are read-only.", "Поля [{names}] только для чтения.")
            }
            ApiError::Input(error) => Self::new(422, Some(&error.path), Message::of_input(&error.problem)),
            ApiError::ControlInput(invalid) => {
                let all: Vec<_> = invalid.iter().map(|one| Message::of_control_input(&one.problem)).collect();
                let joined = |text: fn(&Message) -> &str| all.iter().map(text).collect::<Vec<_>>().join(" ");
                let message = Message { english: joined(|one| &one.english), russian: joined(|one| &one.russian) };
                Self::new(400, None, message)
            }
            ApiError::UnknownFilter { names } => {
                let names = names.join(", ");
                error_text!(422 at "filter";
                    "You cannot filter or order by these fields: {names}.",
                    "По этим полям нельзя фильтровать или сортировать: {names}.")
            }
            ApiError::SearchCombined => error_text!(400;
                "You can only use keys, a queue, or a search query.",
                "Вы можете использовать только ключи, очередь или поисковый запрос."),
            ApiError::SearchQueryLanguage => error_text!(400;
                "The query language is not emulated. Use queue, keys or filter.",
                "Язык запросов не эмулируется. Используйте queue, keys или filter."),
            ApiError::ScrollNotSupported => error_text!(400;
                "Scrolling of results is not supported",
                "Прокрутка результатов не поддерживается"),
            ApiError::FromAndSelected => error_text!(400;
                "Parameters from and selected cannot be used together.",
                "Параметры from и selected нельзя использовать вместе."),
            ApiError::UnknownDirection { value } => error_text!(400 at "direction";
                "The direction must be forward or backward, not {value:?}.",
                "Направление должно быть forward или backward, а не {value:?}."),
            // A plus sign in a query is a space.
            ApiError::InvalidTimestamp { name, value } if value.contains(' ') => error_text!(400 at name;
                "{value:?} is not a time such as 2024-01-13T14:06:29.747+0000. In a query, write + as %2B.",
                "{value:?} не является временем вида 2024-01-13T14:06:29.747+0000. В запросе пишите + как %2B."),
            ApiError::InvalidTimestamp { name, value } => error_text!(400 at name;
                "{value:?} is not a time such as 2024-01-13T14:06:29.747+0000.",
                "{value:?} не является временем вида 2024-01-13T14:06:29.747+0000."),
            ApiError::InvalidVersion { name } => error_text!(400 at name;
                "{name} must be a whole number: the version that was read.",
                "{name}: укажите целое число, прочитанную версию."),
            ApiError::UnknownRelative { name, value } => error_text!(400 at name;
                "There is nothing with the id {value:?} here.",
                "Здесь нет ничего с идентификатором {value:?}."),
            ApiError::IssueNotFoundByUnique { unique } => error_text!(404;
                "No issue has the unique value {unique:?}.",
                "Не существует задачи с уникальным значением {unique:?}."),
            ApiError::RequestNotFound { id } => error_text!(404;
                "The journal has no request {id}: there was none, or it was forgotten since.",
                "В журнале нет запроса {id}: его не было, или он уже удалён."),
            ApiError::BodyNotKept { id } => error_text!(404;
                "The journal has no body of request {id}: it keeps the first KiB of texts, and of uploads that were refused for their form.",
                "В журнале нет тела запроса {id}: хранится первый КиБ текстов и загрузок, отклонённых из-за их формы."),
            ApiError::SnapshotNotFound { name, known } if known.is_empty() => error_text!(404;
                "This world has no snapshot {name:?}, and no other.",
                "У этого мира нет снимка {name:?} и никаких других."),
            ApiError::SnapshotNotFound { name, known } => {
                let known = known.join(", ");
                error_text!(404;
                    "This world has no snapshot {name:?}. It has: {known}.",
                    "У этого мира нет снимка {name:?}. Есть: {known}.")
            }
            ApiError::JournalOff => error_text!(400;
                "{JOURNAL_OFF}",
                "Журнал выключен: сервер запущен с --journal-records 0."),
            ApiError::UnknownEntityType { value } => {
                let Message { english, russian } = Message::of_hint(value, ["project", "portfolio", "goal"]);
                error_text!(400;
                    "Unknown entity type {value:?}.{english} Known: project, portfolio, goal.",
                    "Неизвестный тип сущности {value:?}.{russian} Допустимо: project, portfolio, goal.")
            }
            ApiError::BodyNotJson { reason } => Self::new(422, None, Message::of_not_json(reason)),
            ApiError::BodyNotObject => error_text!(422;
                "The request body must be a JSON object.",
                "Тело запроса должно быть объектом JSON."),
            ApiError::TooManyValues { limit } => error_text!(413;
                "The body has more than {limit} JSON values. Send fewer at once.",
                "В теле запроса больше {limit} значений JSON. Отправляйте меньше за раз."),
            ApiError::BodyIsForm => error_text!(422;
                "The request body is a multipart form, but no file is taken here. Upload it by POST /v2/attachments/, and name it here by its id.",
                "Тело запроса — форма multipart, но файлы здесь не принимаются. Загрузите файл через POST /v2/attachments/ и укажите здесь его идентификатор."),
            ApiError::EncodedBody { encoding } => error_text!(415 at "Content-Encoding";
                "The request body has the encoding {encoding:?}. Send it as it is, without Content-Encoding.",
                "Тело запроса закодировано: {encoding:?}. Передайте его как есть, без Content-Encoding."),
            ApiError::BodyTooLarge { limit_bytes } => error_text!(413;
                "The request body is larger than {limit_bytes} bytes.",
                "Тело запроса больше {limit_bytes} байт."),
            ApiError::BodyCutOff => error_text!(400; "The request body ends too early.", "Тело запроса обрывается."),
            ApiError::ForbiddenRequest(forbidden) => Self::of_forbidden(*forbidden),
            ApiError::Interrupted(interrupted) => Self::of_interrupted(*interrupted),
            ApiError::FileTooLarge { limit_bytes } => error_text!(413;
                "The file is larger than {limit_bytes} bytes.",
                "Файл больше {limit_bytes} байт."),
            ApiError::OtherFileName { id, given, actual } => {
                let actual = actual.as_str();
                error_text!(404;
                    "File {id} is called {actual:?}, not {given:?}.",
                    "Файл {id} называется {actual:?}, а не {given:?}.")
            }
            ApiError::OtherFile { name } => error_text!(412 at name;
                "The file is not the one that {name} asks for: another has its id now.",
                "Это не тот файл, который указан в {name}: этот идентификатор теперь у другого файла."),
            ApiError::NoThumbnail { id, reason } => {
                let (english, russian) = match reason {
                    NoThumbnail::NotAnImage => ("it is not an image", "это не изображение"),
                    NoThumbnail::TooManyPixels => {
                        ("the image has more than 25 megapixels", "в изображении больше 25 мегапикселей")
                    }
                    NoThumbnail::Broken => ("the image is damaged", "изображение повреждено"),
                    #[cfg(not(feature = "thumbnails"))]
                    NoThumbnail::NotBuilt => ("this server makes none", "этот сервер их не делает"),
                };
                error_text!(404; "File {id} has no thumbnail: {english}.", "У файла {id} нет миниатюры: {russian}.")
            }
            ApiError::RangeNotSatisfiable { size_bytes } => error_text!(416 at "Range";
                "The range begins behind the end of the file, which has {size_bytes} bytes.",
                "В диапазоне нет ни одного байта файла; его размер в байтах: {size_bytes}."),
            ApiError::UnknownPath { method, path, closest } => error_text!(404;
                "{method} {path} is not an endpoint that is emulated. The closest one is {closest}.",
                "{method} {path} не эмулируется. Ближайший адрес: {closest}."),
            ApiError::MethodNotAllowed { method, allowed, attached_at: None } => error_text!(405;
                "Method {method} is not allowed here. Allowed: {allowed}.",
                "Метод {method} здесь не поддерживается. Допустимо: {allowed}."),
            ApiError::MethodNotAllowed { method, allowed, attached_at: Some(path) } => error_text!(405;
                "Method {method} is not allowed here. Allowed: {allowed}. Upload a file by POST /attachments/, and attach it by {method} {path}.",
                "Метод {method} здесь не поддерживается. Допустимо: {allowed}. Загрузите файл через POST /attachments/ и прикрепите его через {method} {path}."),
            ApiError::Injected(injected) => Self::new(injected.status.as_u16(), None, Message::of_injected(injected)),
            ApiError::HungUp(_) | ApiError::Internal => error_text!(500; "Internal error.", "Внутренняя ошибка."),
        }
    }

    fn of_multipart(error: &MultipartError) -> Self {
        match error {
            MultipartError::NotMultipart { given: Some(given) } => error_text!(400;
                "Content-Type must be multipart/form-data, not {given:?}.",
                "Content-Type должен быть multipart/form-data, а не {given:?}."),
            MultipartError::NotMultipart { given: None } => error_text!(400;
                "Content-Type is missing; it must be multipart/form-data.",
                "Отсутствует Content-Type; он должен быть multipart/form-data."),
            MultipartError::NoBoundary => error_text!(400;
                "Content-Type multipart/form-data has no usable boundary. Let the HTTP library set Content-Type itself.",
                "В Content-Type multipart/form-data нет пригодного параметра boundary. Пусть Content-Type задаёт сама библиотека HTTP."),
            MultipartError::CutOff | MultipartError::BoundaryLine => error_text!(400;
                "The multipart body ends before its closing boundary, or has another boundary than Content-Type says.",
                "Тело multipart обрывается до закрывающей границы, или его граница не та, что в Content-Type."),
            MultipartError::NoBody => error_text!(400;
                "The request has no body. A form needs Content-Length, or Transfer-Encoding: chunked.",
                "У запроса нет тела. Для формы нужен Content-Length или Transfer-Encoding: chunked."),
            MultipartError::TooManyParts { limit } => error_text!(400;
                "The multipart body has more than {limit} parts.",
                "В теле multipart больше {limit} частей."),
            MultipartError::BadPartHeaders => error_text!(400;
                "A part of the multipart body has malformed headers. Each must be a name, a colon and a value.",
                "У части тела multipart некорректные заголовки. Каждый должен состоять из имени, двоеточия и значения."),
            MultipartError::PartHeadersTooLarge { limit_bytes } => error_text!(400;
                "A part of the multipart body has more than {limit_bytes} bytes of headers.",
                "У части тела multipart больше {limit_bytes} байт заголовков."),
            MultipartError::OverheadTooLarge { limit_bytes } => error_text!(400;
                "The multipart body has more than {limit_bytes} bytes beside its file.",
                "В теле multipart больше {limit_bytes} байт помимо файла."),
            MultipartError::TooManyPartHeaders { limit } => error_text!(400;
                "A part of the multipart body has more than {limit} headers.",
                "У части тела multipart больше {limit} заголовков."),
            MultipartError::RepeatedPartHeader { name } => error_text!(400;
                "A part of the multipart body has more than one {name}.",
                "У части тела multipart больше одного {name}."),
            MultipartError::BadDisposition { reason } => Self::of_disposition(reason),
            MultipartError::NoFile => error_text!(400;
                "The multipart body has no file: no part has a filename in its Content-Disposition.",
                "В теле multipart нет файла: ни у одной части нет filename в Content-Disposition."),
            MultipartError::SeveralFiles => error_text!(400;
                "The multipart body has more than one file; upload them one by one.",
                "В теле multipart больше одного файла; загружайте их по одному."),
        }
    }

    fn of_disposition(reason: &ParameterError) -> Self {
        match reason {
            ParameterError::OpenQuote => error_text!(400;
                "The Content-Disposition of a part has a quote that is not closed.",
                "В Content-Disposition части не закрыта кавычка."),
            ParameterError::Stray { text } => error_text!(400;
                "The Content-Disposition of a part cannot be read at {text:?}. Put a value that has a semicolon in quotes, and write a quote in it as %22 or \\\".",
                "Content-Disposition части нельзя прочитать с места {text:?}. Заключите значение с точкой с запятой в кавычки, а кавычку в нём запишите как %22 или \\\"."),
            ParameterError::Repeated { name } => error_text!(400;
                "The Content-Disposition of a part has more than one {name}.",
                "В Content-Disposition части больше одного {name}."),
        }
    }

    fn of_domain(error: &'a DomainError) -> Self {
        match error {
            DomainError::EntityNotFound { kind, id } => {
                let russian = russian_type(*kind);
                error_text!(404;
                    "No {kind} has the id or shortId {id:?}.",
                    "Не существует: {russian} с идентификатором {id:?}.")
            }
            DomainError::FileNotFound { id } => Self::new(404, None, Message::of_missing_file(id)),
            DomainError::AttachmentNotFound { id } => {
                Self::new(422, Some("attachmentIds"), Message::of_missing_file(id))
            }
            DomainError::NotInCatalog { catalog, id } => {
                let (english, russian) = (catalog.member_name(), russian_member(*catalog));
                let hint = Message::of_hint(id, catalog.items().iter().map(|item| item.key));
                let (meant, meant_russian) = (hint.english, hint.russian);
                error_text!(404;
                    "No {english} has the id or key {id:?}.{meant}",
                    "Не существует: {russian} с идентификатором или ключом {id:?}.{meant_russian}")
            }
            DomainError::FieldNotFound { id } => error_text!(404;
                "No field has the id {id:?}.",
                "Не существует поля с идентификатором {id:?}."),
            DomainError::FieldCategoryNotFound { id } => error_text!(404;
                "No category of fields has the id {id:?}.",
                "Не существует категории полей с идентификатором {id:?}."),
            DomainError::QueueNotFound { id } => error_text!(404;
                "No queue has the key or id {id:?}. Keys are case-sensitive.",
                "Не существует очереди с ключом или идентификатором {id:?}. Регистр букв в ключе важен."),
            DomainError::TooManyWorlds { limit } => error_text!(507;
                "There are {limit} worlds already, and this would be one more. Use fewer organizations, reset, or raise --max-worlds.",
                "Уже есть миров: {limit}, этот был бы лишним. Используйте меньше организаций, сбросьте состояние или увеличьте --max-worlds."),
            DomainError::OverBudget(OverBudget { limit_bytes }) => error_text!(507;
                "The memory budget of {limit_bytes} bytes is used up; nothing was stored. Delete files, reset, or raise --max-memory.",
                "Лимит памяти {limit_bytes} байт исчерпан, ничего не сохранено. Удалите файлы, сбросьте состояние или увеличьте --max-memory."),
            DomainError::UserNotFound { id } => error_text!(404;
                "No user has the login or uid {id:?}.",
                "Не существует пользователя с логином или uid {id:?}."),
            DomainError::FileInUse { file, holder } | DomainError::AttachmentInUse { id: file, holder } => {
                let is_in_body = matches!(error, DomainError::AttachmentInUse { .. });
                let Message { english, russian } = Message::of_holder(holder);
                Self::new(
                    422,
                    is_in_body.then_some("attachmentIds"),
                    message!(
                        "File {file} is already attached to {english}. Upload it again to attach it once more.",
                        "Файл {file} уже прикреплён: {russian}. Чтобы прикрепить его ещё раз, загрузите его заново."
                    ),
                )
            }
            DomainError::AttachmentRepeated { id } => error_text!(422 at "attachmentIds";
                "File {id} is given more than once.",
                "Файл {id} указан больше одного раза."),
            DomainError::CommentNotFound { id } => error_text!(404;
                "Comment {id:?} does not exist.",
                "Комментарий {id:?} не существует."),
            DomainError::TransitionNotFound { id, issue } => {
                let Message { english, russian } = Message::of_hint(id, Transition::ids());
                error_text!(404;
                    "Issue {issue} has no transition {id:?}.{english}",
                    "У задачи {issue} нет перехода {id:?}.{russian}")
            }
            DomainError::TransitionUnavailable { id, issue } => error_text!(409;
                "Issue {issue} cannot take a transition {id:?} from the status that it has.",
                "Переход {id:?} недоступен для задачи {issue} в её текущем статусе."),
            DomainError::ReactionNotFound { name } => {
                // A known name, in any letter case, needs no hint: the user has not given that reaction.
                let is_known = REACTIONS.iter().any(|known| known.eq_ignore_ascii_case(name));
                let Message { english, russian } = Message::of_hint(name, REACTIONS.into_iter().filter(|_| !is_known));
                let known = REACTIONS.join(", ");
                error_text!(404;
                    "There is no reaction {name:?} here.{english} Known: {known}.",
                    "Здесь нет реакции {name:?}.{russian} Допустимо: {known}.")
            }
            DomainError::ChangeNotFound { id } => error_text!(404;
                "There is no change {id:?} here.",
                "Здесь нет изменения {id:?}."),
            DomainError::ChecklistItemNotFound { id } => error_text!(404;
                "The checklist has no item {id:?}.",
                "В чеклисте нет пункта {id:?}."),
            DomainError::LinkNotFound { id } => error_text!(404;
                "There is no link {id:?} here.",
                "Здесь нет связи {id:?}."),
            DomainError::LinkTypeNotFound { id } => {
                let Message { english, russian } = Message::of_hint(id, LinkType::all().iter().map(|one| one.id));
                error_text!(404;
                    "No type of links has the id {id:?}.{english}",
                    "Не существует типа связи с идентификатором {id:?}.{russian}")
            }
            DomainError::LinkExists { relationship, issue } => {
                let english = link_exists(relationship, issue);
                error_text!(409; "{english}", "Связь {relationship:?} с задачей {issue} уже существует.")
            }
            DomainError::LinkedToItself { field } => error_text!(422 at field;
                "{LINKED_TO_ITSELF}",
                "Задача и сущность не могут быть связаны сами с собой и быть своими родителями."),
            DomainError::NotAnEpic => error_text!(422 at "relationship";
                "{NOT_AN_EPIC}",
                "Такая связь возможна только с задачей типа «Эпик»."),
            DomainError::IssueNotFound { id } => error_text!(404;
                "No issue has the key or id {id:?}.",
                "Задача не существует."),
            DomainError::IssueExists { key, unique } => error_text!(409 at "unique";
                "Issue {key} has the unique value {unique:?} already.",
                "У задачи {key} уже есть уникальное значение {unique:?}."),
            DomainError::StaleVersion { given, current } => error_text!(412;
                "Version {given} is stale; the current version is {current}. Get the object again.",
                "Версия {given} устарела; текущая версия {current}. Получите объект заново."),
            DomainError::VersionLimit { version } => error_text!(423;
                "The object is at version {version} and can no longer be changed: the limit is {MAX_VERSION}.",
                "Редактирование заблокировано: версия объекта {version}, допустимо не более {MAX_VERSION}."),
            DomainError::IssueKeyTaken { key } => error_text!(409 at "key";
                "Issue {key} exists already.",
                "Задача {key} уже существует."),
            DomainError::ImportOutOfRange { given, field, earliest, latest, holder: None } => error_text!(422 at field;
                "{given} is not between {earliest} and {latest}.",
                "{given} не лежит между {earliest} и {latest}."),
            DomainError::ImportOutOfRange { given, field, earliest, latest, holder: Some(holder) } => {
                let Message { english, russian } = Message::of_holder(holder);
                error_text!(422 at field;
                    "{given} is not between the creation {earliest} and the last change {latest} of {english}.",
                    "{given} не лежит между созданием {earliest} и последним изменением {latest}: {russian}.")
            }
        }
    }

    fn of_forbidden(forbidden: ForbiddenRequest) -> Self {
        match forbidden {
            ForbiddenRequest::NoHost => error_text!(400;
                "The request has no Host header.",
                "В запросе нет заголовка Host."),
            ForbiddenRequest::SeveralHosts => error_text!(400;
                "The request has more than one Host header.",
                "В запросе больше одного заголовка Host."),
            ForbiddenRequest::UnknownCoding => error_text!(400;
                "Transfer-Encoding must be chunked and nothing else.",
                "Transfer-Encoding должен быть chunked и ничем иным."),
            ForbiddenRequest::CutTarget => error_text!(400;
                "The request's URI has a raw #, and what follows it would be lost. Write it as %23.",
                "В URI запроса есть незакодированный #, и всё после него потерялось бы. Запишите его как %23."),
        }
    }

    fn of_interrupted(interrupted: Interrupted) -> Self {
        match interrupted {
            Interrupted::Stalled { after } => {
                let seconds = after.as_secs_f64();
                error_text!(408;
                    "The request was given up: nothing of its body came for {seconds} s. For slower clients raise --idle-timeout.",
                    "Запрос прерван: его тело не поступало {seconds} с. Для медленных клиентов увеличьте --idle-timeout.")
            }
            Interrupted::TooSlow { bytes_per_second } => error_text!(408;
                "The request was given up: its body came at less than {bytes_per_second} bytes per second. For slower clients lower --min-upload-rate.",
                "Запрос прерван: его тело поступало медленнее {bytes_per_second} байт в секунду. Для медленных клиентов уменьшите --min-upload-rate."),
            Interrupted::NoTurn { max_uploads } => error_text!(503;
                "No place for this upload became free in time: the limit is {max_uploads} at once. Try again later, or raise --max-uploads.",
                "Место для этой загрузки не освободилось вовремя: одновременно принимается не больше {max_uploads}. Повторите позже или увеличьте --max-uploads."),
        }
    }
}

impl Message {
    pub(super) fn in_language(self, language: Language) -> String {
        match language {
            Language::English => self.english,
            Language::Russian => self.russian,
        }
    }

    /// Which of the known names was meant, with a space in front; nothing where none is similar.
    fn of_hint<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(given, known).filter(|meant| *meant != given) {
            Some(meant) => message!(" Did you mean {meant}?", " Возможно, имелось в виду {meant}?"),
            None => message!("", ""),
        }
    }

    fn of_not_json(reason: &str) -> Self {
        let russian = why_not_json_in_russian(reason);
        message!(
            "The request body is not valid JSON: {reason}.",
            "Тело запроса не является корректным JSON: {russian}."
        )
    }

    fn of_injected(injected: &Injected) -> Self {
        let status = match injected.status.canonical_reason() {
            Some(_) => injected.status.to_string(),
            None => injected.status.as_str().to_owned(),
        };
        match &injected.cause {
            Cause::Rule(None) => message!("Injected fault: {status}.", "Имитация сбоя: {status}."),
            Cause::Rule(Some(name)) => {
                message!("Injected fault {name:?}: {status}.", "Имитация сбоя {name:?}: {status}.")
            }
            Cause::Preference => {
                message!("The header Prefer asked for {status}.", "Заголовок Prefer запросил {status}.")
            }
        }
    }

    fn of_name(error: NameError) -> Self {
        const MAX: usize = FileName::MAX_CHARS;
        match error {
            NameError::Empty => message!("The file name is empty.", "Имя файла пустое."),
            NameError::TooLong { characters } => message!(
                "The file name has {characters} characters; {MAX} are allowed.",
                "В имени файла {characters} символов, допустимо {MAX}."
            ),
            NameError::Control { character } => {
                let code = u32::from(character);
                message!(
                    "The file name contains the control character U+{code:04X}.",
                    "Имя файла содержит управляющий символ U+{code:04X}."
                )
            }
            NameError::Separator { separator } => message!(
                "The file name contains the path separator {separator:?}.",
                "Имя файла содержит разделитель пути {separator:?}."
            ),
            NameError::NotUtf8 => message!("The file name is not UTF-8.", "Имя файла не в кодировке UTF-8."),
        }
    }

    fn of_missing_file(id: &str) -> Self {
        message!("File {id:?} does not exist.", "Файл {id:?} не существует.")
    }

    /// What a file is attached to.
    fn of_holder(holder: &HolderName) -> Self {
        match holder {
            HolderName::Entity(kind, id) => {
                let russian = russian_type(*kind);
                message!("{kind} {id}", "{russian} {id}")
            }
            HolderName::Issue(key) => message!("issue {key}", "задача {key}"),
            HolderName::Comment(number, of) => {
                let Self { english, russian } = Self::of_holder(of);
                message!("comment {number} of {english}", "комментарий {number}, {russian}")
            }
        }
    }

    /// Of a value in a body of the API. It does not repeat what the value is.
    fn of_input(problem: &Problem) -> Self {
        let Problem::Type { expected, .. } = problem else { return Self::of_control_input(problem) };
        let russian = russian_expected(expected);
        message!("The value must be {expected}.", "Значение должно быть: {russian}.")
    }

    /// Of a value in a request to the control plane. The English text is that of fixtures too.
    pub(super) fn of_control_input(problem: &Problem) -> Self {
        let russian = match problem {
            Problem::NotJson(reason) => return Self::of_not_json(reason),
            Problem::Missing => "Требуется значение.".to_owned(),
            Problem::Type { expected, found } => {
                format!("Значение должно быть: {}; указано: {found}.", russian_expected(expected))
            }
            Problem::Name { given, known } => {
                let hint = Self::of_hint(given, known.iter().map(String::as_str)).russian;
                let listed =
                    (1..=MAX_LISTED).contains(&known.len()).then(|| format!(" Допустимо: {}.", known.join(", ")));
                format!("Имя {given:?} здесь не известно.{hint}{}", listed.unwrap_or_default())
            }
            Problem::NotFound(name) => format!("{name:?} не существует."),
            Problem::Other(sentence) => format!("Недопустимое значение. {sentence}"),
        };
        Self { english: problem.to_string(), russian }
    }
}

/// What a value must be, in Russian where that is known.
fn russian_expected(expected: &str) -> &str {
    match expected {
        "a string" => "строка",
        "true or false" => "true или false",
        "a date as YYYY-MM-DD" => "дата вида ГГГГ-ММ-ДД",
        "a list" => "список",
        "an object" => "объект",
        "a user: a login or an id" => "пользователь: логин или идентификатор",
        "a queue: a key or an id" => "очередь: ключ или идентификатор",
        "an entity: its id" => "сущность: идентификатор",
        "an issue: a key or an id" => "задача: ключ или идентификатор",
        "a key or an id" => "ключ или идентификатор",
        "all items of the checklist, or one" => "все пункты чеклиста или один",
        "a key of the queue" => "ключ задачи этой очереди",
        "a list of file ids" => "список идентификаторов файлов",
        "a list of objects with a text" => "список объектов с полем text",
        other => other,
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
        Catalog::Resolutions => "резолюция",
    }
}
