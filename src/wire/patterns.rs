//! Patterns of texts, for the schemas. They refuse nothing that reading accepts.

pub(crate) const OBJECT_ID: &str = "^[0-9a-f]{24}$";
pub(crate) const FILE_ID: &str = "^(0|[1-9][0-9]*)$";
pub(crate) const FILE_NAME: &str = r"^[^/\\\u0000-\u001f\u007f-\u009f]*$";
pub(crate) const DATE: &str = r"^\d{4}-\d{2}-\d{2}$";
pub(crate) const NOT_BLANK: &str = r"\S";
pub(crate) const TIME: &str = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$";
