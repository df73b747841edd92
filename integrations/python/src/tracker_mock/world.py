"""The world of one organisation: what a test does with it, reads from it and asserts of it."""

from __future__ import annotations

import asyncio
import base64
import functools
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Callable, Union
from urllib.parse import quote

from .compare import (
    differences_of_asking,
    differences_of_attachment,
    differences_of_notification,
    differences_of_upload,
    refuse,
    shown_nearest,
)
from .server import MockError, Server

# JSON as the control plane gives it; `GET /_mock/openapi.json` describes each member.
Record = dict[str, Any]
# The name of a preset, or a whole rule.
Rule = Union[str, Mapping[str, Any]]
# A request and what keeps it from being the one that was looked for.
Near = tuple[Record, list[str]]


@dataclass(frozen=True)
class File:
    """A file that the world holds."""

    id: str
    name: str
    content: bytes
    mimetype: str | None
    at: str
    """Where it is attached: `JUNE-2`, `project/4`, `JUNE-2/comments/1`; `temporary` if it is not."""


class World:
    """The world of one organisation: its own files, journal, faults and clock."""

    token = "any-token"

    def __init__(self, server: Server, org: str) -> None:
        self.server = server
        self.org = org
        self._never_fired: list[str] = []

    def __repr__(self) -> str:
        return f"<World {self.org} at {self.url}>"

    @property
    def url(self) -> str:
        """The base URL for the client."""
        return self.server.url

    @property
    def headers(self) -> dict[str, str]:
        """What a client sends to act in this world."""
        return {"Authorization": f"OAuth {self.token}", "X-Org-ID": self.org}

    def env(self, **templates: str) -> dict[str, str]:
        """Environment variables for a program under test, as of `tracker-mock run`.

        In a template, `{url}`, `{host}`, `{port}`, `{org}` and `{token}` are replaced.
        """
        host, _, port = self.url.partition("://")[2].rpartition(":")
        values = {"url": self.url, "host": host, "port": port, "org": self.org, "token": self.token}
        own = {f"TRACKER_MOCK_{name.upper()}": values[name] for name in ("url", "org", "token")}
        return {**own, **{name: template.format(**values) for name, template in templates.items()}}

    def call(self, method: str, path: str, body: Any = None, /, **query: str) -> Any:
        """Calls the control plane for this world, as `call("GET", "coverage", format="text")`."""
        return self.server.call(method, path, body, {"org": self.org, **query})

    # Faults

    def arm(self, *rules: Rule) -> Armed:
        """Arms fault rules after those that are armed. In a `with`, they are disarmed at its end."""
        before = self.faults()
        self.call("POST", "faults", {"rules": [{"preset": rule} if isinstance(rule, str) else rule for rule in rules]})
        return Armed(self, len(before))

    def disarm(self) -> None:
        """Disarms all rules. One that has not fired by now never will, and the verdict says so."""
        self._keep_rules(0)

    def faults(self) -> list[Record]:
        """The rules that are armed, and how often each matched and fired."""
        rules: list[Record] = self.call("GET", "faults")["rules"]
        return rules

    def _keep_rules(self, count: int) -> None:
        """Disarms all but the first rules, which go on where they are."""
        armed = self.faults()
        self._never_fired += [
            str(one["rule"].get("name") or f"rule {one['index']}") for one in armed[count:] if one["neverFired"]
        ]
        kept = [rule for rule in map(_rest_of_rule, armed[:count]) if rule]
        self.call("PUT", "faults", {"rules": kept}) if kept else self.call("DELETE", "faults")

    # What the client sent

    def requests(self, **filters: Any) -> list[Record]:
        """The journal, oldest first. Filters are those of `GET /_mock/requests`, as `operation="attach_file"`."""
        records: list[Record] = self.call("GET", "requests", **_query(filters))
        return records

    def uploads(self, **filters: Any) -> list[Record]:
        """The requests that sent a form with a file."""
        return [record for record in self.requests(**filters) if record.get("upload")]

    def wait_for(self, count: int = 1, timeout: float = 5.0, **filters: Any) -> list[Record]:
        """The requests, as soon as there are so many. AssertionError if that takes longer than the timeout."""
        __tracebackhide__ = True
        query = {"count": str(count), "timeout": f"{round(timeout * 1000)}ms", **_query(filters)}
        try:
            records: list[Record] = self.server.call(
                "GET", "requests/wait", query={"org": self.org, **query}, timeout=timeout + 30
            )
        except MockError as error:
            if error.status != 408 or not isinstance(error.body, dict):
                raise
            raise AssertionError(_with_nearest(error.body)) from None
        return records

    async def wait_for_async(self, count: int = 1, timeout: float = 5.0, **filters: Any) -> list[Record]:
        """`wait_for` that lets the event loop go on, of asyncio or, by anyio, of trio."""
        wait = functools.partial(self.wait_for, count, timeout, **filters)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            import anyio.to_thread

            return await anyio.to_thread.run_sync(wait)
        return await loop.run_in_executor(None, wait)

    def findings(self, allow: Iterable[str] = ()) -> list[str]:
        """What a strict check finds: deviations, unknown endpoints, faults that never fired, dropped records."""
        allow = list(allow)
        answer = self.call("POST", "verify", {"strict": {"allow": allow}})
        found = [] if answer["ok"] else str(answer["message"]).splitlines()
        if "fault-never-fired" not in allow:
            found += [
                f'fault-never-fired: the fault "{name}" was disarmed and had never fired' for name in self._never_fired
            ]
        return found

    # What the world holds

    def state(self) -> Record:
        """The whole world, in the format of fixtures."""
        state: Record = self.call("GET", "state")
        return state

    def load(self, state: Mapping[str, Any] | str | os.PathLike[str]) -> None:
        """Replaces the world by a saved one, or by a file of one."""
        if not isinstance(state, Mapping):
            state = json.loads(Path(state).read_text("utf-8"))
        self.call("PUT", "state", state)

    def snapshot(self, name: str = "snapshot") -> None:
        """Saves the world inside the server."""
        self.call("PUT", f"snapshots/{name}")

    def restore(self, name: str = "snapshot") -> None:
        """Puts the world back to a snapshot, as often as you like."""
        self.call("POST", f"snapshots/{name}/restore")

    def reset(self, keep_state: bool = False) -> None:
        """Puts everything back to the fixtures; with `keep_state`, all but what is stored."""
        self.call("POST", "reset", **({"keep": "state"} if keep_state else {}))
        self._never_fired.clear()

    def forget(self) -> None:
        """Gives back all memory of the world; the plugin does it after each test."""
        self.server.call("DELETE", f"worlds/{quote(self.org, safe='')}")

    def files(self) -> list[File]:
        """Every file: temporary ones, and those of entities, issues and their comments."""
        state = self.state()
        found = [_file(one, "temporary") for one in state.get("temporaryFiles") or []]
        for place, holder in _holders(state):
            found += [_file(one, place) for one in holder.get("attachments") or []]
            for comment in holder.get("comments") or []:
                found += [_file(one, f"{place}/comments/{comment['id']}") for one in comment.get("attachments") or []]
        return found

    def issue(self, key: str) -> Record:
        """An issue as it is stored, by its key or its id."""
        return _one(self.state().get("issues") or [], lambda one: key in _names_of(one), f"issue {key}")

    def entity(self, name: str) -> Record:
        """A project, portfolio or goal as it is stored, by `project/4` or its id."""
        return _one(self.state().get("entities") or [], lambda one: name in _names_of(one), f"entity {name}")

    @property
    def outbox(self) -> list[Record]:
        """The notifications that the real service would have sent, oldest first."""
        sent: list[Record] = self.call("GET", "outbox")
        return sent

    @property
    def clock(self) -> Clock:
        """The clock of the world."""
        return Clock(self)

    def seed(self, seed: int) -> None:
        """Seeds the ids: with the same clock and requests, the same seed gives the same ids."""
        self.call("PUT", "ids", {"seed": seed})

    # Assertions; each gives what it found

    def assert_uploaded(
        self, name: str, content: bytes | str | os.PathLike[str] | None = None, attempts: int | None = None
    ) -> Record:
        """A file was uploaded under this name, with this content or that of a file, in so many attempts."""
        __tracebackhide__ = True
        files = {file.id: file.content for file in self.files()} if content is not None else {}
        expected = content.encode() if isinstance(content, str) else content
        if isinstance(expected, os.PathLike):
            expected = Path(expected).read_bytes()
        near: list[Near] = []
        for record in reversed(self.uploads()):
            differences = differences_of_upload(record, name, expected, attempts, files)
            if not differences:
                return record
            near.append((record, differences))
        wanted = [f"upload of {name!r}"]
        if expected is not None:
            wanted.append(f"with {len(expected)} bytes")
        if attempts is not None:
            wanted.append(f"in {attempts} attempt{'s' * (attempts != 1)}")
        return refuse(self, f"No {' '.join(wanted)} was accepted.", near)

    def assert_attached(self, name: str, to: str | None = None, times: int | None = None) -> list[File]:
        """Files of this name are attached: to `JUNE-2` or `project/4`, so many times, else at least once."""
        __tracebackhide__ = True
        files = self.files()
        place = self._names_of_place(to) if to else ()
        attached = [file for file in files if file.name == name and file.at != "temporary" and _is_in(file.at, place)]
        if (len(attached) == times) if times is not None else attached:
            return attached
        seen = f"{len(attached)} time{'s' * (len(attached) != 1)}"
        often = "at least once" if times is None else f"{times} time{'s' * (times != 1)}"
        where = f" to {place[0]}" if place else ""
        others = [
            f"{file.name!r} is {'temporary' if file.at == 'temporary' else f'attached to {file.at}'}, as file {file.id}"
            for file in files
            if file.name == name or (place and _is_in(file.at, place))
        ]
        names = {file.id: file.name for file in files}
        near = [
            (record, differences_of_attachment(record, name, place, names))
            for record in reversed(self.requests(method="POST"))
            if "/attachments" in record["path"]
        ]
        return refuse(self, f"{name!r} is attached{where} {seen} and not {often}.", near, others)

    def assert_notified(
        self,
        *logins: str,
        about: str | None = None,
        file: str | None = None,
        event: str | None = None,
        times: int | None = None,
    ) -> list[Record]:
        """Notifications reached all these users: about `project/4`, a file, as `fileAdded` or `fileRemoved`."""
        __tracebackhide__ = True
        about_id = self.entity(about)["id"] if about else None
        judged = [(sent, differences_of_notification(sent, logins, about_id, file, event)) for sent in self.outbox]
        found = [sent for sent, differences in judged if not differences]
        if (len(found) == times) if times is not None else found:
            return found
        often = "at least one was" if times is None else f"{times} {'was' if times == 1 else 'were'}"
        notes = [
            f"{sent['event']} {sent['file']['name']!r} of {sent['entity']['type']} {sent['entity']['id']}"
            f"{': ' + '; '.join(differences) if differences else ' is as expected'}"
            for sent, differences in judged
        ]
        near = [(record, differences_of_asking(record)) for record in reversed(self.requests(operation="attach_file"))]
        title = f"{len(found)} of {len(judged)} notifications in the outbox are as expected; {often} expected."
        return refuse(self, title, near, notes)

    def _names_of_place(self, to: str) -> tuple[str, ...]:
        """All names of what files are attached to, first the one that `files` shows."""
        for place, holder in _holders(self.state()):
            names = (place, *_names_of(holder))
            if to in names:
                return names
        return (to,)


class Clock:
    """The clock of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def now(self) -> str:
        """The time that the next request records."""
        return str(self._world.call("GET", "clock")["now"])

    def set(self, **members: str) -> None:
        """Sets the members of `PUT /_mock/clock`."""
        self._world.call("PUT", "clock", members)

    def freeze(self, at: str | None = None) -> None:
        """Stands still, at this time or the present one."""
        self.set(mode="freeze", **({"at": at} if at else {}))

    def tick(self, step: str = "1s", at: str | None = None) -> None:
        """Goes on by a step with each request that records a time."""
        self.set(mode="tick", step=step, **({"at": at} if at else {}))

    def run(self, at: str | None = None) -> None:
        """Runs, from this time or that of the machine."""
        self.set(mode="run", **({"at": at} if at else {}))

    def advance(self, by: str) -> None:
        """Moves it forward, as by `90s`."""
        self.set(advance=by)


class Armed:
    """Rules that were armed; a `with` disarms them at its end, and leaves those that were armed before."""

    def __init__(self, world: World, before: int) -> None:
        self._world = world
        self._before = before

    def __enter__(self) -> World:
        return self._world

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._world._keep_rules(self._before)


def _rest_of_rule(armed: Record) -> Record | None:
    """What is left of a rule that has matched and fired: it goes on from there."""
    rule = dict(armed["rule"])
    if "times" in rule:
        rule["times"] -= armed["fired"]
        if rule["times"] <= 0:
            return None
    rule["skip"] = max(0, rule.get("skip", 0) - armed["matched"])
    return rule


def _query(filters: Mapping[str, Any]) -> dict[str, str]:
    """Filters as parameters: `query={"notify": "true"}` is `query.notify=true`."""
    flat: dict[str, str] = {}
    for name, value in filters.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{key}": _text(one) for key, one in value.items()})
        elif value is not None:
            flat[{"part_type": "partType"}.get(name, name)] = _text(value)
    return flat


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _holders(state: Record) -> Iterable[tuple[str, Record]]:
    """What files can be attached to, under the name that `File.at` has."""
    for entity in state.get("entities") or []:
        yield f"{entity['type']}/{entity['shortId']}", entity
    for issue in state.get("issues") or []:
        yield issue["key"], issue


def _names_of(holder: Record) -> tuple[str, ...]:
    long_id = holder["id"]
    return (
        (holder["key"], long_id)
        if "key" in holder
        else (f"{holder['type']}/{holder['shortId']}", f"{holder['type']}/{long_id}", long_id)
    )


def _one(all_of_them: list[Record], fits: Callable[[Record], bool], what: str) -> Record:
    for one in all_of_them:
        if fits(one):
            return one
    raise LookupError(f"There is no {what} in this world.")


def _is_in(at: str, place: tuple[str, ...]) -> bool:
    """Whether a file is at a place or at a comment of it."""
    return not place or at == place[0] or at.startswith(f"{place[0]}/")


def _file(stored: Record, at: str) -> File:
    content = stored["content"]
    octets = base64.b64decode(content["base64"]) if "base64" in content else content["text"].encode()
    return File(stored["id"], stored["name"], octets, stored.get("mimetype"), at)


def _with_nearest(verdict: Record) -> str:
    lines = [verdict["message"], *shown_nearest(verdict.get("nearest") or [])]
    return "\n".join(lines)
