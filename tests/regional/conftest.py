"""A far end on a loopback port and a hospital that books there, on both databases."""

import pytest

from tests.builders import NOW
from tests.regional.near import Near, region_at


@pytest.fixture
def near(database, far):
    hospitals: list[Near] = []
    region = region_at(far.url, lambda: hospitals[0].now if hospitals else NOW)
    hospitals.append(Near(database.engine, far, region))
    yield hospitals[0]
    region.close()
