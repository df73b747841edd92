"""tracker-mock for Python: the program, a pytest plugin, and the same helpers without pytest.

In pytest, ask for the fixture `tracker_mock`. Elsewhere:

    with tracker_mock.start() as server:
        world = server.new_world()
"""

from .program import find_program
from .server import MockError, Server, connect, start
from .world import Clock, File, World

__all__ = ["Clock", "File", "MockError", "Server", "World", "connect", "find_program", "start"]
