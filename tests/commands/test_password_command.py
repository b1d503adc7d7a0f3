"""`ivr password`: who administers the server lets in again whoever has no administrator to ask."""

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from ivr.commands.later import LATER
from ivr.domain.refusals import BadLogin
from ivr.services import access
from ivr.storage import tables
from tests.importing.hospital import NOW, a_demo_clinic

app = LATER["password"][1]()


@pytest.fixture
def clinic(tmp_path):
    return a_demo_clinic(tmp_path)


def test_the_administrator_who_lost_his_password_gets_one_for_a_single_log_in(clinic):
    login, lost = access.first_administrator(clinic.work(), now=NOW)

    done = CliRunner().invoke(app, [login], obj=clinic)
    user, _ = access.log_in(clinic.work(), login, done.output.strip(), now=NOW)

    assert done.exit_code == 0
    assert user.must_change
    with pytest.raises(BadLogin):
        access.log_in(clinic.work(), login, lost, now=NOW)
    with clinic.work().reading() as work:
        last = work.connection.execute(select(tables.audit).order_by(tables.audit.c.id.desc())).all()
    assert "password reset" in {row.action for row in last}
    assert any(row.who.startswith("server:") for row in last)


def test_a_login_that_nobody_has_is_told(clinic):
    done = CliRunner().invoke(app, ["nobody"], obj=clinic)

    assert done.exit_code == 2
    assert "nobody logs in as nobody" in done.output
