"""The operator's workplace in a browser, without a telephone exchange."""

from dataclasses import replace
from typing import NoReturn

import pytest

from ivr.domain.user import Role
from ivr.services import calls
from ivr.services.ports import StorageDown
from tests.web.conftest import Served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("pages")]


def test_a_caller_whose_data_did_not_come_is_looked_for_again(served: Served):
    page, app, here = served.page(Role.OPERATOR, "/desk"), served.opened.app, served.opened.site
    page.locator("#lamp:not(.lost)").wait_for(state="attached")
    calls.begin(here.new_work(), call_key="call-7", caller=None, line="inbound", now=here.now())

    def down() -> NoReturn:
        raise StorageDown("down")

    app.extensions["ivr"] = replace(here, new_work=down)
    here.hub.tell_user(served.users[Role.OPERATOR].id, "ring", {"call": "call-7"})
    page.get_by_text("Данные о звонке не загрузились.").wait_for()
    app.extensions["ivr"] = here
    here.hub.tell_user(served.users[Role.OPERATOR].id, "ring", {"call": "call-7"})

    page.get_by_role("heading", name="Не опознан").wait_for()
