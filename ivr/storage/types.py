"""Column types that cannot store a wrong value: moments in UTC, sets of channels."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

from ivr.domain.slot import Channel

Id = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only in an INTEGER column."""


class Utc(TypeDecorator[datetime]):
    """A moment: only aware datetimes go in, only UTC comes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored moment needs a time zone: {value!r}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ChannelSet(TypeDecorator[frozenset[Channel]]):
    """Channels as bits of a number, so that one column can be asked for any of them."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any | None, dialect: Dialect) -> int | None:
        return None if value is None else sum(bit_of(channel) for channel in value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> frozenset[Channel] | None:
        return None if value is None else frozenset(channel for channel in Channel if value & bit_of(channel))


# The order of this list is stored in every database: append only.
_BITS = (Channel.CC, Channel.REG, Channel.EPGU, Channel.INFOMAT, Channel.MED_ARM, Channel.OTHER)


def bit_of(channel: Channel) -> int:
    return 1 << _BITS.index(channel)
