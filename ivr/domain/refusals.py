"""The ways the clinic says no. Each has a code that every channel can translate."""


class Refusal(Exception):
    """The clinic says no, for a reason the patient can be told."""

    code = "refused"


class SlotTaken(Refusal):
    """Somebody else holds or has booked the slot, or it is closed or over (S1.6)."""

    code = "slot_taken"


class HoldLost(SlotTaken):
    """The hold lapsed or was taken over before it was confirmed (D-14)."""

    code = "hold_lost"


class RegionRefused(Refusal):
    """The regional system, which keeps the schedule, does not book this; nothing was booked."""

    code = "region_refused"


class RegionUnreached(Refusal):
    """The regional system cannot be reached; nothing was booked."""

    code = "region_unreached"


class KeptByRegion(Refusal):
    """The schedule is kept in the regional system: nothing is added to it here, and no time of its given on the way."""

    code = "kept_by_region"


class NumberTaken(Refusal):
    """Another visit has that number in the regional system."""

    code = "number_taken"


class NoSlots(Refusal):
    """No free slot within the booking horizon (S2.6)."""

    code = "no_slots"


class AlreadyBooked(Refusal):
    """The patient has an active booking with this speciality (1.6); `booking_id` names it."""

    code = "already_booked"

    def __init__(self, booking_id: int) -> None:
        super().__init__(booking_id)
        self.booking_id = booking_id


class Overlaps(Refusal):
    """Another booking of the patient starts within 30 minutes (1.6)."""

    code = "overlaps"


class TooManyBookings(Refusal):
    """The patient has four active bookings already (1.6)."""

    code = "too_many_bookings"


class NotAdmitted(Refusal):
    """Age or sex does not fit the speciality (1.6)."""

    code = "not_admitted"


class ReferralNeeded(Refusal):
    """The speciality is open only with a referral (D-11)."""

    code = "referral_needed"


class ReferralNotFound(Refusal):
    """No open referral of this patient has that number (1.3)."""

    code = "referral_not_found"


class ReferralTaken(Refusal):
    """The patient has a referral of that number already: used, over, or to another speciality."""

    code = "referral_taken"


class DoctorUnnamed(Refusal):
    """A user of the role DOCTOR of whom the administrator has not said yet who of the staff he is."""

    code = "doctor_unnamed"


class VisitNeeded(Refusal):
    """A doctor sends on only whom he has seen: the visit is still to come, or its patient did not come (S4.2)."""

    code = "visit_needed"


class CompetitiveSlot(Refusal):
    """The slot is open to everybody, or not of the kind that a doctor books for this purpose (S4.2)."""

    code = "competitive_slot"


class NotAttached(Refusal):
    """Planned visits are for attached patients (D-08)."""

    code = "not_attached"


class NotIdentified(Refusal):
    """Number and birth date do not match one record; never says which of the two is wrong (4.2)."""

    code = "not_identified"


class CertificateExpired(Refusal):
    """The temporary certificate is no longer valid (2.5 TMP_EXPIRED)."""

    code = "certificate_expired"


class SessionOver(Refusal):
    """The portal's session has ended, or there was none (3.1)."""

    code = "session_over"


class CallerLocked(Refusal):
    """Five failed identifications in 24 hours from one number lock it for 30 minutes (D-06)."""

    code = "caller_locked"


class TooLate(Refusal):
    """The visit has begun; only the registry may change it now (D-13)."""

    code = "too_late"


class TooEarly(Refusal):
    """Whether somebody came is not known before his visit."""

    code = "too_early"


class NotYours(Refusal):
    """Bookings are told, moved or cancelled only to the patient or a registered representative (4.2)."""

    code = "not_yours"


class AlreadyWaiting(Refusal):
    """One active waiting-list entry per patient and speciality (1.5); `entry_id` names it."""

    code = "already_waiting"

    def __init__(self, entry_id: int) -> None:
        super().__init__(entry_id)
        self.entry_id = entry_id


class WrongTurn(Refusal):
    """A state machine was asked for a move that its table does not allow."""

    code = "wrong_turn"


class NotFound(Refusal):
    """There is no such record."""

    code = "not_found"


class TaskTaken(Refusal):
    """Somebody else works on the task, or has done it."""

    code = "task_taken"


class LoginTaken(Refusal):
    """Somebody else has this log-in name."""

    code = "login_taken"


class BadLogin(Refusal):
    """Name and password do not fit, or the account is closed; never says which."""

    code = "bad_login"


class LoginLocked(Refusal):
    """Too many wrong passwords: the account waits until `until`."""

    code = "login_locked"


class WeakPassword(Refusal):
    """Too short, or the name itself, or the old one."""

    code = "weak_password"


class OutsideHorizon(Refusal):
    """The day is behind the booking horizon (D-01)."""

    code = "outside_horizon"


class ReasonNeeded(Refusal):
    """What sets a rule aside, or ends a visit, says why."""

    code = "reason_needed"


class PatientKnown(Refusal):
    """Somebody in the register has this number or document; `field` and `patient_id` name it and him."""

    code = "patient_known"

    def __init__(self, field: str, patient_id: int) -> None:
        super().__init__(field, patient_id)
        self.field = field
        self.patient_id = patient_id


class AlreadyCalled(Refusal):
    """Patients have been told of it: it cannot be undone in silence."""

    code = "already_called"


class StillBooked(Refusal):
    """The doctor has visits ahead, `visits` of them: they are moved or cancelled first."""

    code = "still_booked"

    def __init__(self, visits: int) -> None:
        super().__init__(visits)
        self.visits = visits


class HoursClash(Refusal):
    """The doctor would see two patients at the same time."""

    code = "hours_clash"


class AbsenceClash(Refusal):
    """Some of those days are closed already."""

    code = "absence_clash"


class LastAdministrator(Refusal):
    """Without him nobody could let anybody in."""

    code = "last_administrator"


class PassRefused(Refusal):
    """No kiosk is let in by what was typed: it is wrong, used or too old."""

    code = "pass_refused"


class NotYourself(Refusal):
    """Nobody closes or demotes himself."""

    code = "not_yourself"


class ClientKnown(Refusal):
    """Another client has this name."""

    code = "client_known"


class BadToken(Refusal):
    """The token opens nothing: missing, wrong or revoked; never says which."""

    code = "bad_token"


class ScopeMissing(Refusal):
    """The client may not do this; `scope` names what it was not given."""

    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(scope)
        self.scope = scope


class KeyReused(Refusal):
    """The same Idempotency-Key came with another command."""

    code = "key_reused"


class SubscriptionEnded(Refusal):
    """The Idempotency-Key is that of a subscription that was ended: a late repeat does not revive it."""

    code = "subscription_ended"


class NeedsPerson(Refusal):
    """What stands in the way may not be told to whoever asks: a person finds it out with the patient (4.2)."""

    code = "needs_person"
