"""Projects, portfolios and goals through yatracker."""

import io
from datetime import date, datetime, timezone

import pytest
import world
from yatracker.exceptions import ObjectNotFoundError, YaTrackerError
from yatracker.types.entity import EntityLink

EVERY_KIND = pytest.mark.parametrize("kind", ["project", "portfolio", "goal"])

EVERY_FIELD = [
    "summary",
    "description",
    "author",
    "lead",
    "teamUsers",
    "clients",
    "followers",
    "start",
    "end",
    "checklistItems",
    "tags",
    "parentEntity",
    "teamAccess",
    "quarter",
    "entityStatus",
    "issueQueues",
]


def ids(result):
    return [entity.id for entity in result.values]


async def test_an_entity(tracker, mock):
    project = await tracker.get_entity("project", world.PROJECT, fields=EVERY_FIELD, expand="attachments")

    assert project.url == f"{mock.url}/v3/entities/project/{world.PROJECT}"
    assert (project.version, project.short_id, project.entity_type) == (77, world.PROJECT_SHORT_ID, "project")
    assert project.created_at == datetime(2023, 12, 23, 12, 47, 58, 405000, timezone.utc)
    assert project.attachments == []
    fields = project.fields
    assert (fields.summary, fields.author.display, fields.lead.display) == (
        "Project without files",
        world.AUTHOR,
        world.LEAD,
    )
    assert [len(users) for users in (fields.team_users, fields.clients, fields.followers)] == [2, 1, 1]
    assert (fields.start, fields.end) == (date(2024, 1, 15), date(2024, 6, 30))
    assert [(item.text, item.checked) for item in fields.checklist_items] == [
        ("First step", True),
        ("Second step", False),
    ]
    assert (fields.tags, fields.quarter, fields.team_access) == (["sample"], ["2024 Q1", "2024 Q2"], True)
    assert (fields.parent_entity.primary.id, fields.parent_entity.secondary) == (world.PORTFOLIO, [])
    assert fields.entity_status == "in_progress"
    assert [queue.key for queue in fields.issue_queues] == ["TREK"]
    # Nothing comes that was not asked for.
    assert fields.model_extra == {}


async def test_fields_without_values(tracker):
    goal = await tracker.get_entity("goal", world.GOAL_SHORT_ID, fields="tags,clients,parentEntity,start")

    assert goal.id == world.GOAL
    assert (goal.fields.tags, goal.fields.clients, goal.fields.parent_entity, goal.fields.start) == (None,) * 4


async def test_files(tracker):
    project = await tracker.get_entity("project", world.PROJECT_WITH_FILES, expand="attachments")

    assert [file.name for file in project.attachments] == world.ITS_FILES
    text, image = project.attachments
    assert (text.metadata, image.metadata.size) == (None, "48x32")
    assert await tracker._client.request("GET", text.content) == b"A text file.\n"
    assert (await tracker._client.request("GET", image.content)).startswith(b"\x89PNG")
    assert (await tracker._client.request("GET", image.thumbnail)).startswith(b"\x89PNG")


async def test_attach(tracker):
    # The client has no method for it; what it has follows a path.
    uploaded = await tracker.upload_temp_file(io.BytesIO(b"A note.\n"), "note.txt")
    path = f"/entities/project/{world.PROJECT}/attachments/{uploaded.id}"
    await tracker._client.request("POST", path, params={"notify": "false"})

    project = await tracker.get_entity("project", world.PROJECT, expand="attachments")
    (file,) = project.attachments
    assert project.version == world.PROJECT_VERSION + 1
    assert (file.id, file.content) == (uploaded.id, uploaded.content)
    assert await tracker._client.request("GET", file.content) == b"A note.\n"

    await tracker._client.request("DELETE", path)
    project = await project.refresh(expand="attachments")
    assert (project.attachments, project.version) == ([], world.PROJECT_VERSION + 2)


@EVERY_KIND
async def test_create(tracker, kind):
    created = await tracker.create_entity(
        kind,
        "Новый",
        values={"team_users": ["team-1"], "start": date(2025, 1, 1), "tags": ["a"]},
        links=[EntityLink(relationship="works towards", entity=world.GOAL)],
        fields=EVERY_FIELD,
        team_access=True,
        lead="lead",
        end=datetime(2025, 12, 31, tzinfo=timezone.utc),
        parent_entity={"primary": world.PORTFOLIO, "secondary": []},
        checklist_items=[{"text": "First"}],
    )

    assert (created.entity_type, created.version) == (kind, 1)
    fields = created.fields
    assert (fields.summary, fields.author.display, fields.lead.display) == ("Новый", world.AUTHOR, world.LEAD)
    assert (fields.start, fields.end, fields.tags) == (date(2025, 1, 1), date(2025, 12, 31), ["a"])
    assert fields.parent_entity.primary.id == world.PORTFOLIO
    assert (fields.team_access, fields.entity_status) == (True, "draft")
    (item,) = fields.checklist_items
    assert (item.text, item.checked) == ("First", False)
    assert await created.refresh(fields=EVERY_FIELD) == created


@pytest.mark.parametrize(
    "kind, values",
    [
        ("project", {"entity_status": "nonsense"}),
        ("goal", {"lead": "nobody"}),
        ("goal", {"nonsense": "x"}),
        ("goal", {"links": [{"relationship": "nonsense", "entity": world.GOAL}]}),
        ("goal", {"links": [{"relationship": "relates", "entity": world.UNKNOWN_ENTITY}]}),
    ],
)
async def test_create_with_a_wrong_value(tracker, rejected, kind, values):
    with rejected(YaTrackerError) as caught:
        await tracker.create_entity(kind, "New", **values)
    assert '"statusCode":422' in str(caught.value)


async def test_update(tracker):
    project = await tracker.get_entity("project", world.PROJECT)

    updated = await project.update(
        summary="Другое", values={"end": None}, comment="Why", fields="summary,end,lead", expand="attachments"
    )

    assert updated.version == world.PROJECT_VERSION + 1
    assert updated.updated_at > project.updated_at
    assert (updated.fields.summary, updated.fields.end) == ("Другое", None)
    assert updated.fields.lead.display == world.LEAD
    assert updated.attachments == []


@EVERY_KIND
async def test_delete(tracker, rejected, kind):
    created = await tracker.create_entity(kind, "Short-lived", team_access=True)

    assert await created.delete(with_board=True) is True

    with rejected(ObjectNotFoundError):
        await created.refresh()
    with rejected(ObjectNotFoundError):
        await created.update(summary="New")
    with rejected(ObjectNotFoundError):
        await created.delete()
    with rejected(ObjectNotFoundError):
        await created.get_events()


@pytest.mark.parametrize(
    "search, found",
    [
        ({}, [world.PROJECT, world.PROJECT_WITH_FILES]),
        ({"query": "two files"}, [world.PROJECT_WITH_FILES]),
        ({"filter_": {"entity_status": "launched"}}, [world.PROJECT_WITH_FILES]),
        ({"filter_": {"followers": "notEmpty()"}}, [world.PROJECT, world.PROJECT_WITH_FILES]),
        ({"order_by": "createdAt", "order_asc": True}, [world.PROJECT_WITH_FILES, world.PROJECT]),
        ({"root_only": True}, [world.PROJECT_WITH_FILES]),
    ],
)
async def test_search(tracker, search, found):
    result = await tracker.search_entities("project", fields="summary", **search)

    assert (result.hits, result.pages) == (len(found), 1)
    assert ids(result) == found
    assert result.order_by == search.get("order_by")
    assert all(entity.fields.summary for entity in result.values)


@pytest.mark.parametrize("per_page", [1, 2, 5, 50])
async def test_iterate(tracker, per_page):
    made = [(await tracker.create_entity("goal", f"Number {number}")).id for number in range(4)]

    assert [entity.id async for entity in tracker.iter_entities("goal", per_page=per_page)] == [world.GOAL, *made]


async def test_nothing_to_iterate_over(tracker):
    assert [entity async for entity in tracker.iter_entities("goal", query="nothing has this name")] == []


@pytest.mark.parametrize("options", [{"page": 0}, {"per_page": -1}, {"filter_": {"nonsense": "x"}}])
async def test_a_bad_search(tracker, rejected, options):
    with rejected(YaTrackerError):
        await tracker.search_entities("goal", **options)


async def test_events(tracker):
    goal = await tracker.create_entity("goal", "Number 0")
    for number in range(1, 5):
        goal = await goal.update(summary=f"Number {number}")

    history = await goal.get_events()

    assert (history.has_next, history.has_prev) == (False, False)
    created, *updated = history.events
    assert (created.display, created.author.display, created.transport) == ("Issue created", world.AUTHOR, "v3")
    assert [event.display for event in updated] == ["Issue updated"] * 4
    (change,) = updated[0].changes
    assert (change.field.id, change.diff) == ("summary", "<removed>Number 0</removed><added>Number 1</added>")
    assert updated[-1].date == goal.updated_at

    events = [event.id for event in history.events]
    part = await goal.get_events(per_page=2, from_=events[1])
    assert ([event.id for event in part.events], part.has_next, part.has_prev) == (events[2:4], True, True)
    part = await goal.get_events(per_page=3, selected=events[2])
    assert ([event.id for event in part.events], part.has_next, part.has_prev) == (events[1:4], True, True)
    part = await goal.get_events(per_page=2, new_events_on_top=True)
    assert [event.id for event in part.events] == events[:2:-1]
    part = await goal.get_events(per_page=2, direction="backward")
    assert [event.id for event in part.events] == events[:2:-1]


@pytest.mark.parametrize("options", [{"per_page": 0}, {"from_": "f" * 24}, {"direction": "sideways"}])
async def test_bad_events(tracker, rejected, options):
    with rejected(YaTrackerError) as caught:
        await tracker.get_entity_events("goal", world.GOAL, **options)
    assert '"statusCode":400' in str(caught.value)


async def test_what_does_not_exist(tracker, rejected):
    with rejected(ObjectNotFoundError):
        await tracker.get_entity("project", world.UNKNOWN_ENTITY)
    with rejected(ObjectNotFoundError):
        await tracker.get_entity("goal", world.PROJECT)
    with rejected(YaTrackerError):
        await tracker.get_entity("task", world.PROJECT)
    with rejected(YaTrackerError):
        await tracker.get_entity("project", world.PROJECT, fields="nonsense")
