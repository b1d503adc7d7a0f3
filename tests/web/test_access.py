"""Who gets in, who does not, and what ends it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest
from flask import Flask
from sqlalchemy import update

from ivr.domain.refusals import BadLogin, LoginLocked, LoginTaken, WeakPassword
from ivr.domain.user import RIGHTS, Role, User
from ivr.services import access
from ivr.services.ports import StorageDown
from ivr.storage.tables import web_sessions
from ivr.web.access import ANYBODY, BY_PASS, BY_TOKEN, PUBLIC, by_itself, check_routes, needed
from ivr.web.limits import limiter
from tests.web.conftest import PASSWORD, Clients, csrf, log_in, post

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
IDLE = timedelta(minutes=30)
HTML = {"Accept": "text/html"}


def someone(new_work, login="olga", role=Role.OPERATOR):
    user_id = access.add_user(new_work(), User(0, login, "Ольга", role), PASSWORD, who="test", now=NOW)
    with new_work().reading() as work:
        return work.users.get(user_id)


def test_a_user_logs_in_with_his_password_and_is_known_by_his_token(new_work):
    user = someone(new_work)

    found, token = access.log_in(new_work(), " Olga ", PASSWORD, now=NOW)

    assert found == user
    assert access.user_of(new_work(), token, idle=IDLE, now=NOW) == user


def test_the_database_holds_neither_password_nor_token(new_work):
    someone(new_work)

    _, token = access.log_in(new_work(), "olga", PASSWORD, now=NOW)

    with new_work().reading() as work:
        secret = work.users.secret("olga")
        assert PASSWORD not in secret.password
        assert secret.password.startswith("$argon2id$")
        assert work.web_sessions.get(token) is None


def test_the_fifth_wrong_password_locks_for_ten_minutes_and_the_right_one_opens_afterwards(new_work):
    someone(new_work)

    for _ in range(5):
        with pytest.raises(BadLogin):
            access.log_in(new_work(), "olga", "wrong", now=NOW)
    with pytest.raises(LoginLocked):
        access.log_in(new_work(), "olga", PASSWORD, now=NOW + timedelta(minutes=9))

    access.log_in(new_work(), "olga", PASSWORD, now=NOW + timedelta(minutes=10))


def test_a_stranger_is_told_the_same_as_a_user_with_a_wrong_password(new_work):
    with pytest.raises(BadLogin):
        access.log_in(new_work(), "nobody", PASSWORD, now=NOW)


def test_an_idle_session_ends_and_a_used_one_goes_on_until_the_shift_is_over(new_work):
    someone(new_work)
    _, idle = access.log_in(new_work(), "olga", PASSWORD, now=NOW)
    _, used = access.log_in(new_work(), "olga", PASSWORD, now=NOW)

    moment = NOW
    while moment < NOW + timedelta(hours=14) - timedelta(minutes=20):
        moment += timedelta(minutes=20)
        assert access.user_of(new_work(), used, idle=IDLE, now=moment) is not None

    assert access.user_of(new_work(), used, idle=IDLE, now=NOW + timedelta(hours=14)) is None
    assert access.user_of(new_work(), idle, idle=IDLE, now=NOW + IDLE) is None


def test_an_open_page_that_only_asks_for_news_is_no_sign_of_life(new_work):
    someone(new_work)
    _, token = access.log_in(new_work(), "olga", PASSWORD, now=NOW)

    for minute in range(1, 30):
        access.user_of(new_work(), token, idle=IDLE, now=NOW + timedelta(minutes=minute), alive=False)

    assert access.user_of(new_work(), token, idle=IDLE, now=NOW + IDLE) is None


def test_a_new_password_ends_every_other_session(new_work):
    user = someone(new_work)
    _, before = access.log_in(new_work(), "olga", PASSWORD, now=NOW)

    fresh = access.change_password(new_work(), user.id, PASSWORD, "another-word-7", now=NOW)

    assert access.user_of(new_work(), before, idle=IDLE, now=NOW) is None
    assert access.user_of(new_work(), fresh, idle=IDLE, now=NOW) == user


@pytest.mark.parametrize("weak", ["short-1", "aaaaaaaaaaaa", "my-olga-password", PASSWORD])
def test_a_weak_password_is_refused(new_work, weak):
    user = someone(new_work)

    with pytest.raises(WeakPassword):
        access.change_password(new_work(), user.id, PASSWORD, weak, now=NOW)


def test_a_log_in_name_is_given_once(new_work):
    someone(new_work)

    with pytest.raises(LoginTaken):
        someone(new_work)


def test_an_empty_database_gets_one_administrator_once(new_work):
    login, password = access.first_administrator(new_work(), now=NOW)

    user, _ = access.log_in(new_work(), login, password, now=NOW)

    assert user.role is Role.ADMINISTRATOR
    assert user.must_change
    assert access.first_administrator(new_work(), now=NOW) is None


def test_who_must_change_his_password_gets_nowhere_else(clients: Clients):
    new = User(0, "fresh", "Новый", Role.SUPERVISOR, must_change=True)
    access.add_user(clients.opened.site.new_work(), new, PASSWORD, who="test", now=clients.opened.site.now())
    client = clients()
    log_in(client, "fresh")

    answer = client.get("/", headers=HTML)

    assert answer.location == "/password"
    changed = post(client, "/password", {"before": PASSWORD, "after": "brand-new-99x", "again": "brand-new-99x"})
    assert changed.status_code == 302
    assert client.get("/", headers=HTML).location != "/password"


def test_a_wrong_password_is_told_in_russian_and_the_name_stays(clients: Clients):
    client = clients()

    answer = log_in(client, "operator", "wrong")

    assert answer.status_code == 422
    assert "Имя или пароль не подходят" in answer.text
    assert 'value="operator"' in answer.text


def test_what_an_open_page_asks_for_by_itself_is_no_sign_of_life(clients: Clients):
    app = clients.opened.app
    by_themselves = {"live.events", "tasks.keep", "registry.changed", "registry.slots"}

    assert {name for name, view in app.view_functions.items() if by_itself(view)} == by_themselves

    client, here = clients(Role.OPERATOR), clients.opened.site
    user_id = clients.users[Role.OPERATOR].id
    long_ago = here.now() - timedelta(minutes=20)
    with here.new_work() as work:
        work.connection.execute(update(web_sessions).values(seen_at=long_ago))
        work.commit()
    page = client.get("/tasks", headers=HTML | {"X-Background": "1"}).text
    token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    assert client.post("/tasks/1/keep", headers={"X-CSRFToken": token}).status_code == 409

    with here.new_work().reading() as work:
        (session,) = work.web_sessions.live(user_id, here.now() - here.idle)
    assert session.seen_at == long_ago


def test_a_form_without_the_forgery_token_changes_nothing(clients: Clients):
    client = clients(Role.OPERATOR)

    assert client.post("/logout").status_code == 400
    assert client.get("/", headers=HTML).location != "/login"


def test_after_the_log_out_the_old_cookie_opens_nothing(clients: Clients):
    client = clients(Role.OPERATOR)
    cookie = client.get_cookie("ivr").value

    post(client, "/logout")

    client.set_cookie("ivr", cookie)
    assert client.get("/", headers=HTML).location.startswith("/login")


def test_who_logs_in_takes_over_nothing_of_whoever_sat_at_this_browser_before(clients: Clients):
    client = clients(Role.SUPERVISOR)
    with client.session_transaction() as before:
        before["heard"] = 7
    token = csrf(client, "/reports")

    post(client, "/logout")
    log_in(client, "operator")

    with client.session_transaction() as now:
        assert "heard" not in now
    assert csrf(client, "/tasks") != token


@pytest.mark.parametrize("headers", [HTML, {"HX-Request": "true"}, {"Accept": "application/json"}])
def test_a_database_that_is_down_is_told_in_words_and_ends_no_session(clients: Clients, headers):
    client, app = clients(Role.SUPERVISOR), clients.opened.app

    def down() -> NoReturn:
        raise StorageDown("down")

    app.extensions["ivr"] = replace(clients.opened.site, new_work=down)
    for path in ("/reports", "/tasks", "/nowhere"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == (404 if path == "/nowhere" else 503)
        assert path == "/nowhere" or "База данных не отвечает" in answer.text
    app.extensions["ivr"] = clients.opened.site

    assert client.get("/reports", headers=HTML).status_code == 200


def test_after_the_log_in_nobody_is_led_to_another_site(clients: Clients):
    # Browsers leave tabs and line ends out of an address.
    for evil in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "/\n/evil.example"):
        client = clients()
        form = {"login": "operator", "password": PASSWORD, "csrf_token": csrf(client)}
        answer = client.post("/login", query_string={"next": evil}, data=form)
        assert answer.location == "/"


def test_every_route_asks_for_the_right_of_its_caller(clients: Clients):
    app = clients.opened.app
    for role in (None, *Role):
        client = clients(role)
        token = {"X-CSRFToken": csrf(client, "/login" if role is None else "/")}
        for rule in app.url_map.iter_rules():
            if rule.endpoint == "static":
                continue
            path = re.sub(r"<[^>]+>", "1", rule.rule)
            method = next(one for one in ("GET", "POST", "PUT", "DELETE") if one in rule.methods)
            if rule.endpoint in ("access.log_out", "live.events"):
                continue
            limiter.reset()  # strangers may not ask so often
            status = client.open(path, method=method, headers=token | {"Accept": "application/json"}).status_code
            right = needed(app, rule.endpoint)
            if right == PUBLIC:
                assert status not in (401, 403), (role, path)
            elif role is None or right in (BY_TOKEN, BY_PASS):
                assert status == 401, (role, path)
            elif right == ANYBODY or right in RIGHTS[role]:
                assert status not in (401, 403), (role, path)
            else:
                assert status == 403, (role, path)


def test_a_route_without_a_right_is_refused_at_start():
    app = Flask("forgotten")
    app.add_url_rule("/door", "door", lambda: "open")

    with pytest.raises(RuntimeError, match="door"):
        check_routes(app)


def test_every_answer_forbids_foreign_scripts_and_frames(clients: Clients):
    answer = clients().get("/login")

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "HttpOnly" in clients(Role.OPERATOR).get("/login").headers.get("Set-Cookie", "HttpOnly")


def test_a_guest_reads_the_registrys_telephone_as_it_is_dialled(clients):
    assert "Телефон регистратуры: 8 (000) 000-20-20." in clients().get("/phone", headers={"Accept": "text/html"}).text
