"""Tokens and organisations: who may ask, and who is asking."""

import pytest
import world
from yandex_tracker_client import TrackerClient
from yandex_tracker_client.exceptions import Forbidden, TrackerServerError


def test_without_an_organisation(mock, refused):
    # The client sends `X-Org-Id: not provided` then.
    client = TrackerClient(token="any-token", base_url=mock.url)

    with refused(Forbidden) as caught:
        client.project.get(world.PROJECT)

    assert caught.value.error_messages == ["Organization is not specified. Send the header X-Org-ID or X-Cloud-Org-ID."]
    assert caught.value.errors == {}
    assert caught.value.status_code == 403


def test_without_an_organisation_nothing_is_uploaded(mock, note, refused):
    client = TrackerClient(token="any-token", base_url=mock.url)

    with refused(Forbidden):
        client.attachments.create(note)


def test_without_a_token(mock, org, note, refused):
    # The client sends `Authorization: OAuth not provided` then, and has no exception of its own for 401.
    client = TrackerClient(org_id=org, base_url=mock.url)

    for attempt in (
        lambda: client.project.get(world.PROJECT),
        lambda: client.attachments.create(note),
    ):
        with refused(TrackerServerError) as caught:
            attempt()
        assert caught.value.error_messages == ["Authorization header has no token."]
        assert caught.value.errors == {}
        assert caught.value.status_code == 401


def test_without_either_the_token_is_missed_first(mock, refused):
    with refused(TrackerServerError) as caught:
        TrackerClient(base_url=mock.url).project.get(world.PROJECT)

    assert caught.value.status_code == 401


@pytest.mark.parametrize("credentials", [{"token": "any-token"}, {"iam_token": "any-iam-token"}])
def test_a_cloud_organisation(client, mock, org, note, credentials):
    # The client sends `X-Org-Id: not provided` beside `X-Cloud-Org-ID`; the latter counts.
    cloud = TrackerClient(cloud_org_id=org, base_url=mock.url, **credentials)
    assert cloud._connection.session.headers["X-Org-Id"] == "not provided"
    others = mock.state("not provided")

    uploaded = cloud.attachments.create(note)
    attached = cloud.project.get(world.PROJECT).attachments.attach(uploaded.id, expand="attachments")

    assert [file["id"] for file in attached.as_dict()["attachments"]] == [uploaded.id]
    # It is the world that the plain header names, and no other.
    assert client.project.get(world.PROJECT, expand="attachments").as_dict() == attached.as_dict()
    assert mock.state("not provided") == others


@pytest.mark.parametrize(
    "credentials, display",
    [
        ({"token": "any-token"}, world.AUTHOR),
        ({"token": world.LEAD_TOKEN}, world.LEAD),
        ({"iam_token": "any-iam-token"}, world.AUTHOR),
        ({"iam_token": world.LEAD_TOKEN}, world.LEAD),
    ],
)
def test_the_token_says_who_acts(mock, org, note, credentials, display):
    client = TrackerClient(cloud_org_id=org, base_url=mock.url, **credentials)

    uploaded = client.attachments.create(note)
    project = client.project.get(world.PROJECT)
    attached = project.attachments.attach(uploaded.id, expand="attachments")

    (file,) = attached.as_dict()["attachments"]
    assert uploaded.createdBy.display == display
    assert file["createdBy"]["display"] == display
    # Who made the entity does not change.
    assert attached.createdBy.display == world.AUTHOR
