"""The plugin in suites of its users. These need nothing but pytest and pytest-xdist."""

import os
import re
import select
import signal
import subprocess
import sys
import textwrap
from xml.etree import ElementTree

import pytest

import tracker_mock as package


def section(result):
    """The lines of the sections "what the client sent", with what differs between runs replaced."""
    lines, inside = [], False
    for line in result.outlines:
        if re.fullmatch(r"-+ what the client sent -+", line):
            inside = True
        elif re.match(r"(=+|_+|-+) .+ (=+|_+|-+)$", line):
            inside = False
        elif inside:
            line = re.sub(r"http://[0-9.]+:[0-9]+", "URL", line)
            lines.append(re.sub(r"(?<=-)[0-9a-f]{12}\b", "ID", line))
    return lines


# Starting


def test_nothing_starts_unless_a_test_asks(suite, monkeypatch):
    monkeypatch.setenv("TRACKER_MOCK_BIN", "/no/such/program")
    text = "def test_a(): pass\n@pytest.mark.tracker_mock('flaky-503')\ndef test_b(): pass"
    suite(text).assert_outcomes(passed=2)
    suite(text, "-n", "2").assert_outcomes(passed=2)


@pytest.mark.parametrize("arguments", [[], ["-n", "1"]])
def test_a_server_that_cannot_start_says_why(suite, arguments):
    result = suite("def test_a(tracker_mock): pass", *arguments, ini="tracker_mock_args = --port nonsense")
    result.assert_outcomes(errors=1)
    assert "tracker-mock did not start: " in result.stdout.str()
    assert "invalid value 'nonsense' for '--port <PORT>'" in result.stdout.str()


def test_options_of_the_server(suite):
    result = suite(
        """
def test_a(tracker_mock):
    upload(tracker_mock, content="a" * 100)
    assert tracker_mock.requests()[0]["status"] == 413
""",
        ini="tracker_mock_args = --max-file-size 10",
    )
    result.assert_outcomes(passed=1)


def test_each_world_is_alone(suite):
    result = suite("""
worlds = set()

def check(world, others=0):
    assert world.org not in worlds
    worlds.add(world.org)
    upload(world)
    assert [len(world.requests()), len(world.uploads())] == [1, 1]

def test_one(tracker_mock):
    check(tracker_mock)

def test_other(tracker_mock):
    check(tracker_mock)

def test_more(tracker_mock, tracker_mock_world):
    for world in (tracker_mock, tracker_mock_world(), tracker_mock_world()):
        check(world)

@pytest.mark.parametrize("value", ["Файл/ä %", "x" * 300])
def test_any_name(tracker_mock, value):
    check(tracker_mock)
    assert tracker_mock.org.startswith("test-any-name")

def test_same_server(tracker_mock, tracker_mock_server):
    assert tracker_mock.url == tracker_mock_server.url
    assert send(tracker_mock, "GET", "/v2/issues/JUNE-2")[0] == 200
""")
    result.assert_outcomes(passed=6)


def test_the_worlds_of_a_test_are_forgotten(suite):
    result = suite("""
def test_one(tracker_mock, tracker_mock_world):
    for world in (tracker_mock, tracker_mock_world()):
        upload(world)

@pytest.fixture
def late(tracker_mock):
    yield
    assert len(tracker_mock.requests()) == 1

def test_two(late, tracker_mock, tracker_mock_server):
    upload(tracker_mock)
    assert [one["org"] for one in tracker_mock_server.call("GET", "worlds")] == [tracker_mock.org]
""")
    result.assert_outcomes(passed=2)


# The verdict

VERDICTS = {
    "deviation": (
        "upload(tracker_mock, path='/v2/attachments/?filenam=a')",
        '  unknown-parameter: request 1, POST /v2/attachments/: The parameter "filenam" is not documented for '
        'upload_temp_file and was ignored; did you mean "filename"?',
        "allow=['unknown-parameter']",
    ),
    "endpoint": (
        "send(tracker_mock, 'GET', '/v2/nothing')",
        "  unknown-endpoint: request 1, GET /v2/nothing: GET /v2/nothing is not an endpoint that is emulated. The closest "
        "one is GET /v2/resolutions.",
        "allow=['unknown-endpoint']",
    ),
    "fault": (
        "tracker_mock.arm('flaky-503')",
        '  fault-never-fired: the fault "flaky-503" never fired: no request matched it',
        "unfired=True",
    ),
    "disarmed": (
        "tracker_mock.arm('flaky-503'); tracker_mock.disarm()",
        '  fault-never-fired: the fault "flaky-503" was disarmed and had never fired',
        "unfired=True",
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
@pytest.mark.parametrize("arguments", [[], ["-n", "1"]])
def test_the_verdict_is_a_failure_of_the_test(suite, case, arguments):
    action, finding, advice = VERDICTS[case]
    result = suite(f"def test_a(tracker_mock):\n    {action}", *arguments)
    result.assert_outcomes(failed=1, errors=0)
    kind = finding.split(":")[0].strip()
    lines = [
        f"tracker-mock found {kind}, although the test passed:",
        finding,
        f"To let that pass: @pytest.mark.tracker_mock({advice})",
    ]
    at = result.outlines.index(lines[0])
    assert result.outlines[at : at + 3] == lines


@pytest.mark.parametrize("case", VERDICTS)
def test_what_is_allowed_passes(suite, case):
    action, _, advice = VERDICTS[case]
    suite(f"@pytest.mark.tracker_mock({advice})\ndef test_a(tracker_mock):\n    {action}").assert_outcomes(passed=1)
    suite(f"def test_a(tracker_mock):\n    {action}", ini="tracker_mock_strict = false").assert_outcomes(passed=1)


def test_kinds_can_be_allowed_for_all_tests(suite):
    text = "\n".join(f"def test_{case}(tracker_mock):\n    {VERDICTS[case][0]}" for case in VERDICTS)
    suite(text, ini="tracker_mock_allow = unknown-parameter\n    unknown-endpoint").assert_outcomes(passed=2, failed=2)


def test_an_unknown_kind_is_refused(suite):
    result = suite("@pytest.mark.tracker_mock(allow=['nonsense'])\ndef test_a(tracker_mock): pass")
    result.assert_outcomes(failed=1)
    assert "tracker-mock refused POST /_mock/verify: strict.allow[0]: " in result.stdout.str()


def test_dropped_records_are_found(suite):
    result = suite(
        "def test_a(tracker_mock):\n    upload(tracker_mock)\n    upload(tracker_mock)",
        ini="tracker_mock_args = --journal-records 1",
    )
    result.assert_outcomes(failed=1)
    assert "tracker-mock found records-dropped, although the test passed:" in result.outlines


def test_other_outcomes_stay(suite):
    result = suite("""
def test_skipped(tracker_mock):
    tracker_mock.arm("flaky-503")
    pytest.skip("not now")

@pytest.mark.xfail
def test_xfailed(tracker_mock):
    tracker_mock.arm("flaky-503")
    assert False

@pytest.mark.xfail
def test_xfailed_by_the_verdict(tracker_mock):
    tracker_mock.arm("flaky-503")

def test_failed(tracker_mock):
    tracker_mock.arm("flaky-503")
    assert 1 == 2
""")
    result.assert_outcomes(skipped=1, xfailed=2, failed=1)
    assert "although the test passed" not in result.stdout.str()


# The marker


def test_markers_stack_from_module_to_function(suite):
    result = suite("""
pytestmark = pytest.mark.tracker_mock({"name": "of module", "do": {"status": 500}}, seed=1, clock="2026-01-01T00:00:00.000+0000",
                                      unfired=True)

@pytest.mark.tracker_mock({"name": "of class", "do": {"status": 501}})
class TestIt:
    @pytest.mark.tracker_mock("flaky-503", "rate-limit", seed=7, clock={"mode": "tick", "step": "1s"})
    @pytest.mark.tracker_mock({"name": "last", "do": {"status": 502}})
    def test_all(self, tracker_mock):
        names = [one["rule"]["name"] for one in tracker_mock.faults()]
        assert names == ["of module", "of class", "flaky-503", "rate-limit", "last"]
        assert tracker_mock.call("GET", "ids")["seed"] == 7
        assert tracker_mock.call("GET", "clock")["mode"] == "tick"

def test_module(tracker_mock, tracker_mock_world):
    for world in (tracker_mock, tracker_mock_world()):
        assert [one["rule"]["name"] for one in world.faults()] == ["of module"]
        assert world.clock.now == "2026-01-01T00:00:00.000+0000"
        assert world.call("GET", "ids")["seed"] == 1

@pytest.mark.tracker_mock(unfired=False)
def test_unfired(tracker_mock):
    pass
""")
    result.assert_outcomes(passed=2, failed=1)


def test_a_marker_loads_a_state(suite, pytester):
    with package.start() as server:
        world = server.new_world()
        state = world.state()
        state["issues"][0]["summary"] = "From a saved world"
    pytester.makefile(".json", saved=package.server.json.dumps(state))
    key = state["issues"][0]["key"]
    result = suite(f"""
@pytest.mark.tracker_mock(state="saved.json")
def test_a(tracker_mock):
    assert tracker_mock.issue("{key}")["summary"] == "From a saved world"
""")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "arguments, reason",
    [
        ("clok=1", "tracker_mock has no clok; it has clock, seed, state, allow, unfired"),
        ("'flaky-504'", 'rules[0].preset: "flaky-504" is not known here. Did you mean flaky-503?'),
        ("clock='noon'", "tracker-mock refused PUT /_mock/clock: at: "),
    ],
)
def test_a_wrong_marker_says_what_is_wrong(suite, arguments, reason):
    result = suite(f"@pytest.mark.tracker_mock({arguments})\ndef test_a(tracker_mock): pass")
    result.assert_outcomes(errors=1)
    assert reason in result.stdout.str()


# The report

SENT = """\
world test-a-ID at URL
#1 POST /v2/attachments/?expnd=1 -> 503  upload_temp_file
    part name="file" filename="отчёт.txt": text/plain, 7 bytes
    fault flaky-503: status 503
    unknown-parameter: The parameter "expnd" is not documented for upload_temp_file and was ignored; it has filename.
    CURL
#2 GET /v2/issues/JUNE-2 -> 200  get_issue
    CURL
armed, but never fired: rate-limit"""


@pytest.mark.parametrize("cause", ["test", "setup", "teardown"])
@pytest.mark.parametrize("arguments", [[], ["-n", "1"]])
def test_a_failure_of_any_cause_shows_what_the_client_sent(suite, pytester, cause, arguments):
    text = f"""
def use(world):
    world.arm({{"preset": "flaky-503", "times": 1}}, {{"preset": "rate-limit", "match": {{"operation": "get_queue"}}}})
    upload(world, "отчёт.txt", path="/v2/attachments/?expnd=1")
    send(world, "GET", "/v2/issues/JUNE-2")

@pytest.fixture
def broken(tracker_mock):
    if "{cause}" == "setup":
        use(tracker_mock)
        raise RuntimeError
    yield
    if "{cause}" == "teardown":
        use(tracker_mock)
        raise RuntimeError

def test_a(tracker_mock, broken):
    if "{cause}" == "test":
        use(tracker_mock)
        assert False
"""
    result = suite(text, *arguments, "--junit-xml=report.xml")
    assert [
        re.sub(r"^    curl -X (POST|GET) 'URL/v2/.+$", "    CURL", line) for line in section(result)
    ] == SENT.splitlines()
    case = ElementTree.parse(pytester.path / "report.xml").find(".//testcase")
    properties = {one.get("name"): one.get("value") for one in case.iter("property")}
    assert set(properties) == {"tracker_mock_org", "tracker_mock_sent"}
    assert properties["tracker_mock_org"].startswith("test-a-")
    assert (
        properties["tracker_mock_sent"].splitlines()[0] == "#1 POST /v2/attachments/?expnd=1 -> 503  upload_temp_file"
    )


def test_a_test_that_passes_shows_nothing(suite):
    result = suite("def test_a(tracker_mock): upload(tracker_mock)", "-rA")
    result.assert_outcomes(passed=1)
    assert "what the client sent" not in result.stdout.str()


# Options


@pytest.fixture
def server():
    with package.start() as server:
        yield server


@pytest.mark.parametrize("how", ["option", "variable"])
@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_a_server_that_runs_already(suite, server, monkeypatch, how, arguments):
    if how == "variable":
        monkeypatch.setenv("TRACKER_MOCK_URL", server.url)
    else:
        arguments = [*arguments, f"--tracker-mock-url={server.url}"]
    text = f"def test_a(tracker_mock):\n    upload(tracker_mock)\n    assert tracker_mock.url == '{server.url}'"
    suite(text, *arguments).assert_outcomes(passed=1)
    (world,) = server.call("GET", "worlds")
    assert len(server.world(world["org"]).uploads()) == 1


def test_within_tracker_mock_run(suite, pytester):
    suite(
        "def test_a(tracker_mock):\n    upload(tracker_mock)\n    assert tracker_mock.url == os.environ['TRACKER_MOCK_URL']"
    )
    command = [
        package.find_program(),
        "run",
        "--strict",
        "--",
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(command, cwd=pytester.path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stderr == "tracker-mock: 1 request, 1 upload, 0 faults fired, 0 deviations, 1 world\n"


def test_an_address_without_a_server(suite):
    result = suite("def test_a(tracker_mock): pass", "--tracker-mock-url=http://127.0.0.1:1")
    result.assert_outcomes(errors=1)
    assert "tracker-mock at http://127.0.0.1:1 does not answer: " in result.stdout.str()


COVERED = "def test_a(tracker_mock): upload(tracker_mock)\ndef test_b(tracker_mock): upload(tracker_mock, 'b')"
TABLE = ["*= tracker-mock coverage =*", "upload_temp_file * 1 of * POST /attachments/", "0.1 % (1 of *)"]


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_too_little_coverage_fails(suite, arguments):
    result = suite(COVERED, *arguments, "--tracker-mock-coverage=12.5")
    assert result.ret == 1
    result.stdout.fnmatch_lines([*TABLE, "0.1 % was reached, less than 12.5 %"])


@pytest.mark.parametrize("option", ["--tracker-mock-coverage", "--tracker-mock-coverage=0.1"])
def test_enough_coverage_passes(suite, option):
    result = suite(COVERED, option)
    assert result.ret == 0
    result.stdout.fnmatch_lines(TABLE)
    assert "less than" not in result.stdout.str()


def test_coverage_without_a_test_that_asks(suite):
    result = suite("def test_a(): pass", "--tracker-mock-coverage=1")
    assert result.ret == 1
    assert "No test asked for tracker-mock." in result.outlines
    assert "0.0 % was reached, less than 1 %" in result.outlines


@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_worlds_can_be_kept(suite, arguments):
    text = "def test_a(tracker_mock):\n    upload(tracker_mock)\n    assert False"
    result = suite(text, *arguments, "--tracker-mock-keep")
    org = re.search(r"world (test-a-\w+) at ", result.stdout.str())[1]
    url, pid = re.search(
        r"^(http://\S+) keeps the worlds of the tests; end it by: kill (\d+)$", result.stdout.str(), re.M
    ).groups()
    try:
        assert len(package.connect(url).world(org).uploads()) == 1
    finally:
        os.kill(int(pid), signal.SIGTERM)


# xdist


def test_workers_share_one_server_and_no_world(suite, tmp_path):
    text = f"""
@pytest.mark.parametrize("number", range(40))
def test_a(tracker_mock, number, worker_id):
    upload(tracker_mock, f"note-{{number}}.txt")
    assert [one["upload"]["name"]["value"] for one in tracker_mock.requests()] == [f"note-{{number}}.txt"]
    with open(r"{tmp_path}/seen-" + worker_id, "a") as seen:
        print(tracker_mock.url, tracker_mock.org, file=seen)
"""
    suite(text, "-n", "4").assert_outcomes(passed=40)
    seen = {path.name: path.read_text().split("\n")[:-1] for path in tmp_path.glob("seen-*")}
    assert sorted(seen) == ["seen-gw0", "seen-gw1", "seen-gw2", "seen-gw3"]
    lines = [line.split() for lines in seen.values() for line in lines]
    urls, orgs = {url for url, _ in lines}, {org for _, org in lines}
    assert (len(urls), len(orgs)) == (1, 40)
    with pytest.raises(package.MockError):
        package.connect(urls.pop())


# The end


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waiting for a process that is no child needs Linux")
@pytest.mark.parametrize("arguments", [[], ["-n", "2"]])
def test_the_server_ends_when_pytest_is_killed(pytester, arguments):
    pytester.makepyfile(
        textwrap.dedent("""
        import os, signal
        def test_a(tracker_mock):
            with open("answer", "w") as answer:
                print(tracker_mock.url, file=answer)
            signal.pause()
    """)
    )
    os.mkfifo(pytester.path / "answer")
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=pytester.path,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    with open(pytester.path / "answer") as answer:
        url = answer.read().strip()
    watch = os.pidfd_open(process_that_listens_on(int(url.rpartition(":")[2])))
    process.kill()
    process.wait()
    ended, _, _ = select.select([watch], [], [], 20)
    os.close(watch)
    # What a worker of xdist leaves behind is not the matter here.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    assert ended


def process_that_listens_on(port):
    with open("/proc/net/tcp") as sockets:
        inodes = [line.split()[9] for line in sockets if f":{port:04X} 00000000:0000 0A " in line]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            continue
        if f"socket:[{inodes[0]}]" in links:
            return int(pid)
    raise LookupError(port)
