"""The schedule generator: rules of domain 6.1, 6.2, 6.4 and D-02 to D-04, S4.2."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.domain.calendar import WorkingCalendar
from ivr.domain.hours import Hours
from ivr.domain.post import Post, Share
from ivr.domain.publication import missing
from ivr.domain.schedule import Absence, DayOverride, Parity, Timetable, WorkRule
from ivr.domain.slot import REMOTE, Channel, Doctor, SlotKind
from ivr.domain.slot_plan import Planner

MOSCOW = ZoneInfo("Europe/Moscow")
BERLIN = ZoneInfo("Europe/Berlin")
MORNING = Hours(time(8), time(14))
AFTERNOON = Hours(time(13), time(19))
MONDAY = date(2026, 11, 23)
SHIFTS = (
    WorkRule(1, MORNING, parity=Parity.ODD),
    WorkRule(1, AFTERNOON, parity=Parity.EVEN),
)


def a_doctor(number: int = 1) -> Doctor:
    return Doctor(number, "Врачева", "Ада", None, "F", "therapist", "21", "adult")


def a_planner(*rules, calendar=None, absences=(), overrides=(), post=None, zone=MOSCOW) -> Planner:
    timetable = Timetable(calendar or WorkingCalendar(), {1: rules or SHIFTS}, absences, overrides)
    return Planner(timetable, {"therapist": post or Post("therapist", 15)}, zone)


def slots_of(planner: Planner, first: date = MONDAY, last: date | None = None):
    return list(planner.plan(a_doctor(), first, last or first))


def clock(slot, zone=MOSCOW) -> str:
    return f"{slot.starts_at.astimezone(zone):%H:%M}"


def test_shifts_alternate_by_odd_and_even_days():
    planner = a_planner()

    odd, even = slots_of(planner, date(2026, 11, 23)), slots_of(planner, date(2026, 11, 24))

    assert (clock(odd[0]), clock(even[0])) == ("08:00", "13:00")
    assert odd[-1].ends_at.astimezone(MOSCOW).time() <= time(14)


def test_a_break_of_fifteen_minutes_follows_every_two_hours():
    taken = {(s.starts_at, s.ends_at) for s in slots_of(a_planner())}
    rests = [datetime(2026, 11, 23, h, m, tzinfo=MOSCOW) for h, m in ((10, 0), (12, 15))]

    for rest in rests:
        assert not [pair for pair in taken if pair[0] < rest + timedelta(minutes=15) and rest < pair[1]]


def test_odd_minutes_are_worked_as_they_are_written():
    hours = (Hours.parse("07:04-09:45"), Hours.parse("11:00-13:30"))

    slots = slots_of(a_planner(*(WorkRule(1, each) for each in hours)))

    assert clock(slots[0]) == "07:04"
    assert all(s.ends_at.astimezone(MOSCOW).time() <= time(9, 45) or clock(s) >= "11:00" for s in slots)


def test_a_post_shares_its_slots_sixty_twenty_ten_ten_as_d04_says():
    slots = slots_of(a_planner(), MONDAY, MONDAY + timedelta(days=27))

    # The end of a stretch takes what fits into it, so the real share strays a little.
    share = Counter("reserve" if s.release_at else s.kind.value for s in slots)
    per_cent = {name: round(100 * count / len(slots)) for name, count in share.items()}
    assert per_cent["PRIMARY"] == pytest.approx(60, abs=4)
    assert per_cent["REPEAT"] == pytest.approx(20, abs=4)
    assert per_cent["REFERRAL"] == pytest.approx(10, abs=4)
    assert per_cent["reserve"] == pytest.approx(10, abs=4)


def test_the_first_half_hour_is_a_reserve_released_at_seven_of_the_same_day_as_d02_says():
    slots = slots_of(a_planner())

    first = [s for s in slots if clock(s) < "08:30"]
    assert first
    assert {s.release_at for s in first} == {datetime(2026, 11, 23, 7, tzinfo=MOSCOW)}
    assert all(s.is_competitive for s in first)


def test_a_reserve_may_be_released_on_the_morning_before_as_d02_allows():
    slots = slots_of(a_planner(post=Post("therapist", 15, release_days_before=1)))

    assert slots[0].release_at == datetime(2026, 11, 22, 7, tzinfo=MOSCOW)


def test_no_repeat_or_referral_slot_is_competitive_s42():
    everywhere = WorkRule(1, MORNING, channels=REMOTE | {Channel.MED_ARM})
    slots = slots_of(a_planner()) + slots_of(a_planner(everywhere))

    for slot in slots:
        assert slot.is_competitive == (slot.kind is SlotKind.PRIMARY)


def test_a_rule_may_narrow_the_channels_of_its_slots():
    rule = WorkRule(1, MORNING, channels=frozenset({Channel.REG, Channel.CC}))

    slots = slots_of(a_planner(rule))

    assert {s.channels for s in slots if s.kind is SlotKind.PRIMARY} == {frozenset({Channel.REG, Channel.CC})}


def test_lengths_follow_the_kind_of_visit():
    post = Post(
        "therapist", 20, (Share(SlotKind.PRIMARY, 40), Share(SlotKind.REPEAT, 30), Share(SlotKind.PREVENTIVE, 30))
    )

    lengths = {s.kind: s.minutes for s in slots_of(a_planner(post=post))}

    assert lengths == {SlotKind.PRIMARY: 20, SlotKind.REPEAT: 15, SlotKind.PREVENTIVE: 13}


@pytest.mark.parametrize("minutes", [15, 18, 20, 22, 25, 30, 44, 45])
def test_repeat_and_preventive_visits_keep_their_proportion(minutes):
    post = Post("any", minutes)

    assert 0.7 <= post.minutes_of(SlotKind.REPEAT) / minutes <= 0.8
    assert 0.6 <= post.minutes_of(SlotKind.PREVENTIVE) / minutes <= 0.7


def test_slots_shorter_than_five_minutes_are_refused():
    with pytest.raises(ValueError, match="at least 5 minutes, not 4"):
        Post("therapist", 4)
    with pytest.raises(ValueError, match="at least 5 minutes, not 3"):
        Post("therapist", 15, lengths={SlotKind.REPEAT: 3})
    with pytest.raises(ValueError, match="at least 5 minutes, not 1"):
        WorkRule(1, MORNING, minutes=1)


def test_shares_must_make_a_hundred():
    with pytest.raises(ValueError, match="make 100 per cent together, not 90"):
        Post("therapist", 15, (Share(SlotKind.PRIMARY, 90),))


def test_nobody_works_on_a_holiday_or_a_plain_saturday():
    planner = a_planner(calendar=WorkingCalendar(days_off=frozenset({MONDAY})))

    assert slots_of(planner, MONDAY) == []
    assert slots_of(planner, date(2026, 11, 28)) == []


def test_a_working_saturday_is_worked_like_a_friday():
    saturday = date(2027, 11, 13)
    planner = a_planner(calendar=WorkingCalendar(working_weekends=frozenset({saturday})))

    assert clock(slots_of(planner, saturday)[0]) == "08:00"


def test_the_day_before_a_holiday_ends_an_hour_earlier():
    planner = a_planner(calendar=WorkingCalendar(short_days=frozenset({MONDAY})))

    assert slots_of(planner)[-1].ends_at.astimezone(MOSCOW).time() <= time(13)


def test_saturday_duty_goes_round_by_weeks():
    rules = {n: (WorkRule(n, MORNING, frozenset({5}), every_weeks=2, week=n),) for n in (0, 1)}
    timetable = Timetable(WorkingCalendar(), rules)
    saturdays = [date(2026, 11, 28) + timedelta(weeks=n) for n in range(4)]

    on_duty = [[n for n in (0, 1) if timetable.worked(n, day)] for day in saturdays]

    assert all(len(names) == 1 for names in on_duty)
    assert on_duty[0] == on_duty[2] != on_duty[1] == on_duty[3]


def test_an_override_brings_a_doctor_in_on_a_holiday_or_sends_one_home():
    calendar = WorkingCalendar(days_off=frozenset({MONDAY}))
    tuesday = date(2026, 11, 24)
    overrides = (DayOverride(1, MONDAY, (Hours.parse("09:00-12:00"),)), DayOverride(1, tuesday, ()))
    planner = a_planner(calendar=calendar, overrides=overrides)

    assert clock(slots_of(planner, MONDAY)[0]) == "09:00"
    assert slots_of(planner, tuesday) == []


def test_a_rule_for_a_single_day_is_worked_even_on_a_holiday_instead_of_the_others():
    calendar = WorkingCalendar(days_off=frozenset({MONDAY}))
    duty = WorkRule(1, Hours.parse("09:00-12:00"), since=MONDAY, until=MONDAY)
    planner = a_planner(*SHIFTS, duty, calendar=calendar)

    assert clock(slots_of(planner, MONDAY)[0]) == "09:00"
    assert clock(slots_of(planner, date(2026, 11, 25))[0]) == "08:00"


def test_an_absent_doctor_has_no_slots_even_on_duty():
    absences = (Absence(1, MONDAY, MONDAY),)
    planner = a_planner(absences=absences, overrides=(DayOverride(1, MONDAY, (MORNING,)),))

    assert slots_of(planner) == []
    assert slots_of(planner, date(2026, 11, 24))


def test_hours_stay_local_across_a_change_of_the_clocks():
    planner = a_planner(WorkRule(1, MORNING), zone=BERLIN)

    friday, monday = slots_of(planner, date(2026, 3, 27)), slots_of(planner, date(2026, 3, 30))

    assert clock(friday[0], BERLIN) == clock(monday[0], BERLIN) == "08:00"
    assert (friday[0].starts_at.hour, monday[0].starts_at.hour) == (7, 6)


def test_the_night_the_clocks_change_loses_the_hour_that_is_not_there():
    night = WorkRule(1, Hours(time(1), time(4)), frozenset({6}))
    planner = a_planner(night, zone=BERLIN, post=Post("therapist", 15, (Share(SlotKind.PRIMARY, 100),)))

    slots = slots_of(planner, date(2026, 3, 29))

    assert slots[-1].ends_at - slots[0].starts_at <= timedelta(hours=2)


def test_publishing_again_adds_nothing():
    planned = slots_of(a_planner(), MONDAY, MONDAY + timedelta(days=13))

    assert missing(planned, planned) == []


def test_publishing_later_adds_only_the_new_days():
    planner = a_planner()
    published = slots_of(planner, MONDAY, MONDAY + timedelta(days=13))

    added = missing(slots_of(planner, MONDAY, MONDAY + timedelta(days=14)), published)

    assert {s.starts_at.date() for s in added} == {MONDAY + timedelta(days=14)}


def test_a_slot_booked_by_other_rules_keeps_its_time():
    kept = replace(slots_of(a_planner())[0], minutes=40)

    added = missing(slots_of(a_planner()), [kept])

    assert added
    assert all(s.starts_at >= kept.ends_at for s in added)


def test_another_doctor_does_not_stand_in_the_way():
    planned = slots_of(a_planner())

    assert missing(planned, [replace(s, doctor_id=2) for s in planned]) == planned


@pytest.mark.parametrize("text", ["14:00-08:00", "8-14", "08:00", "25:00-26:00", "08:60-09:00", "08:00-08:00"])
def test_impossible_hours_are_refused(text):
    with pytest.raises(ValueError, match=r"hours must open|written"):
        Hours.parse(text)


clock_times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
hours = st.tuples(clock_times, clock_times).filter(lambda pair: pair[0] < pair[1]).map(lambda pair: Hours(*pair))
days = st.dates(date(2024, 1, 1), date(2028, 12, 1))
zones = st.sampled_from(["Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
rules = st.builds(
    WorkRule,
    st.just(1),
    hours,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.sampled_from(Parity),
    minutes=st.none() | st.integers(5, 90),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(rules, min_size=1, max_size=4), st.integers(5, 60), days, zones, st.frozensets(st.integers(0, 9)))
def test_whatever_the_rules_slots_never_overlap_and_stay_inside_working_hours(rules, minutes, first, zone, off):
    zone = ZoneInfo(zone)
    calendar = WorkingCalendar(days_off=frozenset(first + timedelta(days=n) for n in off))
    absence = Absence(1, first + timedelta(days=3), first + timedelta(days=4))
    planner = a_planner(*rules, calendar=calendar, absences=[absence], post=Post("therapist", minutes), zone=zone)

    slots = slots_of(planner, first, first + timedelta(days=9))

    assert all(one.ends_at <= two.starts_at for one, two in pairwise(slots))
    assert all(slot.minutes >= 5 for slot in slots)
    assert missing(slots, slots) == []
    for slot in slots:
        day = slot.starts_at.astimezone(zone).date()
        worked = planner.timetable.worked(1, day)
        assert day not in calendar.days_off
        assert not absence.covers(1, day)
        assert any(_within(slot, rule.hours, day, zone) for rule in worked)
        assert all(rule.parity.fits(day) for rule in worked)


def _within(slot, hours, day, zone) -> bool:
    opens, closes = (datetime.combine(day, moment, zone).astimezone(UTC) for moment in hours)
    return opens <= slot.starts_at and slot.ends_at <= closes


@settings(max_examples=60, deadline=None)
@given(hours, st.integers(5, 60), days)
def test_nobody_works_longer_than_two_hours_without_a_break(hours, minutes, day):
    slots = slots_of(a_planner(WorkRule(1, hours, frozenset(range(7))), post=Post("therapist", minutes)), day)

    worked_since = None
    for one, two in pairwise(slots):
        worked_since = worked_since or one.starts_at
        assert one.ends_at - worked_since <= timedelta(hours=2)
        if two.starts_at > one.ends_at:
            assert two.starts_at - one.ends_at >= timedelta(minutes=15)
            worked_since = None
