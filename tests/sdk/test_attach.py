"""Attaching a temporary file: `entity.attachments.attach`."""

import pytest
import world


def test_upload_and_attach(client, note):
    project = client.project.get(world.PROJECT)
    uploaded = client.attachments.create(note)

    attached = project.attachments.attach(uploaded.id, notify=False, expand="attachments")

    # `attached.attachments` is where the client keeps `attach`; the answer has the list.
    (file,) = attached.as_dict()["attachments"]
    assert (file["id"], file["name"]) == (uploaded.id, "note.txt")
    assert attached.version == project.version + 1


def test_the_answer(client, mock, project, note):
    uploaded = client.attachments.create(note)

    attached = project.attachments.attach(uploaded.id, expand="attachments", fields="summary,end")

    user = project.as_dict()["createdBy"]
    answer = attached.as_dict()
    updated_at = answer.pop("updatedAt")
    assert updated_at > project.updatedAt
    # Timestamps of one form sort as text; both may fall into one millisecond.
    assert updated_at >= uploaded.createdAt
    assert answer == {
        "self": f"{mock.url}/v2/entities/project/{world.PROJECT}",
        "id": world.PROJECT,
        "version": world.PROJECT_VERSION + 1,
        "shortId": world.PROJECT_SHORT_ID,
        "entityType": "project",
        "createdBy": user,
        "createdAt": project.createdAt,
        "attachments": [{**uploaded.as_dict(), "createdBy": user}],
        "fields": {"summary": "Project without files", "end": "2024-06-30"},
    }


def test_without_any_option(client, project, file_id):
    attached = project.attachments.attach(file_id)

    assert attached.version == world.PROJECT_VERSION + 1
    assert not {"attachments", "fields"} & set(attached.as_dict())


def test_a_later_get_sees_it(client, project, file_id):
    attached = project.attachments.attach(file_id, expand="all", fields="summary")

    seen = client.project.get(world.PROJECT, expand="all", fields="summary")
    assert seen.as_dict() == attached.as_dict()


def test_a_new_file_stands_last(client, file_id):
    project = client.project.get(world.PROJECT_WITH_FILES)

    attached = project.attachments.attach(file_id, expand="attachments")

    names = [file["name"] for file in attached.as_dict()["attachments"]]
    assert names == [*world.ITS_FILES, "note.txt"]


def test_each_file_raises_the_version_by_one(client, project, note):
    versions = [project.attachments.attach(client.attachments.create(note).id).version for _ in range(3)]

    assert versions == [world.PROJECT_VERSION + 1, world.PROJECT_VERSION + 2, world.PROJECT_VERSION + 3]


@pytest.mark.parametrize(
    "kind, id",
    [
        ("project", world.PROJECT),
        ("project", world.PROJECT_SHORT_ID),
        ("portfolio", world.PORTFOLIO),
        ("portfolio", world.PORTFOLIO_SHORT_ID),
        ("goal", world.GOAL),
    ],
)
def test_every_kind_of_entity(client, file_id, kind, id):
    entity = getattr(client, kind).get(id)

    attached = entity.attachments.attach(file_id, expand="attachments")

    assert attached.entityType == kind
    assert attached.version == entity.version + 1
    assert [file["id"] for file in attached.as_dict()["attachments"]] == [file_id]


def test_the_name_stays_what_it_was(client, project, note):
    name = "отчёт 100% + «май».txt"
    uploaded = client.attachments.create(note, params={"filename": name})

    attached = project.attachments.attach(uploaded.id, expand="attachments")

    (file,) = attached.as_dict()["attachments"]
    assert file["name"].encode() == name.encode()
    assert file["content"] == uploaded.content


def test_the_temporary_file_is_used_up(client, mock, org, project, file_id):
    project.attachments.attach(file_id)

    state = mock.state(org)
    (entity,) = [entity for entity in state["entities"] if entity["id"] == world.PROJECT]
    assert state["temporaryFiles"] == []
    assert [(file["id"], file["content"]) for file in entity["attachments"]] == [(file_id, {"text": "A note.\n"})]


def test_the_history_tells_of_it(mock, org, project, file_id):
    project.attachments.attach(file_id)

    (entity,) = [entity for entity in mock.state(org)["entities"] if entity["id"] == world.PROJECT]
    *_, event = entity["events"]
    assert event["change"] == {"fileAdded": {"id": file_id, "name": "note.txt"}}
    assert event["actor"] == "author"
