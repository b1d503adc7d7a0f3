"""Databases that no migration has touched yet."""

import pytest
from sqlalchemy import text

from ivr.storage.engine import open_engine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request, tmp_path):
    if request.param == "sqlite":
        (tmp_path / "new.sqlite").touch()
        yield f"sqlite:///{tmp_path}/new.sqlite"
        return
    server = request.getfixturevalue("postgres_server")
    engine = open_engine(server)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE fresh"))
    engine.dispose()
    yield server.rsplit("/", 1)[0] + "/fresh"
