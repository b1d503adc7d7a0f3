"""Transcripts of a hospital whose schedule the regional system keeps: a far end on loopback that may misbehave."""

from typing import Any

from sqlalchemy import select, update

from ivr.services import errands
from ivr.storage import tables
from ivr.storage.work import SqlWork
from tests.regional.far_end import FarEnd
from tests.regional.near import region_at


async def region(world: Any, caller: Any, speciality: str) -> None:
    """What is free of that speciality is free in the regional system, and nowhere else."""
    world.far = FarEnd()
    _hand_over(world, speciality)
    world.far.start()
    region = region_at(world.far.url, lambda: world.clock)
    world.new_work = lambda: SqlWork(world.engine, region)
    world.closing += [region.close, world.far.stop]
    # While a caller waits for the result, the telephone program goes on with what it does not know.
    world.before["result_of"] = [
        lambda *_: errands.settle(world.new_work(), rules=world.rules, now=world.clock),
    ]


async def region_will(world: Any, caller: Any, said: str) -> None:
    """`CreateAppointment drop_after`: how it misbehaves, one word for each time it is asked."""
    operation, *words = said.split()
    world.far.will(operation, *words)


async def region_rival(world: Any, caller: Any, use_case: str) -> None:
    """Just before our first booking somebody else takes that very slot there."""
    once = iter([True])

    def takes(command: Any) -> None:
        if next(once, False):
            with world.engine.connect() as connection:
                far_id = select(tables.slots.c.far_id).where(tables.slots.c.id == command.slot_id)
                world.far.taken_by_others(connection.execute(far_id).scalar_one())

    world.before["book"] = [takes]


async def region_down(world: Any, caller: Any, use_case: str) -> None:
    """It is gone before that use case, or from the beginning."""
    if not use_case:
        world.far.stop()
        return
    world.before[use_case] = [lambda *_: world.far.stop()]


def _hand_over(world: Any, speciality: str) -> None:
    slots, doctors, posts = tables.slots.c, tables.doctors.c, tables.specialities.c
    free = (slots.speciality == speciality) & (slots.state == "FREE") & (slots.kind == "PRIMARY")
    chosen = (
        select(slots.starts_at, slots.room, doctors.snils, doctors.surname, posts.post_code)
        .where(free, doctors.id == slots.doctor_id, posts.key == slots.speciality)
        .order_by(slots.starts_at, slots.id)
    )
    with world.engine.begin() as connection:
        for row in connection.execute(chosen).all():
            world.far.slot(row.starts_at, row.snils, row.post_code, room=row.room, surname=row.surname)
        connection.execute(update(tables.slots).where(free).values(state="CLOSED"))


STATES = {
    "region": region,
    "region_will": region_will,
    "region_rival": region_rival,
    "region_down": region_down,
}
