"""What is refused, as the client's own exceptions. `refused` also checks that nothing was changed."""

import io

import pytest
import world
from yandex_tracker_client import TrackerClient
from yandex_tracker_client.collections import EntityAttachments
from yandex_tracker_client.connection import Connection
from yandex_tracker_client.exceptions import BadRequest, NotFound, UnprocessableEntity


def test_a_file_serves_once(client, project, file_id, refused):
    project.attachments.attach(file_id, notify=False, expand="attachments")

    with refused(UnprocessableEntity) as caught:
        project.attachments.attach(file_id, notify=False, expand="attachments")

    assert caught.value.error_messages == [
        f"File {file_id} is already attached to project {world.PROJECT}. Upload it again to attach it once more."
    ]
    assert caught.value.errors == {}
    assert caught.value.status_code == 422


def test_a_file_serves_once_whatever_the_entity(client, project, file_id, refused):
    project.attachments.attach(file_id)

    with refused(UnprocessableEntity) as caught:
        client.goal.get(world.GOAL).attachments.attach(file_id)

    (message,) = caught.value.error_messages
    assert f"project {world.PROJECT}" in message


@pytest.mark.parametrize("file_id", ["4", "7", "8"])
def test_a_file_of_the_fixtures_was_used_too(project, refused, file_id):
    # A file of another project, of an issue, of a comment.
    with refused(UnprocessableEntity):
        project.attachments.attach(file_id)


@pytest.mark.parametrize(
    "kind, id",
    [
        ("project", world.UNKNOWN_ENTITY),
        ("project", 999999),
        ("project", "no-id-at-all"),
        ("portfolio", world.UNKNOWN_ENTITY),
        ("goal", world.UNKNOWN_ENTITY),
        # They exist, but as another type.
        ("project", world.PORTFOLIO),
        ("portfolio", world.GOAL),
        ("goal", world.PROJECT),
    ],
)
def test_an_unknown_entity(client, refused, kind, id):
    with refused(NotFound) as caught:
        getattr(client, kind).get(id)

    assert caught.value.error_messages == [f'No {kind} has the id or shortId "{id}".']
    assert caught.value.errors == {}
    assert caught.value.status_code == 404


@pytest.mark.parametrize("file_id", [world.UNKNOWN_FILE, "31", "0", "-1", "030", "not-a-number", 10**30])
def test_an_unknown_file(client, project, refused, file_id):
    with refused(NotFound) as caught:
        project.attachments.attach(file_id)

    assert caught.value.error_messages == [f'File "{file_id}" does not exist.']


def test_an_unknown_entity_to_attach_to(mock, org, file_id, refused):
    connection = connect(mock, org)

    with refused(NotFound) as caught:
        EntityAttachments(connection, entity="project", idx=world.UNKNOWN_ENTITY).attach(file_id)

    assert caught.value.error_messages == [f'No project has the id or shortId "{world.UNKNOWN_ENTITY}".']


def test_an_endpoint_that_is_not_emulated(client, refused):
    with refused(NotFound) as caught:
        client.boards.get_all()

    (message,) = caught.value.error_messages
    assert message.startswith("GET /v2/boards/ is not an endpoint that is emulated. The closest one is ")


@pytest.mark.parametrize("expand", ["everything", "attachments,comments", "Attachments", ["attachments", "x"]])
def test_an_unknown_expand(client, project, file_id, refused, expand):
    for attempt in (
        lambda: project.attachments.attach(file_id, expand=expand),
        lambda: client.project.get(world.PROJECT, expand=expand),
    ):
        with refused(BadRequest) as caught:
            attempt()
        assert list(caught.value.errors) == ["expand"]
        assert caught.value.error_messages == []
        assert caught.value.status_code == 400


@pytest.mark.parametrize("value", ["yes", "1", 1, 0, "", "truely", [True, False]])
@pytest.mark.parametrize("option, parameter", [("notify", "notify"), ("notify_author", "notifyAuthor")])
def test_a_bad_boolean(project, file_id, refused, option, parameter, value):
    with refused(BadRequest) as caught:
        project.attachments.attach(file_id, **{option: value})

    assert list(caught.value.errors) == [parameter]
    assert str(caught.value).startswith(f"- {parameter}: ")


@pytest.mark.parametrize(
    "fields, unknown",
    [
        ("status", "status"),
        ("summary,nonsense", "nonsense"),
        (["summary", "id"], "id"),
        # Known as a key of the answer, but not as a field.
        ("entityType", "entityType"),
        ("Summary,end,start2", "Summary, start2"),
    ],
)
def test_unknown_fields(client, project, file_id, refused, fields, unknown):
    for attempt in (
        lambda: project.attachments.attach(file_id, fields=fields),
        lambda: client.project.get(world.PROJECT, fields=fields),
    ):
        with refused(UnprocessableEntity) as caught:
            attempt()
        assert list(caught.value.errors) == ["fields"]
        assert caught.value.errors["fields"].startswith(f"Unknown fields: {unknown}.")
        assert caught.value.error_messages == []


@pytest.mark.parametrize("kind", ["task", "projects", "Project", "issue"])
def test_an_unknown_type_of_entity(mock, org, file_id, refused, kind):
    # The client's collections name only types that exist; below them any path can be asked for.
    connection = connect(mock, org)

    for attempt in (
        lambda: connection.get(path=f"/v2/entities/{kind}/{world.PROJECT}"),
        lambda: EntityAttachments(connection, entity=kind, idx=world.PROJECT).attach(file_id),
    ):
        with refused(BadRequest) as caught:
            attempt()
        [message] = caught.value.error_messages
        assert message.startswith(f'Unknown entity type "{kind}".')
        assert message.endswith(" Known: project, portfolio, goal.")


@pytest.mark.parametrize(
    "name, complaint",
    [
        ("", "The file name is empty."),
        ("a/b.txt", "The file name contains the path separator"),
        ("a\\b.txt", "The file name contains the path separator"),
        ("a\nb.txt", "The file name contains the control character U+000A."),
        ("a\0b.txt", "The file name contains the control character U+0000."),
        ("ж" * 256, "The file name has 256 characters; 255 are allowed."),
    ],
)
def test_a_bad_name(client, note, refused, name, complaint):
    with refused(BadRequest) as caught:
        client.attachments.create(note, params={"filename": name})

    assert list(caught.value.errors) == ["filename"]
    assert caught.value.errors["filename"].startswith(complaint)
    assert caught.value.error_messages == []


def test_an_upload_without_a_file(mock, org, refused):
    with refused(BadRequest) as caught:
        connect(mock, org).post(path="/v2/attachments/", data={"name": "note.txt"})

    assert caught.value.error_messages == ['Content-Type must be multipart/form-data, not "application/json".']


def test_an_upload_of_two_files(mock, org, refused):
    files = [("file", ("a.txt", io.BytesIO(b"a"))), ("file", ("b.txt", io.BytesIO(b"b")))]

    with refused(BadRequest) as caught:
        connect(mock, org).post(path="/v2/attachments/", files=files)

    assert caught.value.error_messages == ["The multipart body has more than one file; upload them one by one."]


def test_in_russian(mock, org, refused):
    client = TrackerClient(token="any-token", org_id=org, base_url=mock.url, headers={"Accept-Language": "ru"})

    with refused(NotFound) as caught:
        client.project.get(world.UNKNOWN_ENTITY)

    assert caught.value.error_messages == [f'Не существует: проект с идентификатором "{world.UNKNOWN_ENTITY}".']


def connect(mock, org):
    """What the client talks through, for what its collections do not offer."""
    connection = Connection(token="any-token", org_id=org, base_url=mock.url)
    TrackerClient(connection=connection)
    return connection
