"""Who would have been told of an attached file: `/_mock/outbox`."""

import pytest
import world
from yandex_tracker_client import TrackerClient

# The author made the change, so the author is not among them.
EVERYBODY_ELSE = {
    "lead": ["lead"],
    "team-1": ["teamUsers"],
    "team-2": ["teamUsers"],
    "client": ["clients"],
    "follower": ["followers"],
}


def recipients(notification):
    """Logins, each with the roles that made it a recipient."""
    logins = [recipient["user"]["login"] for recipient in notification["recipients"]]
    assert len(set(logins)) == len(logins), "everybody is told once"
    return {recipient["user"]["login"]: recipient["roles"] for recipient in notification["recipients"]}


def test_by_default_everybody_but_the_actor_is_told(mock, org, project, file_id):
    attached = project.attachments.attach(file_id)

    (notification,) = mock.outbox(org)
    assert recipients(notification) == EVERYBODY_ELSE
    del notification["recipients"]
    assert notification == {
        "time": attached.updatedAt,
        "actor": {"id": "1900000001", "login": "author", "display": world.AUTHOR},
        "entity": {"type": "project", "id": world.PROJECT},
        "event": "fileAdded",
        "file": {"id": file_id, "name": "note.txt"},
        "notify": True,
        "notifyAuthor": False,
    }


# The client writes Python's booleans into the query as they are: notify=True.
@pytest.mark.parametrize(
    "options, told",
    [
        ({"notify": True}, EVERYBODY_ELSE),
        ({"notify_author": False}, EVERYBODY_ELSE),
        ({"notify": True, "notify_author": True}, {**EVERYBODY_ELSE, "author": ["actor"]}),
        ({"notify_author": True}, {**EVERYBODY_ELSE, "author": ["actor"]}),
        ({"notify": False, "notify_author": True}, {"author": ["actor"]}),
    ],
)
def test_who_is_told(mock, org, project, file_id, options, told):
    project.attachments.attach(file_id, **options)

    (notification,) = mock.outbox(org)
    assert recipients(notification) == told
    assert notification["notify"] is options.get("notify", True)
    assert notification["notifyAuthor"] is options.get("notify_author", False)


@pytest.mark.parametrize("options", [{"notify": False}, {"notify": False, "notify_author": False}])
def test_nobody_is_told(mock, org, project, file_id, options):
    attached = project.attachments.attach(file_id, **options)

    assert attached.version == world.PROJECT_VERSION + 1
    assert mock.outbox(org) == []


def test_another_actor(mock, org, note):
    # A user in the fixtures may have tokens, and whoever sends one of them acts as that user.
    client = TrackerClient(token=world.LEAD_TOKEN, org_id=org, base_url=mock.url)
    uploaded = client.attachments.create(note)
    client.project.get(world.PROJECT).attachments.attach(uploaded.id)

    (notification,) = mock.outbox(org)
    assert uploaded.createdBy.display == world.LEAD
    assert notification["actor"]["login"] == "lead"
    told = {**EVERYBODY_ELSE, "author": ["author"]}
    del told["lead"]
    assert recipients(notification) == told


def test_oldest_first(client, mock, org, note):
    first, second = client.attachments.create(note), client.attachments.create(note)
    client.project.get(world.PROJECT).attachments.attach(second.id)
    client.portfolio.get(world.PORTFOLIO).attachments.attach(first.id, notify_author=True)

    told = [(entry["entity"]["type"], entry["file"]["id"]) for entry in mock.outbox(org)]
    assert told == [("project", second.id), ("portfolio", first.id)]
