"""Requests that a person will work on (Q03, Q04)."""

from datetime import datetime

from ivr.domain.identifiers import PhoneNumber
from ivr.domain.tasks import NewTask, TaskKind, TaskOwner
from ivr.services.ports import Work


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
