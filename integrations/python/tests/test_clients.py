"""The clients that people use, in suites of theirs."""

import re

OFFICIAL = """
from yandex_tracker_client import TrackerClient

@pytest.fixture
def client(tracker_mock):
    return TrackerClient(token=tracker_mock.token, org_id=tracker_mock.org, base_url=tracker_mock.url)

@pytest.fixture
def report(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("All is well.")
    return path

def test_it_uploads(tracker_mock, client, report):
    client.attachments.create(str(report))
    tracker_mock.assert_uploaded("report.txt", content=report, attempts=1)

def test_it_attaches(tracker_mock, client, report):
    client.issues["JUNE-3"].attachments.create(str(report))
    tracker_mock.assert_attached("report.txt", to="JUNE-3", times=1)

@pytest.mark.tracker_mock("flaky-503")
def test_it_sends_an_empty_file_when_it_retries(client, report):
    client.attachments.create(str(report))
"""


def test_the_official_client(suite):
    for arguments in ([], ["-n", "4"]):
        result = suite(OFFICIAL, *arguments)
        result.assert_outcomes(passed=2, failed=1)
        text = result.stdout.str()
        assert re.search(
            r"^  retry-empty: request \d+, POST /v2/attachments/: .+ had sent 12 bytes, but sent no bytes", text, re.M
        )
        assert re.search(
            r"^#\d+ POST /v2/attachments/\?filename=report.txt -> 201  upload_temp_file  attempt 3 of 3$", text, re.M
        )
        assert '    part name="file" filename="file": no type, 0 bytes' in result.outlines


YATRACKER = """
import io
from yatracker import YaTracker

@pytest.mark.asyncio
async def test_it_uploads(tracker_mock):
    tracker = YaTracker(org_id=tracker_mock.org, token=tracker_mock.token, api_host=tracker_mock.url)
    try:
        await tracker.upload_temp_file(io.BytesIO(b"All is well."), "report.txt")
    finally:
        await tracker.close()
    await tracker_mock.wait_for_async(operation="upload_temp_file")
    tracker_mock.assert_uploaded("report.txt", content="All is well.")

@pytest.mark.asyncio
@pytest.mark.tracker_mock("flaky-503")
async def test_the_verdict_is_a_failure(tracker_mock):
    pass
"""


def test_yatracker(suite):
    for arguments in ([], ["-n", "4"]):
        suite(YATRACKER, *arguments, asyncio=True).assert_outcomes(passed=1, failed=1, errors=0)


HTTPX = """
import httpx

def test_it_uploads(tracker_mock):
    with httpx.Client(base_url=tracker_mock.url, headers=tracker_mock.headers) as client:
        answer = client.post("/v2/attachments/", files={"file": ("отчёт.txt", b"All is well.")})
        client.post(f"/v2/entities/project/4/attachments/{answer.json()['id']}", params={"notify": "true"})
    tracker_mock.assert_uploaded("отчёт.txt", content=b"All is well.")
    tracker_mock.assert_attached("отчёт.txt", to="project/4")
    tracker_mock.assert_notified("lead", about="project/4", file="отчёт.txt")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_it_uploads_in_an_event_loop(tracker_mock):
    async with httpx.AsyncClient(base_url=tracker_mock.url, headers=tracker_mock.headers) as client:
        await client.post("/v2/attachments/", files={"file": ("a.txt", b"All is well.")})
    await tracker_mock.wait_for_async(operation="upload_temp_file")
    tracker_mock.assert_uploaded("a.txt", content="All is well.")

@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_the_verdict_is_a_failure(tracker_mock):
    async with httpx.AsyncClient(base_url=tracker_mock.url, headers=tracker_mock.headers) as client:
        await client.get("/v2/issues/JUNE-2?expnd=links")
"""


def test_httpx(suite):
    for arguments in ([], ["-n", "4"]):
        result = suite(HTTPX, *arguments, asyncio=True)
        result.assert_outcomes(passed=3, failed=2, errors=0)
