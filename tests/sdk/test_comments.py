"""Comments of issues and of entities through the official client."""

import pytest
import world
from yandex_tracker_client.exceptions import NotFound, PreconditionFailed, UnprocessableEntity
from yandex_tracker_client.objects import PaginatedList

HOLDERS = [
    lambda client: client.issues[world.ISSUE],
    lambda client: client.project[world.PROJECT],
    lambda client: client.portfolio[world.PORTFOLIO],
    lambda client: client.goal[world.GOAL],
]


@pytest.fixture(params=HOLDERS, ids=["issue", "project", "portfolio", "goal"])
def holder(client, request):
    """What is commented on."""
    return request.param(client)


def read(client, reference):
    """The bytes of a file that a comment names."""
    return b"".join(client._connection.get(path=reference._path).read())


def texts(holder, **params):
    return [comment.text for comment in holder.comments.get_all(**params)]


def test_create(client, holder):
    created = holder.comments.create(text="Первый **комментарий**")

    answer = created.as_dict()
    assert answer["self"] == f"{holder.as_dict()['self']}/comments/{created.id}"
    assert (created.id, created.version) == (22, 1)
    assert isinstance(created.id, int)
    assert created.text == "Первый **комментарий**"
    assert len(created.longId) == 24
    assert created.createdBy.display == created.updatedBy.display == world.AUTHOR
    assert created.createdAt == created.updatedAt
    assert (answer["type"], answer["transport"]) == ("standard", "internal")
    assert "attachments" not in answer
    assert [comment.as_dict() for comment in holder.comments] == [answer]
    assert client._connection.get(path=created._path).as_dict() == answer


def test_create_with_files(client, mock, org, holder, note, image):
    created = holder.comments.create(text="With files", attachments=[note, image], params={"expand": "attachments"})

    first, second = created.attachments
    assert (first.id, first.display) == ("30", "note.txt")
    assert (second.id, second.display) == ("31", "pixel.gif")
    base = holder.as_dict()["self"]
    assert [file["self"] for file in created.as_dict()["attachments"]] == [
        f"{base}/attachments/30",
        f"{base}/attachments/31",
    ]
    assert mock.state(org)["temporaryFiles"] == []
    # The reference leads to the file, and that to its bytes.
    assert first.mimetype == "text/plain"
    assert read(client, first) == b"A note.\n"
    with open(image, "rb") as file:
        assert read(client, second) == file.read()


@pytest.mark.parametrize("expand", ["attachments", "all"])
def test_files_of_all_comments(holder, note, expand):
    holder.comments.create(text="Without")
    holder.comments.create(text="With", attachments=[note])

    without, with_file = holder.comments.get_all(expand=expand)
    assert without.attachments == []
    assert [file.display for file in with_file.attachments] == ["note.txt"]


def test_html(holder):
    holder.comments.create(text="It is **new**")

    (comment,) = holder.comments.get_all(expand="html")
    assert comment.textHtml == "<p>It is <strong>new</strong></p>\n"


def test_the_files_of_an_issues_comment_are_the_issues_too(client, issue, note):
    own = issue.attachments.create(note)
    comment = issue.comments.create(text="With a file", attachments=[note])

    first, second = (file.as_dict() for file in issue.attachments)

    assert first["id"] == own.id
    assert "commentId" not in first
    assert second["commentId"] == comment.longId


@pytest.mark.parametrize("name", ["id", "longId"])
def test_a_comment_of_an_issue(issue, name):
    created = issue.comments.create(text="New")

    assert issue.comments[created[name]].as_dict() == created.as_dict()
    assert issue.comments.get(created[name], expand="attachments").attachments == []


def test_update(holder):
    comment = holder.comments.create(text="Old")

    comment.update(text="New")

    assert (comment.text, comment.version) == ("New", 2)
    assert comment.updatedAt >= comment.createdAt
    assert texts(holder) == ["New"]


def test_update_with_files(client, holder, note):
    comment = holder.comments.create(text="Old", attachments=[note])

    comment.update(attachments=[note], params={"expand": "attachments"})

    assert comment.text == "Old"
    assert [file.id for file in comment.attachments] == ["30", "31"]
    assert read(client, comment.attachments[1]) == b"A note.\n"


def test_a_stale_version(client, holder, refused):
    comment = holder.comments.create(text="Old")
    stale = client._connection.get(path=comment._path)
    comment.update(text="Mine")

    with refused(PreconditionFailed):
        stale.update(text="Theirs")


def test_delete(client, holder, note, refused):
    kept = holder.comments.create(text="Kept")
    gone = holder.comments.create(text="Gone", attachments=[note])

    assert gone.delete() is None

    assert [comment.id for comment in holder.comments] == [kept.id]
    for attempt in (
        gone.delete,
        lambda: client._connection.get(path=gone._path),
        lambda: client._connection.patch(path=gone._path, data={"text": "New"}),
        # Its file is gone with it.
        lambda: client.attachments["30"],
    ):
        with refused(NotFound):
            attempt()


def test_comments_leave_the_version_as_it_is(client, issue, project, note):
    # A client that knows the issue or entity may change it after it has commented on it.
    issue.comments.create(text="New", attachments=[note])
    issue.update(summary="Other")
    project.comments.create(text="New", attachments=[note])
    project.update(fields={"summary": "Other"})

    assert (issue.version, project.version) == (2, world.PROJECT_VERSION + 1)


def test_the_last_comment_shows_in_the_issue(client, issue):
    assert "lastCommentUpdatedAt" not in issue.as_dict()

    comment = issue.comments.create(text="New")

    assert client.issues[world.ISSUE].lastCommentUpdatedAt == comment.updatedAt


def test_pages(holder):
    expected = [f"Number {number}" for number in range(7)]
    for text in expected:
        holder.comments.create(text=text)

    result = holder.comments.get_all(perPage=3)

    assert isinstance(result, PaginatedList)
    assert [comment.text for comment in result] == expected
    assert texts(holder, perPage=7) == expected


def test_the_cursor_of_an_issues_comments(client, issue):
    ids = [issue.comments.create(text="New").id for _ in range(3)]

    # The comment that it names is not among those after it.
    after = client._connection.get(path=f"/v2/issues/{world.ISSUE}/comments", params={"id": ids[0]})
    assert [comment.id for comment in after] == ids[1:]


@pytest.mark.parametrize("values", [{}, {"text": ""}, {"text": None}, {"text": 5}])
def test_a_comment_needs_a_text(holder, refused, values):
    with refused(UnprocessableEntity) as caught:
        holder.comments.create(**values)

    assert list(caught.value.errors) == ["text"]


@pytest.mark.parametrize("file_id", [world.UNKNOWN_FILE, world.ITS_FILE])
def test_a_bad_file(holder, refused, file_id):
    comment = holder.comments.create(text="Old")

    for attempt in (
        lambda: holder.comments.create(text="New", attachmentIds=[file_id]),
        lambda: comment.update(text="New", attachmentIds=[file_id]),
    ):
        with refused(UnprocessableEntity) as caught:
            attempt()
        assert list(caught.value.errors) == ["attachmentIds"]


def test_import_to_a_comment(client, note):
    # The client has no method of its own for it.
    path = f"/v2/issues/{world.ISSUE_WITH_FILES}/comments/{world.ITS_COMMENT}/attachments/_import"
    # A comment that was never changed lived for one instant.
    params = {"filename": "old.txt", "createdAt": "2024-01-02T07:00:00.000+0000", "createdBy": "client"}
    with open(note, "rb") as file:
        imported = client._connection.post(path=path, params=params, files={"file": ("file", file)})

    assert imported.commentId == "6593a5d0e5f60000000000a1"
    assert b"".join(imported.read()) == b"A note.\n"
    (comment,) = client.issues[world.ISSUE_WITH_FILES].comments.get_all(expand="attachments")
    assert [file.id for file in comment.attachments] == [world.ITS_COMMENTS_FILE, imported.id]
