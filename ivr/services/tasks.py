"""Requests that a person will work on (Q03, Q04)."""

from datetime import datetime, timedelta

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.services.ports import Work

CALL_BACK_WITHIN = timedelta(hours=2)
"""What is promised where nobody named a time."""


def ask_callback(
    work: Work,
    *,
    call_key: str,
    caller: PhoneNumber | None,
    reason: str,
    promised_until: datetime,
    patient_id: int | None,
    key: str,
    now: datetime,
) -> int:
    """Note who wants to be rung back and by when; a repeated key returns the first task's id."""
    task = NewTask(
        key=key,
        kind=TaskKind.CALLBACK,
        # The promise was made on the call centre's line, so the call centre keeps it in either model.
        owner=TaskOwner.CALL_CENTRE,
        due_at=promised_until,
        patient_id=patient_id,
        call_key=call_key,
        phone=caller,
        payload={"reason": reason},
    )
    with work:
        task_id = work.tasks.add(task, now)
        work.commit()
    return task_id


def after_talk(
    call_key: str, call_id: int, *, caller: PhoneNumber | None, patient_id: int | None, now: datetime
) -> NewTask:
    """An operator has promised to ring back."""
    return NewTask(
        key=f"talk-{call_id}",
        kind=TaskKind.CALLBACK,
        owner=TaskOwner.CALL_CENTRE,
        due_at=now + CALL_BACK_WITHIN,
        patient_id=patient_id,
        call_key=call_key,
        phone=caller,
        payload={"reason": "promised"},
    )
