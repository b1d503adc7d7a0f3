"""Users, the audit log and recordings, as those see them who may."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import ivr
from ivr.domain.user import Role
from ivr.services import recordings
from ivr.web.admin.audit_words import ACTIONS, details
from tests.web.conftest import Clients, Served, log_in, post

HTML = {"Accept": "text/html"}


def test_a_new_user_logs_in_with_the_password_that_is_shown_once(clients: Clients):
    client = clients(Role.ADMINISTRATOR)

    page = post(client, "/admin/users", {"login": "ivanova", "name": "Ирина Иванова", "role": "OPERATOR"}).text
    password = re.search(r'id="one-time">([^<]+)<', page)[1]

    assert 'value="ivanova"' not in page  # the form is empty again
    assert password not in client.get("/admin/users", headers=HTML).text
    fresh = clients()
    assert log_in(fresh, "ivanova", password).status_code == 302
    assert fresh.get("/", headers=HTML).location == "/password"


@pytest.mark.parametrize("login", ["Иванова", "UPPER", "a", "with space", "operator"])
def test_a_bad_or_taken_name_is_refused_at_its_field(clients: Clients, login: str):
    answer = post(clients(Role.ADMINISTRATOR), "/admin/users", {"login": login, "name": "Кто-то", "role": "OPERATOR"})

    assert answer.status_code == 422
    assert 'id="login-error"' in answer.text
    assert f'value="{login}"' in answer.text


def test_whoever_is_closed_is_out_at_once(clients: Clients):
    victim, client = clients(Role.OPERATOR), clients(Role.ADMINISTRATOR)
    user = clients.users[Role.OPERATOR]

    post(client, f"/admin/users/{user.id}", {"name": user.name, "role": "OPERATOR"})

    assert victim.get("/desk", headers=HTML).location.startswith("/login")
    assert log_in(clients(), "operator").status_code == 422


def test_the_last_administrator_and_oneself_cannot_be_demoted(clients: Clients):
    client, own = clients(Role.ADMINISTRATOR), clients.users[Role.ADMINISTRATOR]

    answer = post(client, f"/admin/users/{own.id}", {"name": own.name, "role": "OPERATOR", "active": "y"})

    assert answer.status_code == 422
    assert "другого администратора" in answer.text
    assert client.get("/admin/users", headers=HTML).status_code == 200


def test_a_forgotten_password_is_made_anew_and_lifts_a_lock(clients: Clients):
    user, client = clients.users[Role.REGISTRAR], clients(Role.ADMINISTRATOR)
    for _ in range(5):
        log_in(clients(), "registrar", "wrong")

    page = post(client, f"/admin/users/{user.id}/password").text

    password = re.search(r'id="one-time">([^<]+)<', page)[1]
    assert log_in(clients(), "registrar", password).status_code == 302


def found(page: str) -> list[str]:
    return re.findall(r"<td>([^<]*)</td><td class=\"muted\">", page)


def test_who_looked_at_a_patient_is_found_in_the_audit_log_and_so_is_the_search(clients: Clients):
    from ivr.services import look

    here, client = clients.opened.site, clients(Role.SUPERVISOR)
    operator = clients.users[Role.OPERATOR]
    look.patient(here.new_work(), 1, who=f"user:{operator.id}", why="card", now=here.now())
    today = here.rules.today(here.now())
    days = {"first": str(today), "last": str(today), "who": "", "action": "", "booking": "", "page": "0"}

    page = post(client, "/admin/audit", days | {"patient": "1"}).text

    assert found(page) == ["Просмотр пациента"]
    assert operator.name in page
    assert "пациент №: 1, где: карта" in page
    again = post(client, "/admin/audit", days | {"action": "audit searched", "patient": ""}).text
    assert found(again) == ["Поиск в журнале"]
    file = post(client, "/admin/audit.csv", days | {"patient": "1"})
    assert "Просмотр пациента" in file.get_data().decode("utf-8-sig")


def test_the_audit_log_opens_with_its_latest_entries_and_notes_that_they_were_looked_at(clients: Clients):
    client = clients(Role.ADMINISTRATOR)
    post(client, "/admin/users", {"login": "ivanova", "name": "Ирина Иванова", "role": "OPERATOR"})

    first = client.get("/admin/audit", headers=HTML).text
    second = client.get("/admin/audit", headers=HTML).text

    assert found(first)[:2] == ["Добавлен сотрудник", "Вход"]
    assert found(second)[:2] == ["Поиск в журнале", "Добавлен сотрудник"]


def test_the_audit_log_speaks_russian_of_all_that_is_kept_in_it():
    sources = "".join(path.read_text() for path in Path(ivr.__file__).parent.rglob("*.py"))
    kept = set(re.findall(r'action="([^"]+)"', sources)) | set(re.findall(r'_note\((?:work, )?"([^"]+)"', sources))
    changed = {"horizon_days": {"from": None, "to": 21}, "days": {"from": None, "to": {"2026-11-30": "off"}}}

    assert {action for action in kept if action not in ACTIONS} == set()
    assert details(changed, {}) == (
        "Горизонт записи, дней: как в файле → 21, Праздники и переносы: как в файле → 2026-11-30 выходной"
    )
    assert details({"user": 7, "role": "OPERATOR", "active": False, "moved": None}, {"user:7": "Ольга"}) == (
        "сотрудник: Ольга, роль: оператор, действует: нет"
    )


def test_a_name_that_is_a_formula_is_text_in_the_file(clients: Clients):
    client, here = clients(Role.ADMINISTRATOR), clients.opened.site
    spy = clients.users[Role.DOCTOR]
    post(client, f"/admin/users/{spy.id}", {"name": "=1+1", "role": "DOCTOR", "active": "y"})
    clients(Role.DOCTOR)
    today = str(here.rules.today(here.now()))

    file = post(client, "/admin/audit.csv", {"first": today, "last": today, "who": f"user:{spy.id}", "action": ""})

    assert ";'=1+1;" in file.get_data().decode("utf-8-sig")


def test_days_the_wrong_way_round_are_refused(clients: Clients):
    answer = post(
        clients(Role.SUPERVISOR), "/admin/audit", {"first": "2026-11-02", "last": "2026-11-01", "who": "", "action": ""}
    )

    assert answer.status_code == 422
    assert "раньше первого" in answer.text


@pytest.fixture
def recorded(clients: Clients):
    here = clients.opened.site
    recordings.begin(here.new_work(), "call-1", 1, f"op{clients.users[Role.OPERATOR].id}", now=here.now())
    recordings.finish(here.new_work(), "call-1", 1, seconds=65)
    with here.new_work().reading() as work:
        (recording,) = work.recordings.of_call("call-1")
    folder = here.extras["recordings"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / recording.file).write_bytes(b"RIFF" + bytes(2000))
    return recording


def heard(clients: Clients) -> int:
    with clients.opened.site.new_work().reading() as work:
        from ivr.services.audit import Sought

        now = clients.opened.site.now()
        sought = Sought(now - timedelta(hours=1), now + timedelta(hours=1), action="recording heard")
        return len(work.audit.find(sought, limit=10, skip=0))


def test_a_recording_is_heard_in_parts_and_each_hearing_is_noted_once(clients: Clients, recorded):
    client = clients(Role.SUPERVISOR)
    page = client.get("/recordings", headers=HTML).text
    assert "1:05" in page

    first = client.get(f"/recordings/{recorded.id}.wav", headers={"Range": "bytes=0-99"}, buffered=True)
    second = client.get(f"/recordings/{recorded.id}.wav", headers={"Range": "bytes=100-"}, buffered=True)

    assert (first.status_code, len(first.data)) == (206, 100)
    assert (second.status_code, len(second.data)) == (206, 1904)
    assert heard(clients) == 1


@pytest.mark.parametrize("part", ["bytes=1-", "bytes=44-", "bytes= 0-", "bytes=100-199"])
def test_nobody_hears_a_part_without_a_hearing_that_was_noted(clients: Clients, recorded, part: str):
    client = clients(Role.SUPERVISOR)

    client.get(f"/recordings/{recorded.id}.wav", headers={"Range": part}, buffered=True)

    assert heard(clients) == 1


def test_a_removed_recording_says_so_and_is_not_played(clients: Clients, recorded):
    here = clients.opened.site
    recordings.removed(here.new_work(), [recorded], now=here.now())
    client = clients(Role.SUPERVISOR)

    assert "срок хранения истёк" in client.get("/recordings", headers=HTML).text
    assert client.get(f"/recordings/{recorded.id}.wav").status_code == 404
    assert heard(clients) == 0


def test_a_file_name_that_leads_elsewhere_opens_nothing(clients: Clients, recorded):
    from sqlalchemy import update

    from ivr.storage import tables

    here = clients.opened.site
    with here.new_work() as work:
        work.connection.execute(update(tables.recordings).values(file="../secrets.toml"))
        work.commit()

    assert clients(Role.SUPERVISOR).get(f"/recordings/{recorded.id}.wav").status_code == 404


@pytest.mark.browser
@pytest.mark.xdist_group("pages")
def test_users_audit_and_recordings_are_accessible(served: Served, accessible):
    page = served.page(Role.ADMINISTRATOR, "/admin/users")
    accessible(page)
    for path in ("/admin/audit", "/recordings"):
        page.goto(path)
        accessible(page)
