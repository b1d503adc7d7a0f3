"""A hospital that other systems call."""

import pytest

from tests.api.systems import Town, a_town
from tests.conftest import Database


@pytest.fixture
def town(sqlite_database: Database) -> Town:
    """On SQLite: where storage matters a test takes `towns`."""
    return a_town(sqlite_database.new_work)


@pytest.fixture
def towns(database: Database) -> Town:
    """On both databases, one after the other."""
    return a_town(database.new_work)
