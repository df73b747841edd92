"""What the tests know of the default fixtures (`tracker-mock fixtures` prints them)."""

# Whoever's token is not in the fixtures acts as the first user.
AUTHOR = "Автор Проекта"
LEAD = "Project Lead"
LEAD_TOKEN = "lead-token"

# Has an author, a lead, two team users, a client, a follower, and no files.
PROJECT = "6586d6fee2b9ef74e69df1ef"
PROJECT_SHORT_ID = 4
PROJECT_VERSION = 77

# Has two files.
PROJECT_WITH_FILES = "655f8cc523db213200000001"
ITS_FILES = ["notes.txt", "схема.png"]

PORTFOLIO = "655f328da834c763e69df1ef"
PORTFOLIO_SHORT_ID = 2

GOAL = "65a1ba7b46b9746df2eecc96"
GOAL_SHORT_ID = 1

# Without files and comments, in a queue of two issues.
ISSUE = "JUNE-3"
ISSUE_ID = "6593a1b2c3d4e5f600000003"
QUEUE = "JUNE"

# Has a file, and a comment with a file.
ISSUE_WITH_FILES = "JUNE-2"
ITS_FILE = "7"
ITS_COMMENT = 1
ITS_COMMENTS_FILE = "8"

# The one issue of another queue.
OTHER_ISSUE = "TREK-1"

# Well-formed, and of nothing.
UNKNOWN_ENTITY = "f" * 24
UNKNOWN_FILE = "999999"
UNKNOWN_ISSUE = "JUNE-999"
