"""The first form of the database."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_pkey")),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_table(
        "calls",
        sa.Column("call_key", sa.String(), nullable=False),
        sa.Column("caller", sa.String(length=16), nullable=True),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("call_key", name=op.f("calls_pkey")),
    )
    op.create_index("calls_caller", "calls", ["caller", "begun_at"])
    op.create_index(
        "calls_running",
        "calls",
        ["node"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "failed_identifications",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("caller", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("failed_identifications_pkey")),
    )
    op.create_index("failed_identifications_caller", "failed_identifications", ["caller", "at"])
    op.create_table(
        "specialities",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("access", sa.String(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("age_from", sa.Integer(), server_default="0", nullable=False),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("sex", sa.String(), nullable=True),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("district", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("post_code", sa.String(), nullable=True),
        sa.Column("horizon_days", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("specialities_pkey")),
    )
    op.create_table(
        "steps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("call_key", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("waited_ms", sa.Integer(), nullable=False),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("steps_pkey")),
    )
    op.create_index("steps_call", "steps", ["call_key"])
    op.create_table(
        "doctors",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=True),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(["speciality"], ["specialities.key"], name=op.f("doctors_speciality_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("doctors_pkey")),
        sa.UniqueConstraint("code", name=op.f("doctors_code_key")),
    )
    op.create_index("doctors_speciality", "doctors", ["speciality"])
    op.create_table(
        "absences",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("absences_doctor_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("absences_pkey")),
    )
    op.create_index("absences_doctor", "absences", ["doctor_id", "ends_at"])
    op.create_table(
        "day_overrides",
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hours", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("day_overrides_doctor_id_fkey")),
        sa.PrimaryKeyConstraint("doctor_id", "day", name=op.f("day_overrides_pkey")),
    )
    op.create_table(
        "patients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=True),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=False),
        sa.Column("oms", sa.String(length=16), nullable=True),
        sa.Column("snils", sa.String(length=11), nullable=True),
        sa.Column("certificate", sa.String(length=9), nullable=True),
        sa.Column("certificate_until", sa.Date(), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("attached", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("district_doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "oms IS NOT NULL OR snils IS NOT NULL OR certificate IS NOT NULL", name=op.f("patients_numbered_check")
        ),
        sa.ForeignKeyConstraint(["district_doctor_id"], ["doctors.id"], name=op.f("patients_district_doctor_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("patients_pkey")),
        sa.UniqueConstraint("certificate", name=op.f("patients_certificate_key")),
        sa.UniqueConstraint("oms", name=op.f("patients_oms_key")),
        sa.UniqueConstraint("snils", name=op.f("patients_snils_key")),
    )
    op.create_table(
        "schedule_rules",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("parity", sa.String(), server_default="any", nullable=False),
        sa.Column("every_weeks", sa.Integer(), server_default="1", nullable=False),
        sa.Column("week", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("schedule_rules_doctor_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("schedule_rules_pkey")),
    )
    op.create_index("schedule_rules_doctor", "schedule_rules", ["doctor_id"])
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("wording", sa.String(), nullable=False),
        sa.Column("call_key", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("consents_patient_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("consents_pkey")),
    )
    op.create_index("consents_patient", "consents", ["patient_id", "purpose", "at"])
    op.create_table(
        "representatives",
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("representative_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint("patient_id <> representative_id", name=op.f("representatives_another_person_check")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("representatives_patient_id_fkey")),
        sa.ForeignKeyConstraint(
            ["representative_id"], ["patients.id"], name=op.f("representatives_representative_id_fkey")
        ),
        sa.PrimaryKeyConstraint("patient_id", "representative_id", name=op.f("representatives_pkey")),
    )
    op.create_table(
        "slots",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("for_patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), server_default="FREE", nullable=False),
        sa.Column("held_by", sa.String(), nullable=True),
        sa.Column("held_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('FREE', 'BOOKED', 'CLOSED')", name=op.f("slots_state_check")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("slots_lasts_check")),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("slots_doctor_id_fkey")),
        sa.ForeignKeyConstraint(["for_patient_id"], ["patients.id"], name=op.f("slots_for_patient_id_fkey")),
        sa.ForeignKeyConstraint(["speciality"], ["specialities.key"], name=op.f("slots_speciality_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("slots_pkey")),
        sa.UniqueConstraint("doctor_id", "starts_at", name=op.f("slots_doctor_id_starts_at_key")),
    )
    op.create_index(
        "slots_for_patient",
        "slots",
        ["for_patient_id"],
        sqlite_where=sa.text("for_patient_id IS NOT NULL"),
        postgresql_where=sa.text("for_patient_id IS NOT NULL"),
    )
    op.create_index(
        "slots_free",
        "slots",
        ["speciality", "kind", "starts_at"],
        sqlite_where=sa.text("state = 'FREE'"),
        postgresql_where=sa.text("state = 'FREE'"),
    )
    op.create_index(
        "slots_free_of_doctor",
        "slots",
        ["doctor_id", "kind", "starts_at"],
        sqlite_where=sa.text("state = 'FREE'"),
        postgresql_where=sa.text("state = 'FREE'"),
    )
    op.create_index(
        "slots_held",
        "slots",
        ["held_by"],
        sqlite_where=sa.text("held_by IS NOT NULL"),
        postgresql_where=sa.text("held_by IS NOT NULL"),
    )
    op.create_table(
        "waiting_entries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("part_of_day", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_until", sa.Date(), nullable=False),
        sa.Column("priority", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("declined", sa.Integer(), server_default="0", nullable=False),
        sa.Column("no_answer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("contact", sa.String(length=16), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("waiting_entries_doctor_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("waiting_entries_patient_id_fkey")),
        sa.ForeignKeyConstraint(["speciality"], ["specialities.key"], name=op.f("waiting_entries_speciality_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("waiting_entries_pkey")),
        sa.UniqueConstraint("key", name=op.f("waiting_entries_key_key")),
    )
    op.create_index(
        "waiting_entries_one_open",
        "waiting_entries",
        ["patient_id", "speciality"],
        unique=True,
        sqlite_where=sa.text("status IN ('NEW', 'ACTIVE', 'OFFERED', 'ESCALATED')"),
        postgresql_where=sa.text("status IN ('NEW', 'ACTIVE', 'OFFERED', 'ESCALATED')"),
    )
    op.create_index(
        "waiting_entries_queue",
        "waiting_entries",
        ["speciality", "deadline"],
        sqlite_where=sa.text("status IN ('NEW', 'ACTIVE', 'ESCALATED')"),
        postgresql_where=sa.text("status IN ('NEW', 'ACTIVE', 'ESCALATED')"),
    )
    op.create_table(
        "bookings",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=False),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("call_key", sa.String(), nullable=True),
        sa.Column("contact", sa.String(length=16), nullable=True),
        sa.Column("referral_number", sa.String(), nullable=True),
        sa.Column("replaces_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_key", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("bookings_patient_id_fkey")),
        sa.ForeignKeyConstraint(["replaces_id"], ["bookings.id"], name=op.f("bookings_replaces_id_fkey")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("bookings_slot_id_fkey")),
        sa.ForeignKeyConstraint(["speciality"], ["specialities.key"], name=op.f("bookings_speciality_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("bookings_pkey")),
        sa.UniqueConstraint("key", name=op.f("bookings_key_key")),
        sa.UniqueConstraint("ticket", name=op.f("bookings_ticket_key")),
    )
    op.create_index(
        "bookings_one_of_slot",
        "bookings",
        ["slot_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('BOOKED', 'PASSED', 'VISITED', 'NO_SHOW')"),
        postgresql_where=sa.text("status IN ('BOOKED', 'PASSED', 'VISITED', 'NO_SHOW')"),
    )
    op.create_index(
        "bookings_one_of_speciality",
        "bookings",
        ["patient_id", "speciality"],
        unique=True,
        sqlite_where=sa.text("status = 'BOOKED'"),
        postgresql_where=sa.text("status = 'BOOKED'"),
    )
    op.create_index("bookings_patient", "bookings", ["patient_id"])
    op.create_table(
        "referrals",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("doctor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("used_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctors.id"], name=op.f("referrals_doctor_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("referrals_patient_id_fkey")),
        sa.ForeignKeyConstraint(["speciality"], ["specialities.key"], name=op.f("referrals_speciality_fkey")),
        sa.ForeignKeyConstraint(["used_by"], ["bookings.id"], name=op.f("referrals_used_by_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("referrals_pkey")),
        sa.UniqueConstraint("patient_id", "number", name=op.f("referrals_patient_id_number_key")),
    )
    op.create_table(
        "tasks",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booking_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("slot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("patient_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("call_key", sa.String(), nullable=True),
        sa.Column("phone", sa.String(length=16), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("leased_by", sa.String(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["bookings.id"], name=op.f("tasks_booking_id_fkey")),
        sa.ForeignKeyConstraint(["entry_id"], ["waiting_entries.id"], name=op.f("tasks_entry_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f("tasks_patient_id_fkey")),
        sa.ForeignKeyConstraint(["slot_id"], ["slots.id"], name=op.f("tasks_slot_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("tasks_pkey")),
        sa.UniqueConstraint("key", name=op.f("tasks_key_key")),
    )
    op.create_index(
        "tasks_booking",
        "tasks",
        ["booking_id"],
        sqlite_where=sa.text("booking_id IS NOT NULL"),
        postgresql_where=sa.text("booking_id IS NOT NULL"),
    )
    op.create_index(
        "tasks_due",
        "tasks",
        ["owner", "due_at"],
        sqlite_where=sa.text("status = 'OPEN'"),
        postgresql_where=sa.text("status = 'OPEN'"),
    )


def downgrade() -> None:
    op.drop_table("tasks")
    op.drop_table("referrals")
    op.drop_table("bookings")
    op.drop_table("waiting_entries")
    op.drop_table("slots")
    op.drop_table("representatives")
    op.drop_table("consents")
    op.drop_table("schedule_rules")
    op.drop_table("patients")
    op.drop_table("day_overrides")
    op.drop_table("absences")
    op.drop_table("doctors")
    op.drop_table("steps")
    op.drop_table("specialities")
    op.drop_table("failed_identifications")
    op.drop_table("calls")
    op.drop_table("audit")
