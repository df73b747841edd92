"""How a request differs from the one that a test expected, and what a failed assertion shows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import parse_qs

from .report import headline

if TYPE_CHECKING:
    from .world import Near, Record, World

NEAREST = 5


def refuse(world: World, title: str, near: list[Near], notes: Iterable[str] = ()) -> NoReturn:
    """Fails with the nearest requests, those with the fewest differences first, newest first among equals."""
    __tracebackhide__ = True
    lines = [title, *(f"  {note}" for note in notes)]
    near = sorted(near, key=lambda one: len(one[1]))
    if near:
        lines.append("The nearest requests:")
        for record, differences in near[:NEAREST]:
            lines += [f"  {headline(record)}", *(f"      {difference}" for difference in differences if difference)]
    else:
        others = world.requests(limit=NEAREST)
        lines.append("No request came near. The last ones:" if others else "The client sent no request to this world.")
        lines += [f"  {headline(record)}" for record in others]
    raise AssertionError("\n".join(lines))


def differences_of_upload(
    record: Record, name: str, content: bytes | None, attempts: int | None, files: dict[str, bytes]
) -> list[str]:
    """What keeps an upload from being the expected one; `files` are the contents that are stored, by id."""
    upload = record["upload"]
    sent_name = (upload["name"] or {}).get("value")
    found = []
    if sent_name != name:
        found.append(f"its name is {sent_name!r} and not {name!r}")
    found += _refusal(record)
    if content is not None:
        found += _differences_of_content(_file_part(upload), content, files.get(_id_in_answer(record)))
    made = (record.get("attempts") or {}).get("of", 1)
    if attempts is not None and made != attempts:
        found.append(f"it took {made} attempt{'s' * (made != 1)} and not {attempts}")
    return found


def differences_of_attachment(record: Record, name: str, place: tuple[str, ...], names: dict[str, str]) -> list[str]:
    """What keeps a request from being the one that attaches the file.

    `place` has all names of the place, none if any will do; `names` has those of the files, by id.
    """
    found = _refusal(record)
    upload = record.get("upload")
    sent = (upload["name"] or {}).get("value") if upload else names.get(record["path"].rsplit("/", 1)[-1])
    if sent != name:
        found.append(f"its file is {sent!r} and not {name!r}")
    if record["operation"] == "upload_temp_file":
        found.append("it uploads a temporary file, which a later request has to attach")
    elif place and not any(f"/{one}/" in record["path"] for one in place):
        found.append(f"it attaches to another place than {place[0]}")
    return found


def differences_of_notification(
    sent: Record, logins: Iterable[str], about_id: str | None, file: str | None, event: str | None
) -> list[str]:
    """What keeps a notification from being the expected one."""
    found = []
    told = [recipient["user"]["login"] for recipient in sent["recipients"]]
    missing = [login for login in logins if login not in told]
    if missing:
        found.append(f"it went to {', '.join(told)} and not to {', '.join(missing)}")
    for what, actual, expected in (
        ("it is about", sent["entity"]["id"], about_id),
        ("its file is", sent["file"]["name"], file),
        ("its event is", sent["event"], event),
    ):
        if expected is not None and actual != expected:
            found.append(f"{what} {actual!r} and not {expected!r}")
    return found


def differences_of_asking(record: Record) -> list[str]:
    """What keeps a request that attaches a file from notifying anybody."""
    quiet = parse_qs(record["query"] or "").get("notify") == ["false"]
    return _refusal(record) + ["it asked for no notification"] * quiet


def shown_nearest(nearest: list[Record]) -> list[str]:
    """The nearest requests of a verdict."""
    lines = ["The nearest requests:"] if nearest else []
    for one in nearest[:NEAREST]:
        lines.append(f"  #{one['id']} {one['request']} -> {one['status']}")
        for difference in one["differs"]:
            expected, actual = (json.dumps(difference[name], ensure_ascii=False) for name in ("expected", "actual"))
            lines.append(f"      {difference['what']} is {actual} and not {expected}")
    return lines


def _refusal(record: Record) -> list[str]:
    status = record.get("status")
    if status is None:
        return ["it got no answer"]
    if 200 <= status < 300:
        return []
    fault = record.get("fault")
    because = f", by the fault {fault['name']!r}" if fault else ""
    refused = ((record.get("upload") or {}).get("refused") or {}).get("message")
    return [f"it was answered {status}{because}" + (f": {refused}" if refused else "")]


def _file_part(upload: Record) -> Record | None:
    parts: list[Record] = upload["parts"]
    named = (part for part in parts if part.get("filename") is not None or part.get("filename*") is not None)
    return next(named, parts[0] if parts else None)


def _id_in_answer(record: Record) -> str:
    try:
        return str(json.loads(record["responseText"])["id"])
    except (KeyError, TypeError, ValueError):
        return ""


def _differences_of_content(part: Record | None, content: bytes, stored: bytes | None) -> list[str]:
    if part is None:
        return ["it has no part with a file"]
    if part["bytes"] != len(content):
        return [f"it sent {part['bytes']} bytes and not {len(content)}"]
    digest = part.get("sha-256")
    if digest == hashlib.sha256(content).hexdigest():
        return []
    if stored is not None and len(stored) == len(content):
        at = next((at for at, pair in enumerate(zip(stored, content)) if pair[0] != pair[1]), None)
        if at is not None:
            return [f"from byte {at} on it sent {stored[at : at + 20]!r} and not {content[at : at + 20]!r}"]
        return []
    if digest is None:
        return ["its bytes are not stored, so that only their number can be compared"]
    return [f"it sent other bytes: SHA-256 {digest}"]
