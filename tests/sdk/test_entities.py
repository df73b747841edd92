"""Reading projects, portfolios and goals."""

import pytest
import world


def file_names(entity):
    """Names of an entity's files. `entity.attachments` is where the client keeps `attach`; the answer has the list."""
    return [file["name"] for file in entity.as_dict()["attachments"]]


def test_a_project(client, mock):
    project = client.project.get(world.PROJECT)

    assert project.as_dict() == {
        "self": f"{mock.url}/v2/entities/project/{world.PROJECT}",
        "id": world.PROJECT,
        "version": world.PROJECT_VERSION,
        "shortId": world.PROJECT_SHORT_ID,
        "entityType": "project",
        "createdBy": {
            "self": f"{mock.url}/v2/users/1900000001",
            "id": "1900000001",
            "display": world.AUTHOR,
            "cloudUid": "ajeppa7dgp5300000001",
            "passportUid": 1500000001,
        },
        "createdAt": "2023-12-23T12:47:58.405+0000",
        "updatedAt": "2024-01-11T06:20:00.000+0000",
    }


@pytest.mark.parametrize("id", [world.PORTFOLIO, world.PORTFOLIO_SHORT_ID, str(world.PORTFOLIO_SHORT_ID)])
def test_a_portfolio_by_id_and_by_short_id(client, id):
    portfolio = client.portfolio.get(id)

    assert portfolio.id == world.PORTFOLIO
    assert portfolio.shortId == world.PORTFOLIO_SHORT_ID
    assert portfolio.entityType == "portfolio"


@pytest.mark.parametrize("id", [world.GOAL, world.GOAL_SHORT_ID])
def test_a_goal_by_id_and_by_short_id(client, id):
    goal = client.goal.get(id)

    assert goal.id == world.GOAL
    assert goal.shortId == world.GOAL_SHORT_ID
    assert goal.entityType == "goal"


def test_a_project_by_short_id_in_brackets(client):
    assert client.project[world.PROJECT_SHORT_ID].id == world.PROJECT


def test_fields(client):
    project = client.project.get(world.PROJECT, fields="summary,lead,teamUsers,start")

    assert project.fields["summary"] == "Project without files"
    assert project.fields["lead"].display == world.LEAD
    assert [user.display for user in project.fields["teamUsers"]] == ["Первый Участник", "Second Member"]
    assert project.fields["start"] == "2024-01-15"
    assert len(project.fields) == 4


def test_fields_as_a_list(client):
    # The client writes a list as repeated parameters.
    project = client.project.get(world.PROJECT, fields=["summary", "tags"])

    assert project.fields == {"summary": "Project without files", "tags": ["sample"]}


def test_a_field_without_a_value(client):
    goal = client.goal.get(world.GOAL, fields="tags")

    assert goal.fields == {"tags": None}


@pytest.mark.parametrize("expand", ["attachments", "all"])
def test_files(client, expand):
    project = client.project.get(world.PROJECT_WITH_FILES, expand=expand)

    assert file_names(project) == world.ITS_FILES


def test_no_files(client):
    assert file_names(client.project.get(world.PROJECT, expand="attachments")) == []


def test_neither_files_nor_fields_unless_asked_for(client):
    answer = client.project.get(world.PROJECT_WITH_FILES).as_dict()

    assert "attachments" not in answer
    assert "fields" not in answer
