//! Random operations. Ids are small numbers, so that clients get in each other's way, and name things that are not
//! there yet, are there, and are gone; most aim at what was heard of.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::operation::{Break, Client, Content, EntityName, Kind, NAMES, Op, Options, Step, Target, USERS};

/// Operations of one client on so many worlds, which issue files up to about this id.
pub(super) fn client(
    worlds: usize,
    highest_file: u64,
    count: impl Into<prop::collection::SizeRange>,
) -> impl Strategy<Value = Client> {
    let aim = option::weighted(0.8, 0..4_u8);
    let step = (0..worlds, 0..USERS.len(), operation(highest_file), aim);
    vec(step.prop_map(|(world, actor, op, aim)| Step { world, actor, op, aim }), count).prop_map(Client)
}

fn operation(highest_file: u64) -> impl Strategy<Value = Op> {
    prop_oneof![
        200 => on_files(highest_file),
        80 => on_holders(highest_file),
        60 => on_comments(highest_file),
        60 => reading(highest_file),
        3 => Just(Op::Reset),
        1 => Just(Op::ResetAll),
    ]
}

fn on_files(highest_file: u64) -> impl Strategy<Value = Op> {
    let file = 1..=highest_file;
    let comment = option::weighted(0.7, 1..6_u64);
    prop_oneof![
        12 => (name(), content()).prop_map(|(name, content)| Op::Upload { name, content }),
        2 => (name(), content(), select(vec![Break::Short, Break::Broken, Break::Abandoned]))
            .prop_map(|(name, content, how)| Op::FailToUpload { name, content, how }),
        10 => (entity(), file.clone(), options())
            .prop_map(|(entity, file, options)| Op::Attach { entity, file, options }),
        4 => (target(), file).prop_map(|(target, file)| Op::DeleteFile { target, file }),
        2 => (issue(), name(), content()).prop_map(|(issue, name, content)| Op::UploadTo { issue, name, content }),
        1 => (issue(), comment, name(), content())
            .prop_map(|(issue, comment, name, content)| Op::Import { issue, comment, name, content }),
    ]
}

fn on_holders(highest_file: u64) -> impl Strategy<Value = Op> {
    let version = option::weighted(0.4, 1..6_u64);
    prop_oneof![
        3 => (kind(), 0..4_u8).prop_map(|(kind, summary)| Op::CreateEntity { kind, summary }),
        3 => (option::of(0..3_u8), files(highest_file)).prop_map(|(unique, files)| Op::CreateIssue { unique, files }),
        12 => (target(), 0..4_u8, version, files(highest_file))
            .prop_map(|(target, summary, version, files)| Op::Patch { target, summary, version, files }),
        1 => entity().prop_map(|entity| Op::DeleteEntity { entity }),
    ]
}

fn on_comments(highest_file: u64) -> impl Strategy<Value = Op> {
    let version = option::weighted(0.3, 1..3_u64);
    let comment = 1..8_u64;
    prop_oneof![
        5 => (target(), 0..4_u8, files(highest_file))
            .prop_map(|(target, text, files)| Op::AddComment { target, text, files }),
        3 => (target(), comment.clone(), 0..4_u8, version, files(highest_file)).prop_map(
            |(target, comment, text, version, files)| Op::EditComment { target, comment, text, version, files }
        ),
        1 => (target(), comment).prop_map(|(target, comment)| Op::DeleteComment { target, comment }),
    ]
}

fn reading(highest_file: u64) -> impl Strategy<Value = Op> {
    let file = 1..=highest_file;
    prop_oneof![
        file.clone().prop_map(|file| Op::GetFile { file }),
        (file, name()).prop_map(|(file, name)| Op::Download { file, name }),
        target().prop_map(|target| Op::ListFiles { target }),
        target().prop_map(|target| Op::Get { target }),
        target().prop_map(|target| Op::ListComments { target }),
        entity().prop_map(|entity| Op::ListEvents { entity }),
        Just(Op::Outbox),
        Just(Op::Export),
    ]
}

fn name() -> impl Strategy<Value = usize> {
    0..NAMES.len()
}

fn content() -> impl Strategy<Value = Content> {
    let bytes = prop_oneof![1 => Just(0), 4 => 1..200_usize, 1 => 3000..9000_usize];
    (any::<u8>(), bytes).prop_map(|(seed, bytes)| Content { seed, bytes })
}

fn options() -> impl Strategy<Value = Options> {
    (option::weighted(0.3, 0..=NAMES.len()), any::<Option<bool>>(), any::<Option<bool>>(), any::<bool>())
        .prop_map(|(rename, notify, notify_author, expand)| Options { rename, notify, notify_author, expand })
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![3 => Just(Kind::Project), 1 => Just(Kind::Goal)]
}

fn entity() -> impl Strategy<Value = EntityName> {
    prop_oneof![8 => (Just(Kind::Project), 1..3_u64), 2 => Just((Kind::Goal, 1)), 2 => (kind(), 2..5_u64)]
}

fn issue() -> impl Strategy<Value = u64> {
    prop_oneof![4 => Just(1), 1 => 2..4_u64]
}

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![2 => entity().prop_map(Target::Entity), 1 => issue().prop_map(Target::Issue)]
}

/// What a body names in `attachmentIds`.
fn files(highest_file: u64) -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![2 => Just(Vec::new()), 3 => vec(1..=highest_file, 1..3)]
}
