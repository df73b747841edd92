"""The files of issues through the official client: `issue.attachments`, and what an attachment can do."""

import random
import struct

import pytest
import world
from yandex_tracker_client import TrackerClient
from yandex_tracker_client.exceptions import BadRequest, NotFound, UnprocessableEntity


@pytest.fixture
def target(tmp_path):
    """A folder to download to."""
    target = tmp_path / "target"
    target.mkdir()
    return target


@pytest.fixture
def big(tmp_path):
    """The path of a file of 3 MB."""
    path = tmp_path / "big %2F & «1»?.bin"
    path.write_bytes(random.Random(3).randbytes(3 * 1024 * 1024))
    return path


def read(attachment):
    return b"".join(attachment.read())


def png_size(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", content[16:24])


def test_the_files_of_an_issue(client, mock):
    base = f"{mock.url}/v2/issues/{world.ISSUE_WITH_FILES}/attachments"

    own, of_comment = (file.as_dict() for file in client.issues[world.ISSUE_WITH_FILES].attachments)

    assert own == {
        "self": f"{base}/7",
        "id": "7",
        "name": "report.csv",
        "content": f"{base}/7/report.csv",
        "createdBy": {
            "self": f"{mock.url}/v2/users/1900000001",
            "id": "1900000001",
            "display": world.AUTHOR,
            "cloudUid": "ajeppa7dgp5300000001",
            "passportUid": 1500000001,
        },
        "createdAt": "2024-01-02T06:00:00.000+0000",
        "mimetype": "text/csv",
        "size": 18,
    }
    assert (of_comment["self"], of_comment["content"]) == (f"{base}/8", f"{base}/8/alpha.txt")
    assert of_comment["commentId"] == "6593a5d0e5f60000000000a1"


def test_no_files(issue):
    assert list(issue.attachments) == []


def test_create(client, mock, issue, note):
    created = issue.attachments.create(note)

    assert (created.name, created.size, created.mimetype) == ("note.txt", 8, "text/plain")
    assert created.as_dict()["self"] == f"{mock.url}/v2/issues/{world.ISSUE}/attachments/{created.id}"
    assert [file.as_dict() for file in issue.attachments] == [created.as_dict()]
    assert issue.attachments[created.id].as_dict() == created.as_dict()
    assert issue.attachments[int(created.id)].as_dict() == created.as_dict()
    # The root path has the files of issues too.
    assert client.attachments[created.id].as_dict() == created.as_dict()
    assert read(created) == b"A note.\n"


def test_create_with_another_name(issue, note):
    created = issue.attachments.create(note, params={"filename": "другое имя.md"})

    assert created.name == "другое имя.md"
    assert read(created) == b"A note.\n"


def test_download(issue, target, big):
    issue.attachments.create(str(big))

    (file,) = issue.attachments
    file.download_to(str(target))

    (downloaded,) = target.iterdir()
    assert downloaded.name == big.name
    assert downloaded.read_bytes() == big.read_bytes()
    assert read(file) == big.read_bytes()


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_download_of_a_temporary_file(mock, org, target, note, version):
    client = TrackerClient(token="any-token", org_id=org, base_url=mock.url, api_version=version)

    client.attachments.create(note).download_to(str(target))

    assert (target / "note.txt").read_bytes() == b"A note.\n"


def test_download_of_an_empty_file(issue, tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()

    assert read(issue.attachments.create(str(path))) == b""


def test_what_looks_like_a_page_is_a_file(issue, tmp_path):
    path = tmp_path / "page.html"
    path.write_bytes(b"<script>alert(1)</script>\xff")

    assert read(issue.attachments.create(str(path))) == b"<script>alert(1)</script>\xff"


def test_the_thumbnail(client, issue, target, photo):
    created = issue.attachments.create(photo)

    assert created.metadata == {"size": "600x300"}
    assert created.thumbnail.endswith(f"/v2/issues/{world.ISSUE}/thumbnails/{created.id}")
    created.download_thumbnail_to(str(target))
    (downloaded,) = target.iterdir()
    assert downloaded.name == created.name
    assert png_size(downloaded) == (256, 128)


def test_the_thumbnail_of_a_temporary_file(client, target, photo):
    client.attachments.create(photo).download_thumbnail_to(str(target))

    (downloaded,) = target.iterdir()
    assert png_size(downloaded) == (256, 128)


def test_what_is_no_image_has_no_thumbnail(client, issue, note, refused):
    created = issue.attachments.create(note)

    assert created.thumbnail is None
    with refused(NotFound):
        list(client._connection.stream(f"/v2/issues/{world.ISSUE}/thumbnails/{created.id}"))


def test_delete(client, issue, note, image, refused):
    kept, gone = issue.attachments.create(note), issue.attachments.create(image)

    for file in issue.attachments:
        if file.name == "pixel.gif":
            assert file.delete() is None

    assert [file.id for file in issue.attachments] == [kept.id]
    for attempt in (
        gone.delete,
        lambda: issue.attachments[gone.id],
        lambda: client.attachments[gone.id],
        lambda: read(gone),
    ):
        with refused(NotFound):
            attempt()


def test_delete_by_id(issue, note):
    issue.attachments[issue.attachments.create(note).id].delete()

    assert list(issue.attachments) == []


def test_files_leave_the_version_as_it_is(client, issue, note):
    # A client that knows the issue may change it after it has added or deleted files.
    created = issue.attachments.create(note)
    issue.update(summary="With a file")
    created.delete()
    issue.update(summary="Without")

    assert client.issues[world.ISSUE].version == 3


def test_another_issues_file(client, refused):
    other = client.issues[world.OTHER_ISSUE]

    for attempt in (
        lambda: other.attachments[world.ITS_FILE],
        lambda: client._connection.delete(path=f"/v2/issues/{other.key}/attachments/{world.ITS_FILE}/"),
        lambda: list(client._connection.stream(f"/v2/issues/{other.key}/attachments/{world.ITS_FILE}/report.csv")),
    ):
        with refused(NotFound):
            attempt()


def test_an_unknown_issue(client, issue, note, refused):
    with refused(NotFound):
        client._connection.get(path=f"/v2/issues/{world.UNKNOWN_ISSUE}/attachments/")
    with refused(NotFound), open(note, "rb") as file:
        client._connection.post(path=f"/v2/issues/{world.UNKNOWN_ISSUE}/attachments/", files={"file": ("file", file)})


def test_import(client, issue, note):
    # It keeps who made the file and when, which is within the life of the issue.
    issue.update(summary="Changed later")
    imported = issue.attachments.import_object(
        note,
        params={"filename": "старый.txt", "createdAt": "2024-02-03T04:05:06.789+0000", "createdBy": "client"},
    )

    assert imported.name == "старый.txt"
    assert imported.createdAt == "2024-02-03T04:05:06.789+0000"
    assert imported.createdBy.display == "Заказчик Проекта"
    assert read(imported) == b"A note.\n"
    assert [file.as_dict() for file in issue.attachments] == [imported.as_dict()]
    assert issue.version == client.issues[world.ISSUE].version


@pytest.mark.parametrize(
    "change, error, field",
    [
        ({"createdAt": None}, BadRequest, "createdAt"),
        ({"createdBy": None}, BadRequest, "createdBy"),
        ({"createdAt": "yesterday"}, BadRequest, "createdAt"),
        ({"filename": "ж" * 256}, BadRequest, "filename"),
        # Before the issue was made, and after it was last changed.
        ({"createdAt": "2024-01-02T09:14:59.999+0000"}, UnprocessableEntity, "createdAt"),
        ({"createdAt": "2024-01-09T12:00:00.001+0000"}, UnprocessableEntity, "createdAt"),
        ({"createdBy": "nobody"}, NotFound, None),
    ],
)
def test_a_bad_import(issue, note, refused, change, error, field):
    params = {"createdAt": "2024-01-02T09:15:00.000+0000", "createdBy": "client", **change}

    with refused(error) as caught:
        issue.attachments.import_object(note, params=params)

    assert list(caught.value.errors) == ([field] if field else [])


def test_the_longest_name(issue, note):
    params = {"filename": "ж" * 255, "createdAt": issue.createdAt, "createdBy": "client"}

    assert issue.attachments.import_object(note, params=params).name == "ж" * 255
    assert issue.attachments.create(note, params={"filename": "🙂" * 255}).name == "🙂" * 255
