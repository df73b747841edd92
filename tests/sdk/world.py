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

# Well-formed, and of nothing.
UNKNOWN_ENTITY = "f" * 24
UNKNOWN_FILE = "999999"
