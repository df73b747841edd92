"""Uploading a temporary file: `client.attachments.create`."""

import base64
import io
import random
import re
from urllib.parse import unquote

import pytest
import world

NAMES = [
    "отчёт за май.txt",
    "报告.txt",
    "👩‍💻 emoji.txt",
    "e\u0301 and \u00e9.txt",
    "100% + 1 & 2 = x?#;.txt",
    "%D0%BE %22 %2F.txt",
    "\"double\" and 'single' quotes.txt",
    " spaces at both ends ",
    "..hidden",
    "no-extension",
    "a" * 255,
]

# 255 characters are allowed, however many bytes they take; most file systems stop at 255 bytes.
LONG_NAMES = ["ж" * 255, "🙂" * 255]


def stored(mock, org, file_id):
    """The bytes of a temporary file, as the server holds them."""
    (content,) = [file["content"] for file in mock.state(org)["temporaryFiles"] if file["id"] == file_id]
    return content["text"].encode() if "text" in content else base64.b64decode(content["base64"])


def test_a_text_file(client, mock, org, note):
    uploaded = client.attachments.create(note)

    answer = uploaded.as_dict()
    created_at = answer.pop("createdAt")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", created_at)
    assert answer == {
        "self": f"{mock.url}/v2/attachments/30",
        "id": "30",
        "name": "note.txt",
        "content": f"{mock.url}/v2/attachments/30/note.txt",
        "createdBy": {
            "self": f"{mock.url}/v2/users/1900000001",
            "id": "1900000001",
            "display": world.AUTHOR,
        },
        "mimetype": "text/plain",
        "size": 8,
    }
    assert stored(mock, org, uploaded.id) == b"A note.\n"


def test_what_is_no_image_has_no_thumbnail(client, note):
    uploaded = client.attachments.create(note)

    # These are the client's own defaults for keys that an answer does not have.
    assert uploaded.thumbnail is None
    assert uploaded.metadata == {}


def test_an_image(client, mock, image):
    uploaded = client.attachments.create(image)

    assert uploaded.mimetype == "image/gif"
    assert uploaded.thumbnail == f"{mock.url}/v2/thumbnails/{uploaded.id}"
    assert uploaded.metadata == {"size": "1x1"}


def test_an_empty_file(client, mock, org, tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()

    uploaded = client.attachments.create(str(path))

    assert (uploaded.name, uploaded.size, uploaded.mimetype) == ("empty.txt", 0, "text/plain")
    assert stored(mock, org, uploaded.id) == b""


def test_a_file_of_5_mb(client, mock, org, tmp_path):
    content = random.Random(5).randbytes(5 * 1024 * 1024)
    path = tmp_path / "big.bin"
    path.write_bytes(content)

    uploaded = client.attachments.create(str(path))

    assert (uploaded.name, uploaded.size) == ("big.bin", len(content))
    assert stored(mock, org, uploaded.id) == content


def test_a_file_object_gives_its_own_name(client, mock, org, note):
    with open(note, "rb") as file:
        uploaded = client.attachments.create(file)

    assert uploaded.name == "note.txt"
    assert stored(mock, org, uploaded.id) == b"A note.\n"


def test_a_file_object_without_a_name(client, mock, org):
    uploaded = client.attachments.create(io.BytesIO(b"from memory"))

    # What the client calls it then.
    assert uploaded.name == "file"
    assert stored(mock, org, uploaded.id) == b"from memory"


def test_another_name(client, note):
    uploaded = client.attachments.create(note, params={"filename": "другое имя.md"})

    assert uploaded.name == "другое имя.md"
    assert uploaded.mimetype == "text/markdown"


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_path_comes_back_byte_for_byte(client, tmp_path, name):
    path = tmp_path / name
    path.touch()

    assert_named(client.attachments.create(str(path)), name)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_file_object_comes_back_byte_for_byte(client, tmp_path, name):
    path = tmp_path / name
    path.touch()

    with path.open("rb") as file:
        assert_named(client.attachments.create(file), name)


@pytest.mark.parametrize("name", NAMES + LONG_NAMES)
def test_the_name_in_params_comes_back_byte_for_byte(client, note, name):
    assert_named(client.attachments.create(note, params={"filename": name}), name)


def assert_named(uploaded, name):
    assert uploaded.name.encode() == name.encode()
    # In the URL the name is one segment, escaped so that it reads as what it is.
    assert uploaded.content.startswith(f"{uploaded.as_dict()['self']}/")
    segment = uploaded.content[len(uploaded.as_dict()["self"]) + 1 :]
    assert re.fullmatch(r"([A-Za-z0-9._~-]|%[0-9A-F]{2})+", segment)
    assert unquote(segment, errors="strict").encode() == name.encode()


def test_ids_count_up(client, note):
    uploads = [client.attachments.create(note) for _ in range(3)]

    assert [uploaded.id for uploaded in uploads] == ["30", "31", "32"]
