"""Files through yatracker: upload, attach, list, download, preview, import, delete."""

import io
import random
import struct
from datetime import datetime, timedelta, timezone

import pytest
import world
from yatracker.exceptions import ObjectNotFoundError, YaTrackerError

IMPORTED_AT = datetime(2024, 2, 3, 7, 5, 6, 789000, timezone(timedelta(hours=3)))


@pytest.fixture
async def attached(tracker):
    """A text file of an issue."""
    return await tracker.attach_file(world.ISSUE, io.BytesIO(b"A note.\n"), "note.txt")


async def names(tracker, issue):
    return [file.name for file in await tracker.get_attachments(issue)]


async def test_a_temporary_file(tracker, mock):
    uploaded = await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "заметка 1.txt")

    assert (uploaded.id, uploaded.name, uploaded.mimetype, uploaded.size) == ("30", "заметка 1.txt", "text/plain", 8)
    assert uploaded.url == f"{mock.url}/v3/attachments/30"
    assert uploaded.created_by.display == world.AUTHOR
    assert uploaded.created_at.utcoffset() == timedelta(0)
    assert (uploaded.thumbnail, uploaded.metadata, uploaded.comment_id) == (None, None, None)
    # `request` takes whole URLs as they are, so the one of the answer can be followed.
    assert await tracker._client.request("GET", uploaded.content) == b"A note.\n"


async def test_the_name_of_a_file_object(tracker, note):
    with open(note, "rb") as file:
        assert (await tracker.upload_temp_file(file)).name == "note.txt"


async def test_a_temporary_file_serves_once(tracker, rejected):
    file_id = (await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")).id
    issue = await tracker.create_issue("New", "JUNE", attachment_ids=[file_id])
    assert await names(tracker, issue.key) == ["note.txt"]

    with rejected(YaTrackerError) as caught:
        await tracker.create_issue("Another", "JUNE", attachment_ids=[file_id])
    assert "attachmentIds" in str(caught.value)
    with rejected(YaTrackerError):
        await tracker.post_comment(world.ISSUE, "New", attachment_ids=[file_id])


async def test_attach_list_download(tracker, mock):
    content = random.Random(7).randbytes(2 * 1024 * 1024)

    attached = await tracker.attach_file(world.ISSUE, io.BytesIO(content), "отчёт за май.bin")

    assert (attached.name, attached.size) == ("отчёт за май.bin", len(content))
    assert attached.url == f"{mock.url}/v3/issues/{world.ISSUE}/attachments/{attached.id}"
    assert await tracker.get_attachments(world.ISSUE) == [attached]
    assert await tracker.get_attachments(world.ISSUE_ID) == [attached]
    assert await tracker.download_attachment(world.ISSUE, attached.id, attached.name) == content
    assert await tracker._client.request("GET", attached.content) == content


async def test_an_empty_file(tracker):
    attached = await tracker.attach_file(world.ISSUE, io.BytesIO(b""), "empty.txt")

    assert attached.size == 0
    assert await tracker.download_attachment(world.ISSUE, attached.id, "empty.txt") == b""


async def test_the_files_of_comments_too(tracker):
    own, of_comment = await tracker.get_attachments(world.ISSUE_WITH_FILES)

    assert (own.id, own.comment_id) == (world.ITS_FILE, None)
    assert (of_comment.id, of_comment.comment_id) == (world.ITS_COMMENTS_FILE, "6593a5d0e5f60000000000a1")
    content = await tracker.download_attachment(world.ISSUE_WITH_FILES, of_comment.id, of_comment.name)
    assert content == b"alpha: ok\n"


async def test_the_thumbnail(tracker, photo):
    with open(photo, "rb") as file:
        attached = await tracker.attach_file(world.ISSUE, file, "фото.png")

    assert attached.metadata.size == "600x300"
    assert attached.thumbnail == f"{attached.url.rsplit('/', 2)[0]}/thumbnails/{attached.id}"
    thumbnail = await tracker.download_thumbnail(world.ISSUE, attached.id)
    assert thumbnail.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", thumbnail[16:24]) == (256, 128)


async def test_what_is_no_image_has_no_thumbnail(tracker, attached, rejected):
    assert attached.thumbnail is None
    with rejected(ObjectNotFoundError):
        await tracker.download_thumbnail(world.ISSUE, attached.id)


async def test_delete(tracker, attached, rejected):
    kept = await tracker.attach_file(world.ISSUE, io.BytesIO(b"kept"), "kept.txt")

    assert await tracker.delete_attachment(world.ISSUE, attached.id) is True

    assert await tracker.get_attachments(world.ISSUE) == [kept]
    with rejected(ObjectNotFoundError):
        await tracker.delete_attachment(world.ISSUE, attached.id)
    with rejected(ObjectNotFoundError):
        await tracker.download_attachment(world.ISSUE, attached.id, attached.name)


async def test_what_does_not_exist(tracker, rejected):
    with rejected(ObjectNotFoundError):
        await tracker.get_attachments(world.UNKNOWN_ISSUE)
    with rejected(ObjectNotFoundError):
        await tracker.attach_file(world.UNKNOWN_ISSUE, io.BytesIO(b"A note.\n"), "note.txt")
    with rejected(ObjectNotFoundError):
        await tracker.delete_attachment(world.OTHER_ISSUE, world.ITS_FILE)
    # Under another name it is the same file.
    assert await tracker.download_attachment(world.ISSUE_WITH_FILES, world.ITS_FILE, "another-name.csv")


async def test_a_bad_name(tracker, rejected):
    with rejected(YaTrackerError) as caught:
        await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "ж" * 256)

    assert '"filename"' in str(caught.value)


async def test_import(tracker):
    await tracker.edit_issue(world.ISSUE, summary="Changed later")

    imported = await tracker.import_attachment(world.ISSUE, io.BytesIO(b"Old.\n"), "ж" * 255, IMPORTED_AT, "client")

    assert imported.name == "ж" * 255
    assert imported.created_at == IMPORTED_AT
    assert imported.created_by.display == "Заказчик Проекта"
    assert await tracker.get_attachments(world.ISSUE) == [imported]
    assert await tracker._client.request("GET", imported.content) == b"Old.\n"


@pytest.mark.parametrize("comment", [world.ITS_COMMENT, str(world.ITS_COMMENT), "6593a5d0e5f60000000000a1"])
async def test_import_to_a_comment(tracker, comment):
    # A comment that was never changed lived for one instant.
    written_at = datetime(2024, 1, 2, 7, tzinfo=timezone.utc)
    imported = await tracker.import_attachment(
        world.ISSUE_WITH_FILES, io.BytesIO(b"Old.\n"), "old.txt", written_at, 1900000005, comment_id=comment
    )

    assert imported.comment_id == "6593a5d0e5f60000000000a1"
    assert imported in await tracker.get_attachments(world.ISSUE_WITH_FILES)


@pytest.mark.parametrize(
    "change, error",
    [
        ({"issue_id": world.UNKNOWN_ISSUE}, ObjectNotFoundError),
        ({"comment_id": 99}, ObjectNotFoundError),
        ({"created_by": "nobody"}, ObjectNotFoundError),
        ({"created_at": "yesterday"}, YaTrackerError),
        ({"created_at": IMPORTED_AT}, YaTrackerError),
        ({"filename": "ж" * 256}, YaTrackerError),
    ],
)
async def test_a_bad_import(tracker, rejected, change, error):
    options = {
        "issue_id": world.ISSUE,
        "filename": "old.txt",
        "created_at": "2024-01-02T09:15:00.000+0000",
        "created_by": "client",
        **change,
    }
    with rejected(error):
        await tracker.import_attachment(file=io.BytesIO(b"Old.\n"), **options)
