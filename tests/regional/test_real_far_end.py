"""Our own federal service as the far end: one hospital keeps the schedule, another one's telephone books there."""

import pytest

from ivr.domain.booking import BookingStatus
from ivr.domain.identifiers import Snils
from ivr.domain.refusals import NotAttached, RegionRefused, SlotTaken
from ivr.services import booking
from ivr.services.booking import cancel
from ivr.services.region import Unsettled
from ivr.settings import Database, Fer, Folders, Settings
from ivr.storage.engine import open_engine
from ivr.storage.migrate import migrate
from ivr.storage.work import SqlWork
from tests.builders import NOW, RULES, Clinic, at
from tests.regional.near import Near, region_at
from tests.web.conftest import serve


@pytest.fixture
def keeper(tmp_path):
    """The hospital that keeps the schedule, in a database of its own, served on a loopback port."""
    from ivr.bootstrap_web import open_site
    from ivr.web.no_exchange import NoExchange

    url = f"sqlite:///{tmp_path}/keeper.db"
    migrate(url)
    engine = open_engine(url)
    fer = Fer(enabled=True, addresses="127.0.0.1")
    site = open_site(
        Settings(folders=Folders(var=tmp_path / "var"), database=Database(url=url), fer=fer),
        exchange=NoExchange(),
        clock=lambda: NOW,
    )
    site.app.config["RATELIMIT_ENABLED"] = False
    clinic = Clinic(lambda: SqlWork(engine))
    clinic.speciality("therapist", post_code="110")
    doctor = clinic.doctor(snils=Snils("90001000187"))
    clinic.slots(doctor, [at("10:00"), at("11:00")])
    with serve(site) as address:
        yield clinic, f"{address}/fer/v2"
    site.close()
    engine.dispose()


@pytest.fixture
def both(keeper, database):
    """(the keeper, the hospital that books there, the patient as each of them knows him)."""
    clinic, url = keeper
    region = region_at(url, lambda: NOW)
    near = Near(database.engine, None, region)
    yield clinic, near, clinic.patient(), near.patient()
    region.close()


def test_the_telephone_books_in_the_other_hospitals_schedule(both):
    keeper, near, _, patient = both

    booked = near.book_nearest(patient)

    theirs = keeper.rows("bookings")
    assert [(row.status, row.channel) for row in theirs] == [("BOOKED", "EPGU")]
    assert (booked.status, booked.slot.starts_at, booked.slot.room) == (BookingStatus.BOOKED, at("10:00"), "21")


def test_a_time_that_the_keeper_has_given_away_is_lost(both):
    keeper, near, _, patient = both
    slot = near.nearest_slot(patient)
    keeper.book(keeper.rows("slots")[0].id, keeper.patient())

    with pytest.raises(SlotTaken):
        near.book(slot.id, patient)

    assert near.nearest_slot(patient).starts_at == at("11:00")


def test_who_is_attached_elsewhere_hears_it_of_the_keeper(both):  # S1.2
    keeper, near, theirs, patient = both
    slot = near.nearest_slot(patient)
    with keeper.new_work() as work:
        work.patients.save(
            type(theirs)(**{name: getattr(theirs, name) for name in theirs.__slots__} | {"attached": False})
        )
        work.commit()

    with pytest.raises(NotAttached):
        near.book(slot.id, patient)

    assert keeper.rows("bookings") == []


def test_an_answer_that_was_lost_is_given_again_to_the_same_session(both, monkeypatch):
    """The keeper has booked; the connection breaks before its answer has arrived."""
    keeper, near, _, patient = both
    slot = near.nearest_slot(patient)
    with monkeypatch.context() as broken:
        from ivr.regional import link

        read = link._read

        def lost(operation, *rest):
            answer = read(operation, *rest)
            if operation == "CreateAppointment":
                raise link.NoAnswer("the line was cut")
            return answer

        broken.setattr(link, "_read", lost)
        with pytest.raises(Unsettled):
            near.book(slot.id, patient, key="wish")
    near.later(seconds=2)

    near.settle()

    assert near.result().status is BookingStatus.BOOKED
    assert len(keeper.rows("bookings")) == 1


def test_a_cancelled_visit_is_cancelled_at_the_keepers(both):
    keeper, near, _, patient = both
    booked = near.book_nearest(patient)

    cancel(near.new_work(), booked.id, patient_id=patient.id, key="c", rules=RULES, now=NOW)
    near.settle()

    assert [row.status for row in keeper.rows("bookings")] == ["CANCELLED_BY_PATIENT"]
    assert near.nearest_slot(patient).starts_at == at("10:00")


def test_a_move_within_one_speciality_is_refused_by_a_keeper_that_allows_one_visit_and_the_visit_stands(both):
    """The protocol has no move; who must cancel first is passed to a person, who does both."""
    keeper, near, _, patient = both
    old = near.book_nearest(patient)
    later = near.nearest_slot(patient, moves=old.id)

    with pytest.raises(RegionRefused):
        near.book(later.id, patient, moves=old.id)

    assert [row.status for row in keeper.rows("bookings")] == ["BOOKED"]
    assert booking.of_id(near.new_work(), old.id).status is BookingStatus.BOOKED
