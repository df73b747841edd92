"""What the client sent, in lines for somebody whose test has failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .server import MockError

if TYPE_CHECKING:
    from .world import Record, World

MOST_REQUESTS = 50


def headline(record: Record) -> str:
    """A request on one line."""
    query = f"?{record['query']}" if record.get("query") else ""
    status = record.get("status")
    line = f"#{record['id']} {record['method']} {record['path']}{query} -> {'no answer' if status is None else status}"
    if record.get("operation"):
        line += f"  {record['operation']}"
    attempts = record.get("attempts")
    return line + (f"  attempt {attempts['number']} of {attempts['of']}" if attempts else "")


def what_the_client_sent(world: World) -> list[str]:
    """The journal: for each request its parts, faults, deviations, and a curl command that sends it again."""
    try:
        records = world.requests(limit=MOST_REQUESTS)
        faults = world.faults()
        lines = [f"world {world.org} at {world.url}"]
        if not records:
            lines.append("no request")
        elif len(records) == MOST_REQUESTS:
            lines.append(f"the newest {MOST_REQUESTS} requests:")
        for record in records:
            lines += [headline(record), *(f"    {detail}" for detail in _details(world, record))]
    except MockError as error:
        return [str(error)]
    lines += [
        f"armed, but never fired: {one['rule'].get('name') or one['rule']}" for one in faults if one["neverFired"]
    ]
    return lines


def shown_findings(found: list[str]) -> str:
    """The message of a test that passed, and whose client did not do as it should."""
    kinds = ", ".join(sorted({line.split(":", 1)[0] for line in found}))
    return "\n  ".join([f"tracker-mock found {kinds}, although the test passed:", *found])


def _details(world: World, record: Record) -> list[str]:
    upload = record.get("upload")
    lines = [_part(part) for part in upload["parts"]] if upload else []
    if upload and upload["refused"]:
        lines.append(f"refused: {upload['refused']['message']}")
    fault = record.get("fault")
    if fault:
        lines.append(f"fault {fault['name'] or 'asked for by Prefer'}: {fault['what']}")
    lines += [f"{one['kind']}: {one['message']}" for one in record["deviations"]]
    curl = world.call("GET", f"requests/{record['id']}", format="curl")
    return [*lines, " ".join(line.strip().rstrip("\\").strip() for line in str(curl).splitlines())]


def _part(part: Record) -> str:
    """A part of a form, with its names as they were sent."""
    sent = (name for name in ("name", "filename", "filename*") if part.get(name) is not None)
    names = " ".join(f'{name}="{part[name]}"' for name in sent)
    size = f"{part['bytes']} byte{'s' * (part['bytes'] != 1)}"
    return f"part {names}: {part.get('contentType') or 'no type'}, {size}{'' if part['complete'] else ', cut off'}"
