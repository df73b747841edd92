"""`/v2` and `/v3` behave the same, and every URL carries the version that the client asked with."""

import pytest
import world
from yandex_tracker_client import TrackerClient


def urls(value):
    """Every URL in an answer, however deep."""
    if isinstance(value, dict):
        return [url for member in value.values() for url in urls(member)]
    if isinstance(value, list):
        return [url for member in value for url in urls(member)]
    return [value] if isinstance(value, str) and "://" in value else []


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_every_url_carries_the_version(mock, org, image, version):
    client = TrackerClient(token="any-token", org_id=org, base_url=mock.url, api_version=version)
    fields = "author,lead,teamUsers,clients,followers,parentEntity,issueQueues"

    uploaded = client.attachments.create(image)
    project = client.project.get(world.PROJECT, expand="all", fields=fields)
    attached = project.attachments.attach(uploaded.id, expand="all", fields=fields)

    # self, content, thumbnail, createdBy.self
    assert len(urls(uploaded.as_dict())) == 4
    # self, createdBy.self, six users, a portfolio, a queue
    assert len(urls(project.as_dict())) == 10
    assert len(urls(attached.as_dict())) == 14
    for answer in (uploaded, project, attached):
        for url in urls(answer.as_dict()):
            assert url.startswith(f"{mock.url}/{version}/")


def test_v2_is_what_the_client_uses_by_default(client, mock, note):
    assert client.attachments.create(note).content.startswith(f"{mock.url}/v2/")


def test_both_versions_are_one_world(client, mock, org, note):
    v3 = TrackerClient(token="any-token", org_id=org, base_url=mock.url, api_version="v3")
    uploaded = v3.attachments.create(note)

    client.project.get(world.PROJECT).attachments.attach(uploaded.id)

    seen = v3.project.get(world.PROJECT, expand="attachments")
    assert [file["id"] for file in seen.as_dict()["attachments"]] == [uploaded.id]
