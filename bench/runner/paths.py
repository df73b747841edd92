"""Where things are."""

import os
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
BENCH_TARGET = Path(os.environ.get("CARGO_TARGET_DIR") or BENCH / "target")
PRODUCT = TARGET / "release" / "tracker-mock"
FLOOR = BENCH_TARGET / "release" / "floor"
LOAD = BENCH_TARGET / "release" / "load"
READY = BENCH_TARGET / "release" / "ready"
PEERS = BENCH / ".peers"
RESULTS = BENCH / "results"
# Requests are read from here by the load, and nginx keeps its files here: a tmpfs where there is one.
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")
