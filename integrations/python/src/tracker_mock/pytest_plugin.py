"""The pytest plugin: fixtures, marker, verdict and report. pytest finds it; nothing starts unless asked for."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from .server import Server
    from .world import World

SECTION = "what the client sent"
MARKER = """tracker_mock(*rules, clock=None, seed=None, state=None, allow=[], unfired=False): \
what the world of the test starts with. Rules are names of presets or whole fault rules; those of the module come \
before those of the function. `clock` is a time to stand still at, or what PUT /_mock/clock takes; `state` a saved \
world or its file; `allow` lists kinds of findings to let pass, and `unfired` lets faults pass that never fired."""
MARKED = ("clock", "seed", "state", "allow", "unfired")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tracker-mock")
    group.addoption(
        "--tracker-mock-url",
        metavar="URL",
        default=os.environ.get("TRACKER_MOCK_URL"),
        help="use the server at this address, as in a service container, and start none (or TRACKER_MOCK_URL)",
    )
    group.addoption(
        "--tracker-mock-coverage",
        metavar="PERCENT",
        nargs="?",
        type=float,
        const=0.0,
        help="show at the end what the clients reached of the API, and fail if it is less than PERCENT",
    )
    group.addoption(
        "--tracker-mock-keep",
        action="store_true",
        help="leave the server running with the worlds of all tests, to look into them",
    )
    parser.addini("tracker_mock_allow", "kinds of findings to let pass in all tests", type="args", default=[])
    parser.addini("tracker_mock_args", "further options of the server", type="args", default=[])
    parser.addini(
        "tracker_mock_strict", "fail tests whose client did what no document allows", type="bool", default=True
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", MARKER)
    config.stash[RUN] = Run(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    run = config.stash.get(RUN, None)
    if run:
        run.end()


class Run:
    """The one server of a run. With xdist it belongs to the controller, which the workers ask for its address."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.url: str | None = config.getoption("--tracker-mock-url")
        self.keep = bool(config.getoption("--tracker-mock-keep"))
        self.running: Server | None = None
        self._listener: socket.socket | None = None
        self._lock = threading.Lock()

    def server(self) -> Server:
        """The server, which is started when the first test asks for it."""
        from .server import connect, start

        with self._lock:
            if self.running is None:
                url = self.url or self._url_of_controller()
                if url:
                    self.running = connect(url)
                else:
                    self.running = start(*self.config.getini("tracker_mock_args"), keep=self.keep)
            return self.running

    def _url_of_controller(self) -> str | None:
        """In a worker of xdist, what the controller says when it is asked."""
        port = getattr(self.config, "workerinput", {}).get("tracker_mock_port")
        if port is None:
            return None
        from .server import MockError

        with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile() as answer:
            url, _, failure = answer.read().partition("\n")
        if failure:
            raise MockError(failure)
        return url

    def port_for_workers(self) -> int:
        """In the controller, where workers ask for the address."""
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=self._answer_workers, args=(self._listener,), daemon=True).start()
        port: int = self._listener.getsockname()[1]
        return port

    def _answer_workers(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    try:
                        answer = self.server().url
                    except Exception as error:
                        answer = f"\n{error}"
                    connection.sendall(answer.encode())

    def is_worker(self) -> bool:
        """Whether this is a worker of xdist, which neither ends the server nor sums up."""
        return hasattr(self.config, "workerinput")

    def end(self) -> None:
        """Ends the server that was started here."""
        if self._listener:
            self._listener.close()
        if self.running and not self.keep:
            self.running.stop()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    run = node.config.stash[RUN]
    node.workerinput["tracker_mock_port"] = run.port_for_workers()


# The fixtures


@pytest.fixture(scope="session")
def tracker_mock_server(request: pytest.FixtureRequest) -> Server:
    """The server of the run."""
    return request.config.stash[RUN].server()


@pytest.fixture
def tracker_mock_world(request: pytest.FixtureRequest) -> Callable[[], World]:
    """Makes a further world with each call, each with what the marker says."""
    return lambda: _new_world(request.node)


@pytest.fixture
def tracker_mock(request: pytest.FixtureRequest) -> World:
    """A world for this test alone."""
    return _new_world(request.node)


def _new_world(item: pytest.Item) -> World:
    world = item.config.stash[RUN].server().new_world(item.name)
    item.stash[WORLDS].append(world)
    marked = _Marked(item)
    if marked.state is not None:
        world.load(marked.state)
    if marked.clock is not None:
        world.clock.set(**({"mode": "freeze", "at": marked.clock} if isinstance(marked.clock, str) else marked.clock))
    if marked.seed is not None:
        world.seed(marked.seed)
    if marked.rules:
        world.arm(*marked.rules)
    return world


class _Marked:
    """What the markers of a test say together, those of the module first."""

    clock: Any = None
    seed: Any = None
    state: Any = None
    unfired = False

    def __init__(self, item: pytest.Item) -> None:
        self.rules: list[Any] = []
        # What a `TrackerMockTestCase` says holds without pytest too.
        of_class = getattr(getattr(item, "cls", None), "tracker_mock_allow", ())
        self.allow: list[str] = [*item.config.getini("tracker_mock_allow"), *of_class]
        for mark in reversed(list(item.iter_markers("tracker_mock"))):
            unknown = set(mark.kwargs) - set(MARKED)
            if unknown:
                raise pytest.UsageError(f"tracker_mock has no {', '.join(sorted(unknown))}; it has {', '.join(MARKED)}")
            self.rules += mark.args
            members = dict(mark.kwargs)
            self.allow += members.pop("allow", [])
            for name, value in members.items():
                setattr(self, name, value)
        if self.unfired:
            self.allow.append("fault-never-fired")


# Around each test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    # Loaded if a test class uses it.
    testcase = sys.modules.get("tracker_mock.testcase")
    with testcase.worlds_from(lambda: _new_world(item)) if testcase else contextlib.nullcontext():
        result = yield
    _let_go(item)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    # A test that is run again begins with no worlds.
    _let_go(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    result = yield
    # Here and not in a fixture, so that the test fails, where a fixture could only add an error.
    if item.stash.get(WORLDS, []) and item.config.getini("tracker_mock_strict") and not getattr(item, "_excinfo", None):
        _judge(item)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    worlds = item.stash.get(WORLDS, [])
    if report.failed and worlds and not item.stash.get(REPORTED, False):
        item.stash[REPORTED] = True
        _show(item, report, worlds)
    return report


def _judge(item: pytest.Item) -> None:
    from .report import shown_findings
    from .server import MockError

    allow = _Marked(item).allow
    try:
        found = [line for world in item.stash[WORLDS] for line in world.findings(allow)]
    except MockError as error:
        pytest.fail(str(error), pytrace=False)
    if found:
        pytest.fail(f"{shown_findings(found)}\n{_advice(found)}", pytrace=False)


def _advice(found: list[str]) -> str:
    kinds = sorted({line.split(":", 1)[0] for line in found} - {"fault-never-fired"})
    advice = [f"allow={kinds}"] if kinds else []
    if any(line.startswith("fault-never-fired") for line in found):
        advice.append("unfired=True")
    return f"To let that pass: @pytest.mark.tracker_mock({', '.join(advice)})"


def _show(item: pytest.Item, report: pytest.TestReport, worlds: list[World]) -> None:
    from .report import what_the_client_sent

    properties: list[tuple[str, object]] = []
    for world in worlds:
        lines = what_the_client_sent(world)
        report.sections.append((SECTION, "\n".join(lines)))
        properties += [("tracker_mock_org", world.org), ("tracker_mock_sent", "\n".join(lines[1:]))]
    # The report of the teardown, from which JUnit XML takes them, has those of the item.
    item.user_properties += properties
    report.user_properties += [one for one in properties if one not in report.user_properties]


def _let_go(item: pytest.Item) -> None:
    """Frees the memory of the worlds of a test. Whoever has started the server himself may want to look into them."""
    from .server import MockError

    run = item.config.stash[RUN]
    worlds = item.stash.get(WORLDS, [])
    item.stash[WORLDS] = []
    item.stash[REPORTED] = False
    for world in worlds:
        if not run.keep and not run.url:
            # A server that is gone was told of by the test that needed it.
            with contextlib.suppress(MockError):
                world.forget()


# At the end


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, Any, Any]:
    run = session.config.stash[RUN]
    wanted = session.config.getoption("--tracker-mock-coverage")
    if wanted is not None and not run.is_worker() and session.exitstatus == 0 and _percent(run) < wanted:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    run = config.stash[RUN]
    wanted = config.getoption("--tracker-mock-coverage")
    if wanted is not None:
        terminalreporter.section("tracker-mock coverage")
        if run.running:
            terminalreporter.write_line(run.running.coverage("text").rstrip())
        else:
            terminalreporter.write_line("No test asked for tracker-mock.")
        percent = _percent(run)
        if percent < wanted:
            terminalreporter.write_line(f"{percent:.1f} % was reached, less than {wanted:g} %", red=True)
    if run.keep and run.running:
        terminalreporter.section("tracker-mock")
        end = f"; end it by: kill {run.running.pid}" if run.running.pid else ""
        terminalreporter.write_line(f"{run.running.url} keeps the worlds of the tests{end}")


def _percent(run: Run) -> float:
    return float(run.running.coverage()["percent"]) if run.running else 0.0


RUN: pytest.StashKey[Run] = pytest.StashKey()
WORLDS: pytest.StashKey[list[World]] = pytest.StashKey()
REPORTED: pytest.StashKey[bool] = pytest.StashKey()
