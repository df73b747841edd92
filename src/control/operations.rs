//! What each operation of the control plane takes and answers, beside its method and path.

use std::sync::LazyLock;

use crate::api::operation::{Answer, Details, Kind, Operation, Parameter, Shape, describe};

const ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant.").required().example("test");
const ANY_ORG: Parameter =
    Parameter::new("org", Kind::Text, "The organisation whose world is meant; without it, all worlds.").example("test");

/// One for each line of the table.
const ALL: &[Details] = &[
    Details::new("get_health", "Whether the server answers", &[Answer::ok(Shape::Health)]),
    Details::new("reset_worlds", "Start afresh", &[Answer::no_content()]).query(&[ANY_ORG]).errors(&[400]),
    Details::new("list_notifications", "The notifications of a world", &[Answer::list(Shape::Notification)])
        .query(&[ORG])
        .errors(&[400]),
    Details::new("export_world", "A world as a document", &[Answer::ok(Shape::World)]).query(&[ORG]).errors(&[400]),
];

/// Every operation of the control plane, in the order of its table.
pub(crate) fn operations() -> &'static [Operation] {
    static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| describe(super::endpoints(), &[ALL], &[]));
    &OPERATIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_described_and_nothing_else() {
        let names: Vec<_> = super::super::endpoints().into_iter().map(|line| line.into_parts().0).collect();
        assert_eq!(operations().iter().map(|operation| operation.name).collect::<Vec<_>>(), names);
        assert_eq!(ALL.len(), names.len());
    }
}
