"""The OpenAPI document that the server answers, under a public validator."""

import copy

import pytest
import requests
from openapi_spec_validator import OpenAPIV31SpecValidator


@pytest.fixture
def document(mock):
    answer = requests.get(f"{mock.url}/_mock/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def problems(document):
    return [f"{list(error.path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()]


def test_the_document_is_valid(document):
    assert document["openapi"].startswith("3.1.")
    assert problems(document) == []


def test_the_validator_looks_into_the_document(document):
    broken = copy.deepcopy(document)
    del broken["paths"]["/attachments"]["post"]["responses"]["201"]["description"]
    broken["components"]["schemas"]["Error"]["type"] = "text"
    assert len(problems(broken)) == 2


def test_what_it_has_examples_of_exists(document, mock, org):
    """Paths with examples only can be fetched as they are, but those of comments, of thumbnails of issues and
    of their links: the embedded world has none."""
    fetched = []
    for path, methods in document["paths"].items():
        if "get" not in methods or path.startswith("/_mock/"):
            continue
        parameters = [one for one in methods["get"].get("parameters", []) if one.get("in") == "path"]
        name = methods["get"]["operationId"]
        if name in ("get_entity_comment", "download_issue_thumbnail", "get_issue_link"):
            continue
        url = path
        for one in parameters:
            url = url.replace("{" + one["name"] + "}", one["example"])
        for server in document["servers"]:
            headers = {"Authorization": "OAuth any-token", "X-Org-ID": org}
            answer = requests.get(mock.url + server["url"] + url, headers=headers)
            assert answer.status_code == 200, (url, answer.text)
        fetched.append(name)
    assert len(fetched) > 25, fetched
