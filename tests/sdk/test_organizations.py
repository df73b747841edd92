"""Every organisation is a world of its own, made when it is first named."""

import uuid

import pytest
import world
from yandex_tracker_client import TrackerClient
from yandex_tracker_client.exceptions import NotFound


@pytest.fixture
def other_org(mock):
    """A second organisation."""
    org = f"org-{uuid.uuid4()}"
    yield org
    mock.reset(org)


@pytest.fixture
def other_client(mock, other_org):
    """A client of the second organisation."""
    return TrackerClient(token="any-token", org_id=other_org, base_url=mock.url)


def test_they_do_not_see_each_others_files(client, other_client, file_id, refused):
    with refused(NotFound) as caught:
        other_client.project.get(world.PROJECT).attachments.attach(file_id)

    assert caught.value.error_messages == [f'File "{file_id}" does not exist.']
    # Where it belongs it is good as before.
    client.project.get(world.PROJECT).attachments.attach(file_id)


def test_an_attach_shows_in_one_only(mock, other_org, other_client, project, file_id):
    pristine = mock.state(other_org)

    project.attachments.attach(file_id)

    assert other_client.project.get(world.PROJECT, expand="attachments").as_dict()["attachments"] == []
    assert other_client.project.get(world.PROJECT).version == world.PROJECT_VERSION
    assert mock.outbox(other_org) == []
    assert mock.state(other_org) == pristine


def test_the_same_id_is_another_file_in_each(client, other_client, tmp_path):
    mine, theirs = tmp_path / "mine.txt", tmp_path / "theirs.txt"
    mine.touch()
    theirs.touch()

    uploads = client.attachments.create(str(mine)), other_client.attachments.create(str(theirs))

    assert [(uploaded.id, uploaded.name) for uploaded in uploads] == [("30", "mine.txt"), ("30", "theirs.txt")]


def test_a_reset_starts_afresh(client, mock, org, note):
    pristine = mock.state(org)
    file_id = client.attachments.create(note).id
    client.project.get(world.PROJECT).attachments.attach(file_id)
    client.attachments.create(note)
    assert mock.state(org) != pristine

    mock.reset(org)

    assert mock.state(org) == pristine
    assert mock.outbox(org) == []
    assert client.project.get(world.PROJECT).version == world.PROJECT_VERSION
    # The ids start afresh too.
    assert client.attachments.create(note).id == file_id


def test_a_reset_of_one_leaves_the_other(client, mock, org, other_org, other_client, note, file_id):
    other_client.attachments.create(note)
    kept = mock.state(other_org)

    mock.reset(org)

    assert mock.state(org)["temporaryFiles"] == []
    assert mock.state(other_org) == kept
