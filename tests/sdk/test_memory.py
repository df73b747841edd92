"""What deleted files took up goes back to the system, whatever order they come and go in."""

import io
import random
import time

MIB = 1024 * 1024


def test_deleted_files_leave_no_memory_behind(client, mock, issue):
    before = mock.resident_bytes()
    sizes = random.Random(1)
    kept = []
    for _ in range(60):
        kept.append(issue.attachments.create(io.BytesIO(b"x" * sizes.randint(1, 8 * MIB))))
        if len(kept) > 10:
            kept.pop(sizes.randrange(len(kept))).delete()
    assert mock.resident_bytes() - before > 10 * MIB

    for attachment in kept:
        attachment.delete()

    deadline = time.monotonic() + 30
    while mock.resident_bytes() - before >= 10 * MIB:
        assert time.monotonic() < deadline, f"{(mock.resident_bytes() - before) // MIB} MiB are left"
        time.sleep(0.1)
