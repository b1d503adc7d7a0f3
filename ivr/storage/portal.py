"""Sessions of the state portal."""

from datetime import datetime

from sqlalchemy import delete, select

from ivr.domain.patient import Subject
from ivr.services.portal_ports import PortalSession
from ivr.storage.register import Register, e164, phone, upsert
from ivr.storage.tables import portal_sessions


class PortalSessionRegister(Register):
    def open(self, session: PortalSession, now: datetime) -> None:
        self.forget(now)
        values = {
            "patient_id": session.patient_id,
            "subject": session.subject.value,
            "contact": e164(session.contact),
            "email": session.email,
            "until": session.until,
        }
        new = upsert(self._connection, portal_sessions).values(id=session.id, **values)
        self._run(new.on_conflict_do_update(index_elements=["id"], set_=values))

    def end(self, session_id: str) -> None:
        self._run(delete(portal_sessions).where(portal_sessions.c.id == session_id))

    def forget(self, now: datetime) -> None:
        self._run(delete(portal_sessions).where(portal_sessions.c.until <= now))

    def get(self, session_id: str) -> PortalSession | None:
        row = self._run(select(portal_sessions).where(portal_sessions.c.id == session_id)).one_or_none()
        if row is None:
            return None
        return PortalSession(row.id, row.patient_id, Subject(row.subject), phone(row.contact), row.email, row.until)
