"""What the client needs around files: users, queues, fields, and the references that lead to them."""

import pytest
import world
from yandex_tracker_client import TrackerClient
from yandex_tracker_client.exceptions import NotFound
from yandex_tracker_client.objects import PaginatedList

LOGINS = ["author", "lead", "team-1", "team-2", "client", "follower"]


def test_myself(client, mock):
    assert client.myself.as_dict() == {
        "self": f"{mock.url}/v2/users/1900000001",
        "uid": 1900000001,
        "login": "author",
        "trackerUid": 1900000001,
        "passportUid": 1500000001,
        "cloudUid": "ajeppa7dgp5300000001",
        "firstName": "Автор",
        "lastName": "Проекта",
        "display": world.AUTHOR,
        "email": "author@example.com",
        "external": False,
        "hasLicense": True,
        "dismissed": False,
        "useNewFilters": True,
        "disableNotifications": False,
        "firstLoginDate": "1970-01-01T00:00:00.000+0000",
        "lastLoginDate": "1970-01-01T00:00:00.000+0000",
        "welcomeMailSent": True,
        "sources": ["cloud"],
    }


def test_whoever_has_the_token(mock, org):
    lead = TrackerClient(token=world.LEAD_TOKEN, org_id=org, base_url=mock.url)

    assert lead.myself.login == "lead"


@pytest.mark.parametrize("name", ["lead", 1900000002, "1900000002"])
def test_a_user(client, name):
    assert client.users[name].display == world.LEAD


def test_an_unknown_user(client, refused):
    with refused(NotFound):
        client.users["nobody"]


def test_users(client):
    assert [user.login for user in client.users] == LOGINS


def test_users_page_by_page(client):
    users = client.users.get_all(perPage=4)

    assert isinstance(users, PaginatedList)
    assert [user.login for user in users] == LOGINS


def test_queues(client):
    assert [(queue.key, queue.name) for queue in client.queues] == [("JUNE", "June"), ("TREK", "Trek")]


@pytest.mark.parametrize("name", ["JUNE", 1, "1"])
def test_a_queue(client, name):
    queue = client.queues[name]

    assert (queue.key, queue.name, queue.version) == ("JUNE", "June", 1)
    assert queue.lead.login == "lead"
    assert queue.defaultType.name == "Task"
    assert queue.defaultPriority.name == "Medium"
    assert (queue.assignAuto, queue.denyVoting) == (False, False)


def test_an_unknown_queue(client, refused):
    with refused(NotFound):
        client.queues["NOPE"]


def test_references_lead_to_what_they_name(issue):
    # What a reference does not have itself, the client fetches from its `self`.
    assert issue.priority.name == "Medium"
    assert issue.type.name == "Task"
    assert issue.status.name == "Open"
    assert issue.queue.lead.email == "lead@example.com"
    assert issue.createdBy.login == "lead"
    assert issue.updatedBy.firstName == "Project"


def test_catalogs(client):
    assert [priority.key for priority in client.priorities] == ["trivial", "minor", "normal", "critical", "blocker"]
    assert client.priorities["normal"].id == client.priorities[3].id
    assert "open" in [status.key for status in client.statuses]
    assert client.statuses["open"].name == "Open"
    assert "bug" in [kind.key for kind in client.issue_types]
    assert client.issue_types["bug"].name == "Bug"


def test_fields(client, issue):
    fields = {field.id: field for field in client.fields}

    assert fields["summary"].schema["type"] == "string"
    assert fields["tags"].schema["type"] == "array"
    # Every field of an answer is one, but for what every object has.
    assert set(issue.as_dict()) - {"self", "id", "version"} <= set(fields)
    for field in fields.values():
        assert client.fields[field.id].as_dict() == field.as_dict()
        assert field.as_dict()["self"].endswith(f"/v2/fields/{field.id}")


def selves(value):
    """Every `self` in an answer, however deep."""
    if isinstance(value, dict):
        own = {value["self"]} if "self" in value else set()
        return own.union(*(selves(member) for member in value.values()))
    if isinstance(value, list):
        return set().union(*(selves(member) for member in value))
    return set()


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_every_self_leads_to_the_object(mock, org, note, version):
    client = TrackerClient(token="any-token", org_id=org, base_url=mock.url, api_version=version)
    project = client.project.get(world.PROJECT, expand="all", fields="lead,teamUsers,parentEntity,issueQueues")
    project.comments.create(text="New", attachments=[note])
    issue = client.issues.get(world.ISSUE_WITH_FILES, expand="attachments")
    answers = [
        project,
        issue,
        *client.project[world.PROJECT_WITH_FILES].attachments,
        *project.comments.get_all(expand="all"),
        *issue.attachments,
        *issue.comments.get_all(expand="all"),
        *client.queues,
        *client.users,
        *client.fields,
    ]

    links = selves([answer.as_dict() for answer in answers])

    assert len(links) > 30
    for link in sorted(links):
        base, path = link[: len(mock.url) + 3], link[len(mock.url) + 3 :]
        assert base == f"{mock.url}/{version}"
        # The files of an entity's comment are found below the entity, and call the root path their own.
        own = f"{base}/attachments/30" if path == f"/entities/project/{world.PROJECT}/attachments/30" else link
        assert client._connection.get(path=link).as_dict()["self"] == own
