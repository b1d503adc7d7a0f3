"""The feed of messages: read with the token, in order, and by nobody else."""

from datetime import timedelta

import pytest

from ivr.domain.notice import Method, NewNotice, NoticeKind, NoticeStatus
from ivr.services.notices import UNSETTLED
from tests.web.conftest import a_site

TOKEN = "0123456789abcdef0123456789abcdef"
READER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def opened(tmp_path, demo_hospital):
    with a_site(tmp_path, demo_hospital, notices={"feed_token": TOKEN}) as opened:
        yield opened


def written(opened, count: int) -> None:
    long_ago = opened.site.now() - UNSETTLED - timedelta(seconds=1)
    facts = {"starts_at": "2026-11-25T12:00:00+00:00", "minutes": "15", "room": "21", "uid": "visit-1"}
    with opened.site.new_work() as work:
        for number in range(count):
            notice = NewNotice(
                f"booked-{number}", NoticeKind.BOOKED, Method.FEED, "", long_ago, long_ago, facts=facts, patient_id=1
            )
            work.notices.add(notice, NoticeStatus.DELIVERED, long_ago)
        work.commit()


def test_a_reader_goes_on_from_where_he_left_off(opened):
    written(opened, 5)
    client = opened.app.test_client()

    first = client.get("/feed/notices?after=0&limit=3", headers=READER).json
    rest = client.get(f"/feed/notices?after={first['next']}", headers=READER).json
    nothing = client.get(f"/feed/notices?after={rest['next']}", headers=READER).json

    assert [len(part["notices"]) for part in (first, rest, nothing)] == [3, 2, 0]
    assert nothing["next"] == rest["next"] == rest["notices"][-1]["id"]
    assert first["notices"][0]["text"].startswith("Запись: 25.11 15:00, каб. 21.")
    assert (first["notices"][0]["kind"], first["notices"][0]["patient"]) == ("BOOKED", 1)


@pytest.mark.parametrize("header", ["", "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ключ", TOKEN])
def test_nobody_reads_without_the_token(opened, header):
    answer = opened.app.test_client().get("/feed/notices", headers={"Authorization": header} if header else {})

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("query", ["after=-1", "after=x", "after=٣", f"after={2**63}", "limit=501", "limit=1.5"])
def test_a_wrong_question_is_told_what_was_wrong(opened, query):
    answer = opened.app.test_client().get(f"/feed/notices?{query}", headers=READER)

    assert answer.status_code == 400
    assert query.partition("=")[0] in answer.json["error"]


def test_there_is_no_feed_where_no_token_is_set(clients):
    assert clients().get("/feed/notices", headers=READER).status_code == 404
