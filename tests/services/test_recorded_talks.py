"""Recorded talks: each part is noted once, and removed when it has been kept long enough."""

from datetime import UTC, datetime, timedelta

from ivr.services import recordings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def of_call(new_work, key="call-1"):
    with new_work().reading() as work:
        return work.recordings.of_call(key)


def test_a_talk_is_noted_when_it_begins_and_when_it_ends(new_work):
    recordings.begin(new_work(), "call-1", 7, "op5", now=NOW)
    recordings.begin(new_work(), "call-1", 9, "op6", now=NOW + timedelta(minutes=2))
    recordings.finish(new_work(), "call-1", 7, seconds=100)

    first, second = of_call(new_work)
    assert (first.part, first.phone, first.file, first.begun_at, first.seconds) == (7, "op5", "call-1-7.wav", NOW, 100)
    assert (second.part, second.seconds) == (9, None)


def test_what_is_told_twice_counts_once(new_work):
    for phone in ("op5", "op6"):
        recordings.begin(new_work(), "call-1", 7, phone, now=NOW)
    for seconds in (100, 200):
        recordings.finish(new_work(), "call-1", 7, seconds=seconds)

    [only] = of_call(new_work)
    assert (only.phone, only.seconds) == ("op5", 100)


def test_a_file_of_which_nobody_told_is_noted_and_the_end_of_a_talk_is_made_up_for(new_work):
    recordings.begin(new_work(), "call-1", 7, "op5", now=NOW)
    found = [recordings.Recording(0, "call-1", part, "", f"call-1-{part}.wav", NOW, 30) for part in (7, 8)]

    recordings.adopt(new_work(), found)

    assert [(one.part, one.phone, one.seconds) for one in of_call(new_work)] == [(7, "op5", 30), (8, "", 30)]


def test_a_recording_is_due_after_its_days_and_only_once(new_work):
    recordings.begin(new_work(), "old", 1, "op5", now=NOW - timedelta(days=91))
    recordings.begin(new_work(), "new", 2, "op5", now=NOW - timedelta(days=89))

    due = recordings.overdue(new_work(), days=90, now=NOW)
    assert [one.call_key for one in due] == ["old"]
    recordings.removed(new_work(), due, now=NOW)

    assert recordings.overdue(new_work(), days=90, now=NOW) == []
    assert of_call(new_work, "old")[0].removed_at == NOW


def test_recordings_of_a_time_are_found_the_newest_first(new_work):
    for day in (1, 2, 3):
        recordings.begin(new_work(), f"call-{day}", day, "op5", now=NOW + timedelta(days=day))

    with new_work().reading() as work:
        found = work.recordings.between(NOW + timedelta(days=1), NOW + timedelta(days=3))
        assert [one.call_key for one in found] == ["call-2", "call-1"]
        assert work.recordings.get(found[0].id) == found[0]
