"""Every table. Unique indexes, not code, are the last guard against double bookings (1.6)."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Time,
    UniqueConstraint,
    false,
    text,
    true,
)

from ivr.storage.types import ChannelSet, Id, Utc

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)


def _index(name: str, *columns: str, where: str | None = None, unique: bool = False) -> Index:
    clause = text(where) if where else None
    return Index(name, *columns, unique=unique, sqlite_where=clause, postgresql_where=clause)


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


specialities = Table(
    "specialities",
    metadata,
    Column("key", String, primary_key=True),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("name", String, nullable=False),
    Column("access", String, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("age_from", Integer, nullable=False, server_default="0"),
    Column("age_to", Integer),
    Column("sex", String),
    Column("sensitive", Boolean, nullable=False, server_default=false()),
    Column("district", Boolean, nullable=False, server_default=false()),
    Column("post_code", String),
    Column("horizon_days", Integer),
)

doctors = Table(
    "doctors",
    metadata,
    _id(),
    Column("code", String, unique=True),  # the hospital's own name of the doctor, for imports
    Column("surname", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("patronymic", String),
    Column("sex", String, nullable=False),
    Column("speciality", ForeignKey("specialities.key"), nullable=False),
    Column("room", String, nullable=False),
    Column("site", String, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("snils", String(11)),  # not unique: who works in two posts is two doctors here
    _index("doctors_speciality", "speciality"),
)

patients = Table(
    "patients",
    metadata,
    _id(),
    Column("surname", String, nullable=False),
    Column("given_name", String, nullable=False),
    Column("patronymic", String),
    Column("sex", String, nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("oms", String(16), unique=True),
    Column("snils", String(11), unique=True),
    Column("certificate", String(9), unique=True),
    Column("certificate_until", Date),
    Column("phone", String(16)),
    Column("attached", Boolean, nullable=False, server_default=true()),
    Column("district_doctor_id", ForeignKey("doctors.id")),
    # Names are looked for among those born on one day: a few rows.
    _index("patients_birth_date", "birth_date"),
    _index("patients_phone", "phone", where="phone IS NOT NULL"),
    CheckConstraint("oms IS NOT NULL OR snils IS NOT NULL OR certificate IS NOT NULL", name="numbered"),
)

representatives = Table(
    "representatives",
    metadata,
    Column("patient_id", ForeignKey("patients.id"), primary_key=True),
    Column("representative_id", ForeignKey("patients.id"), primary_key=True),
    CheckConstraint("patient_id <> representative_id", name="another_person"),
)

patient_documents = Table(
    "patient_documents",
    metadata,
    _id(),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("series", String(10), nullable=False),
    Column("number", String(10), nullable=False),
    UniqueConstraint("kind", "series", "number"),
    _index("patient_documents_patient", "patient_id"),
)

schedule_rules = Table(
    "schedule_rules",
    metadata,
    _id(),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False),
    Column("opens", Time, nullable=False),
    Column("closes", Time, nullable=False),
    Column("weekdays", String(7), nullable=False),  # digits, 0 is Monday
    Column("parity", String, nullable=False, server_default="any"),
    Column("every_weeks", Integer, nullable=False, server_default="1"),
    Column("week", Integer, nullable=False, server_default="0"),
    Column("since", Date),
    Column("until", Date),
    Column("minutes", Integer),
    Column("kind", String),
    Column("channels", ChannelSet),
    _index("schedule_rules_doctor", "doctor_id"),
)

day_overrides = Table(
    "day_overrides",
    metadata,
    Column("doctor_id", ForeignKey("doctors.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("hours", String, nullable=False),  # 09:00-14:00, several by commas, empty for nothing
)

absences = Table(
    "absences",
    metadata,
    _id(),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=False),
    # The same days as moments, which slots can be compared with in any database.
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("reason", String),
    _index("absences_doctor", "doctor_id", "ends_at"),
)

slots = Table(
    "slots",
    metadata,
    _id(),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False),
    Column("speciality", ForeignKey("specialities.key"), nullable=False),
    Column("kind", String, nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False),
    Column("channels", ChannelSet, nullable=False),
    Column("room", String, nullable=False),
    Column("release_at", Utc),
    Column("for_patient_id", ForeignKey("patients.id")),
    Column("state", String, nullable=False, server_default="FREE"),
    Column("held_by", String),
    Column("held_until", Utc),
    Column("extra", Boolean, nullable=False, server_default=false()),
    Column("far_id", String),
    UniqueConstraint("doctor_id", "starts_at"),
    CheckConstraint("starts_at < ends_at", name="lasts"),
    CheckConstraint("state IN ('FREE', 'BOOKED', 'CLOSED')", name="state"),
    # A booked slot leaves the index: the search reads only what can be offered, in the order of time.
    _index("slots_free", "speciality", "kind", "starts_at", where="state = 'FREE'"),
    _index("slots_free_of_doctor", "doctor_id", "kind", "starts_at", where="state = 'FREE'"),
    _index("slots_held", "held_by", where="held_by IS NOT NULL"),
    _index("slots_far", "far_id", where="far_id IS NOT NULL", unique=True),
    _index("slots_for_patient", "for_patient_id", where="for_patient_id IS NOT NULL"),
)

bookings = Table(
    "bookings",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("ticket", String, nullable=False, unique=True),
    Column("slot_id", ForeignKey("slots.id"), nullable=False),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("speciality", ForeignKey("specialities.key"), nullable=False),
    Column("purpose", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("call_key", String),
    Column("contact", String(16)),
    Column("referral_number", String),
    Column("replaces_id", ForeignKey("bookings.id")),
    Column("closed_at", Utc),
    Column("closed_key", String),
    Column("close_reason", String),
    Column("overrides", String),
    Column("override_reason", String),
    Column("far_id", String),
    _index(
        "bookings_one_of_slot",
        "slot_id",
        where="status IN ('PENDING', 'BOOKED', 'PASSED', 'VISITED', 'NO_SHOW')",
        unique=True,
    ),
    # What is being moved stands until the new visit does.
    _index(
        "bookings_one_of_speciality",
        "patient_id",
        "speciality",
        where="status = 'BOOKED' OR (status = 'PENDING' AND replaces_id IS NULL)",
        unique=True,
    ),
    _index("bookings_one_move", "replaces_id", where="status = 'PENDING'", unique=True),
    _index("bookings_far", "far_id", where="far_id IS NOT NULL", unique=True),
    _index("bookings_patient", "patient_id"),
    _index("bookings_call", "call_key"),
    _index("bookings_made", "created_at"),
)

referrals = Table(
    "referrals",
    metadata,
    _id(),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("number", String, nullable=False),
    Column("speciality", ForeignKey("specialities.key"), nullable=False),
    Column("doctor_id", ForeignKey("doctors.id")),
    Column("valid_until", Date, nullable=False),
    Column("used_by", ForeignKey("bookings.id")),
    UniqueConstraint("patient_id", "number"),
)

follow_ups = Table(
    "follow_ups",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("visit_id", ForeignKey("bookings.id"), nullable=False),
    Column("doctor_id", ForeignKey("doctors.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("booking_id", ForeignKey("bookings.id")),
    Column("slot_id", ForeignKey("slots.id")),
    Column("entry_id", ForeignKey("waiting_entries.id")),
    Column("referral_id", ForeignKey("referrals.id")),
    Column("undone_at", Utc),
    _index("follow_ups_visit", "visit_id"),
    _index("follow_ups_slot", "slot_id", where="slot_id IS NOT NULL"),
)

waiting_entries = Table(
    "waiting_entries",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("speciality", ForeignKey("specialities.key"), nullable=False),
    Column("doctor_id", ForeignKey("doctors.id")),
    Column("part_of_day", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("status", String, nullable=False),
    Column("entered_at", Utc, nullable=False),
    Column("deadline", Utc, nullable=False),
    Column("window_until", Date, nullable=False),
    Column("priority", Boolean, nullable=False, server_default=false()),
    Column("declined", Integer, nullable=False, server_default="0"),
    Column("no_answer", Integer, nullable=False, server_default="0"),
    Column("contact", String(16)),
    Column("closed_at", Utc),
    _index(
        "waiting_entries_one_open",
        "patient_id",
        "speciality",
        where="status IN ('NEW', 'ACTIVE', 'OFFERED', 'ESCALATED')",
        unique=True,
    ),
    _index("waiting_entries_queue", "speciality", "deadline", where="status IN ('NEW', 'ACTIVE', 'ESCALATED')"),
)

tasks = Table(
    "tasks",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("status", String, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("booking_id", ForeignKey("bookings.id")),
    Column("slot_id", ForeignKey("slots.id")),
    Column("entry_id", ForeignKey("waiting_entries.id")),
    Column("patient_id", ForeignKey("patients.id")),
    Column("call_key", String),
    Column("phone", String(16)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_by", String),
    Column("leased_until", Utc),
    Column("payload", JSON, nullable=False),
    Column("result", String),
    Column("note", String),
    Column("done_by", String),
    Column("done_at", Utc),
    Column("tried_at", Utc),
    Column("not_before", Utc),
    Column("robot", Boolean, nullable=False, server_default=false()),
    Column("until", Utc),
    Column("offer_id", ForeignKey("slot_offers.id")),
    _index("tasks_entry", "entry_id", where="entry_id IS NOT NULL"),
    _index("tasks_due", "owner", "due_at", where="status = 'OPEN'"),
    _index("tasks_booking", "booking_id", where="booking_id IS NOT NULL"),
    _index("tasks_robot", "due_at", where="status = 'OPEN' AND robot"),
)

slot_offers = Table(
    "slot_offers",
    metadata,
    _id(),
    Column("slot_id", ForeignKey("slots.id"), nullable=False),
    Column("entry_id", ForeignKey("waiting_entries.id"), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("status", String, nullable=False),
    Column("ended_at", Utc),
    _index("slot_offers_one_of_slot", "slot_id", where="status = 'OPEN'", unique=True),
    _index("slot_offers_one_of_entry", "entry_id", where="status = 'OPEN'", unique=True),
    _index("slot_offers_slot", "slot_id"),
)

# A row is there before the telephone rings: an attempt that has one is never made again.
dial_attempts = Table(
    "dial_attempts",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("phone", String(16), nullable=False),
    Column("node", String, nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("leased_until", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("ended_at", Utc),
    Column("outcome", String),
    Column("result", String),
    Column("cause", Integer),
    Column("tech_cause", String),
    Column("person_id", ForeignKey("patients.id")),
    UniqueConstraint("task_id", "number"),
    _index("dial_attempts_one_of_phone", "phone", where="ended_at IS NULL", unique=True),
    _index("dial_attempts_one_of_person", "person_id", where="ended_at IS NULL", unique=True),
    _index("dial_attempts_begun", "begun_at"),
)

# What is said is made of the facts when it is sent: neither a name nor a diagnosis lies here.
notices = Table(
    "notices",
    metadata,
    _id(),
    Column("key", String, nullable=False, unique=True),
    Column("kind", String, nullable=False),
    Column("method", String, nullable=False),
    Column("address", String, nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("patient_id", ForeignKey("patients.id")),
    Column("booking_id", ForeignKey("bookings.id")),
    Column("task_id", ForeignKey("tasks.id")),
    Column("facts", JSON, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Utc),
    Column("provider_id", String),
    Column("sent_at", Utc),
    Column("settled_at", Utc),
    Column("problem", String),
    _index("notices_due", "due_at", where="status = 'WAITING'"),
    _index("notices_provider", "provider_id", where="provider_id IS NOT NULL"),
    _index("notices_booking", "booking_id", where="booking_id IS NOT NULL"),
)

# What the regional system is asked to do; written with the visit, so that no crash forgets it.
errands = Table(
    "errands",
    metadata,
    _id(),
    Column("kind", String, nullable=False),
    Column("booking_id", ForeignKey("bookings.id"), nullable=False),
    Column("session", String(36), nullable=False),
    Column("status", String, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc, nullable=False),
    Column("leased_until", Utc),
    Column("sent", Integer, nullable=False),
    Column("unknown_since", Utc),
    Column("problem", String),
    Column("key", String, nullable=False),
    Column("call_key", String, nullable=False),
    Column("by", String),
    Column("clinic_reason", String),
    UniqueConstraint("booking_id", "kind"),
    _index("errands_due", "due_at", where="status = 'OPEN'"),
)

# When the regional system was last asked for the slots of a speciality, and for whom.
far_looks = Table(
    "far_looks",
    metadata,
    Column("speciality", ForeignKey("specialities.key"), primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), primary_key=True),
    Column("looked_at", Utc, nullable=False),
)

# What it last showed to him; a slot that is removed here was shown to nobody.
far_shown = Table(
    "far_shown",
    metadata,
    Column("patient_id", ForeignKey("patients.id"), primary_key=True),
    Column("slot_id", ForeignKey("slots.id", ondelete="CASCADE"), primary_key=True),
    Column("shown_at", Utc, nullable=False),
    _index("far_shown_slot", "slot_id"),
    _index("far_shown_at", "shown_at"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("phone", String(16), primary_key=True),
    Column("at", Utc, nullable=False),
    Column("channel", String, nullable=False),
    Column("call_key", String),
)

# A ledger: triggers of the migration refuse to change or delete a row.
consents = Table(
    "consents",
    metadata,
    _id(),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("booking_id", ForeignKey("bookings.id")),
    Column("purpose", String, nullable=False),
    Column("given", Boolean, nullable=False),
    Column("method", String, nullable=False),
    Column("phone", String(16)),
    Column("email", String),
    Column("channel", String, nullable=False, server_default="CC"),
    Column("proof", String),
    Column("wording", String, nullable=False),
    Column("call_key", String),
    Column("at", Utc, nullable=False),
    Column("noted_by", String),
    Column("withdraws", ForeignKey("consents.id")),
    _index("consents_patient", "patient_id", "booking_id", "purpose", "at"),
    _index("consents_at", "at"),
    _index("consents_one_withdrawal", "withdraws", where="withdraws IS NOT NULL", unique=True),
)

# What a version said, for whoever has to prove years later what was agreed to.
consent_wordings = Table(
    "consent_wordings",
    metadata,
    Column("version", String, primary_key=True),
    Column("purpose", String, primary_key=True),
    Column("text", String, nullable=False),
    Column("since", Utc, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_key", String, primary_key=True),
    Column("caller", String(16)),
    Column("line", String, nullable=False),
    Column("node", String, nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("outcome", String),
    Column("detail", String),
    Column("ended_at", Utc),
    Column("resumed_at", Utc),
    _index("calls_caller", "caller", "begun_at"),
    _index("calls_begun", "begun_at"),
    _index("calls_running", "node", where="ended_at IS NULL"),
)

# No foreign key to calls: a call that began while the database was down still has a journal.
steps = Table(
    "steps",
    metadata,
    _id(),
    Column("call_key", String, nullable=False),
    Column("step", String, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("waited_ms", Integer, nullable=False),
    Column("wording", String, nullable=False),
    Column("at", Utc, nullable=False),
    _index("steps_call", "call_key"),
)

# Who tried, never what was tried: of a number that another system tries again and again there is a digest (4.2).
failed_identifications = Table(
    "failed_identifications",
    metadata,
    _id(),
    Column("caller", String(16), nullable=False),
    Column("at", Utc, nullable=False),
    _index("failed_identifications_caller", "caller", "at"),
)

audit = Table(
    "audit",
    metadata,
    _id(),
    Column("at", Utc, nullable=False),
    Column("who", String, nullable=False),
    Column("action", String, nullable=False),
    Column("detail", JSON, nullable=False),
    _index("audit_at", "at"),
)

users = Table(
    "users",
    metadata,
    _id(),
    Column("login", String(40), nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),
    Column("must_change", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("failed", Integer, nullable=False, server_default="0"),
    Column("locked_until", Utc),
    Column("created_at", Utc, nullable=False),
    Column("doctor_id", ForeignKey("doctors.id")),
)

# The token itself is only in the browser: who reads the table cannot log in with it.
web_sessions = Table(
    "web_sessions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("ended_at", Utc),
    _index("web_sessions_live", "user_id", where="ended_at IS NULL"),
)

# What pages show and other processes change; read a few times a second, forgotten soon.
changes = Table(
    "changes",
    metadata,
    _id(),
    Column("kind", String, nullable=False),
    Column("ref", String, nullable=False),
)

# No foreign key to calls: a caller may be queued while the database is down.
operator_calls = Table(
    "operator_calls",
    metadata,
    _id(),
    Column("call_key", String, nullable=False),
    Column("user_id", ForeignKey("users.id")),
    Column("outcome", String, nullable=False),
    Column("rang_at", Utc, nullable=False),
    Column("waited_s", Integer, nullable=False, server_default="0"),
    Column("answered_at", Utc),
    Column("ended_at", Utc),
    Column("wrapped_at", Utc),
    Column("result", String),
    Column("note", String),
    _index("operator_calls_call", "call_key"),
    _index("operator_calls_user", "user_id", "rang_at"),
    _index("operator_calls_time", "rang_at"),
)

operator_states = Table(
    "operator_states",
    metadata,
    _id(),
    Column("user_id", ForeignKey("users.id"), nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
    _index("operator_states_user", "user_id", "since"),
    _index("operator_states_open", "user_id", where="until IS NULL", unique=True),
)

recordings = Table(
    "recordings",
    metadata,
    _id(),
    Column("call_key", String, nullable=False),
    Column("part", Integer, nullable=False),
    Column("phone", String, nullable=False),
    Column("file", String, nullable=False),
    Column("begun_at", Utc, nullable=False),
    Column("seconds", Integer),
    Column("removed_at", Utc),
    UniqueConstraint("call_key", "part"),
    _index("recordings_time", "begun_at"),
)

run_settings = Table(
    "run_settings",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", JSON, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("changed_at", Utc, nullable=False),
)

# Sessions of the state portal (EPGU), opened by whoever calls the federal service; any process of the site serves them.
portal_sessions = Table(
    "portal_sessions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("subject", String, nullable=False),
    Column("contact", String(16)),
    Column("email", String),
    Column("until", Utc, nullable=False),
    _index("portal_sessions_until", "until"),
)

# Other systems. The token is only with them: who reads the table cannot speak in their name.
clients = Table(
    "clients",
    metadata,
    _id(),
    Column("name", String(60), nullable=False, unique=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("channel", String, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("hosts", JSON, nullable=False),
    Column("per_minute", Integer, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("revoked_at", Utc),
)

# Whom a client has named by number and birth date; nobody else is there for it.
client_patients = Table(
    "client_patients",
    metadata,
    Column("client_id", ForeignKey("clients.id"), primary_key=True),
    Column("patient_id", ForeignKey("patients.id"), primary_key=True),
    Column("told", Boolean, nullable=False),
    Column("until", Utc, nullable=False),
)

# A repeat of a command is answered as the first one was.
client_commands = Table(
    "client_commands",
    metadata,
    Column("client_id", ForeignKey("clients.id"), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("status", Integer),
    Column("body", JSON),
    _index("client_commands_sent", "sent_at"),
)

# What other systems are told: ids alone, never a name or a speciality (4.2).
events = Table(
    "events",
    metadata,
    _id(),
    Column("kind", String, nullable=False),
    Column("at", Utc, nullable=False),
    Column("client_id", ForeignKey("clients.id")),  # through whom the visit or the entry was made
    Column("facts", JSON, nullable=False),
    _index("events_client", "client_id", "id"),
)

# The secret is stored as it is: each message is signed with it.
subscriptions = Table(
    "subscriptions",
    metadata,
    _id(),
    Column("client_id", ForeignKey("clients.id"), nullable=False),
    Column("key", String(255), nullable=False),
    Column("url", String, nullable=False),
    Column("secret", String, nullable=False),
    Column("kinds", JSON, nullable=False),  # empty: all
    Column("created_at", Utc, nullable=False),
    Column("ended_at", Utc),
    Column("failures", Integer, nullable=False, server_default="0"),  # since the last success
    Column("rests_until", Utc),
    Column("problem", String),
    UniqueConstraint("client_id", "key"),
)

# A row for each subscriber, made in the transaction of the event: none is missed, whoever commits first.
deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    Column("event_id", ForeignKey("events.id"), nullable=False),
    Column("subscription_id", ForeignKey("subscriptions.id"), nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", Utc),
    Column("expires_at", Utc, nullable=False),
    Column("settled_at", Utc),
    UniqueConstraint("event_id", "subscription_id"),
    _index("deliveries_waiting", "subscription_id", "id", where="status = 'WAITING'"),
)

# Kiosks (infomats): machines that were let in by a pass. Of pass and cookie only digests are kept.
kiosks = Table(
    "kiosks",
    metadata,
    _id(),
    Column("name", String, nullable=False, unique=True),
    Column("pass_digest", String(64), unique=True),
    Column("pass_until", Utc),
    Column("device_digest", String(64), unique=True),
    Column("made_at", Utc, nullable=False),
    Column("admitted_at", Utc),
    Column("revoked_at", Utc),
)

# Who stands before a kiosk now: one row at most for each, gone when he goes.
kiosk_visits = Table(
    "kiosk_visits",
    metadata,
    Column("kiosk_id", ForeignKey("kiosks.id"), primary_key=True),
    Column("id", String(32), nullable=False),
    Column("patient_id", ForeignKey("patients.id"), nullable=False),
    Column("seen_at", Utc, nullable=False),
    Column("booking_id", ForeignKey("bookings.id")),
)
