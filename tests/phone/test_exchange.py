"""The operators' desk and a real Asterisk: telephones made and removed, the queue led, what happens told."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

import pytest

from ivr.phone.ami import Ami, AmiRefused
from ivr.phone.exchange import AmiExchange
from ivr.services.exchange import (
    Abandoned,
    Answered,
    Connected,
    Ended,
    ExchangeDown,
    Lost,
    Missed,
    NobodyTalks,
    QueueChanged,
    Ringing,
    SpyMode,
    Withdrawn,
)
from tests.asterisk import phone_config, running_asterisk
from tests.phone.browser_phone import BrowserPhone
from tests.phone.desk_watch import DeskWatch
from tests.phone.far_phone import FarPhone, until

pytestmark = pytest.mark.xdist_group("exchange")
QUEUE = "s@ivr-operators"
BRIDGED = re.compile(r" 2 basic ")


def now():
    return datetime.now(UTC)


@pytest.fixture
async def operator(asterisk, exchange, phone):
    """operator(user_id, ready=True): a registered telephone in the queue; `phone` ends all calls afterwards."""
    async with contextlib.AsyncExitStack() as ends:

        async def at_work(user_id, *, ready=True):
            login = await asyncio.to_thread(exchange.open_phone, user_id)
            telephone = await ends.enter_async_context(BrowserPhone.connected(asterisk, login.phone))
            assert await telephone.register(login) == 200
            await asyncio.to_thread(exchange.join, login.phone, reason="login")
            if ready:
                await asyncio.to_thread(exchange.ready, login.phone)
            return telephone

        yield at_work
        for name in ("op1", "op2", "op3", "op12"):
            await asyncio.to_thread(exchange.close_phone, name)


# --- telephones


async def test_a_telephone_is_made_for_a_user_and_removed_again(asterisk, exchange):
    login = await asyncio.to_thread(exchange.open_phone, 5)
    async with BrowserPhone.connected(asterisk, "op5") as telephone:
        assert (login.phone, login.number) == ("op5", "705")
        assert await telephone.register(login) == 200

        await asyncio.to_thread(exchange.close_phone, "op5")
        assert await telephone.register(login) == 401


async def test_a_new_password_replaces_the_old_one(asterisk, exchange):
    old = await asyncio.to_thread(exchange.open_phone, 5)
    new = await asyncio.to_thread(exchange.open_phone, 5)
    async with BrowserPhone.connected(asterisk, "op5") as telephone:
        assert await telephone.register(old) == 401
        assert await telephone.register(new) == 200
    await asyncio.to_thread(exchange.close_phone, "op5")


async def test_telephones_of_an_earlier_session_are_swept_away(asterisk, exchange, watch):
    login = await asyncio.to_thread(exchange.open_phone, 5)
    await asyncio.to_thread(exchange.join, "op5", reason="login")

    second, later = AmiExchange(asterisk.config, now), DeskWatch()
    await asyncio.to_thread(second.start, later.tell)
    await later.first(Connected)

    assert (await asyncio.to_thread(second.state)).members == ()
    async with BrowserPhone.connected(asterisk, "op5") as telephone:
        assert await telephone.register(login) == 401
    await asyncio.to_thread(second.close)


@pytest.mark.parametrize("name", ["patient", "op", "op1,x", "op1\r\nAction: Command", "../op1", "op01"])
def test_no_other_name_reaches_asterisk(name, tmp_path):
    exchange = AmiExchange(phone_config(tmp_path), now)

    for ask in (exchange.close_phone, exchange.ready, exchange.leave, partial(exchange.join, reason="x")):
        with pytest.raises(ValueError, match="no telephone of an operator"):
            ask(name)


# --- the queue


async def test_a_member_comes_paused_gets_ready_takes_a_break_and_leaves(exchange, operator, watch):
    await operator(1, ready=False)
    [member] = (await watch.queue(lambda state: state.members and state.members[0].reason == "login")).members
    assert (member.phone, member.paused, member.device) == ("op1", True, "idle")

    await asyncio.to_thread(exchange.ready, "op1")
    await watch.queue(lambda state: state.members and not state.members[0].paused)
    await asyncio.to_thread(exchange.join, "op1", reason="login")
    assert not (await asyncio.to_thread(exchange.state)).members[0].paused
    await asyncio.to_thread(exchange.pause, "op1", "обед")
    await watch.queue(lambda state: state.members[0].paused and state.members[0].reason == "обед")
    await asyncio.to_thread(exchange.leave, "op1")
    await watch.queue(lambda state: not state.members)


async def test_one_who_is_not_in_the_queue_cannot_get_ready(exchange):
    with pytest.raises(ExchangeDown, match="op9 is not in the queue"):
        await asyncio.to_thread(exchange.ready, "op9")


async def test_a_caller_who_waits_is_shown_with_his_key_and_his_place(exchange, operator, phone, watch):
    await operator(1)
    await phone.call(to=QUEUE)

    [waiting] = (await watch.queue(lambda state: state.waiting)).waiting
    ringing = await watch.first(Ringing)
    assert (waiting.call_key, waiting.position, waiting.urgent) == (ringing.call_key, 1, False)
    assert abs((waiting.since - now()).total_seconds()) < 5
    await phone.hang_up()
    await watch.queue(lambda state: not state.waiting)


async def test_one_in_danger_is_shown_as_urgent(exchange, operator, phone, watch, answer_calls):
    async def in_danger(line, caller, key):
        await line.transfer(urgent=True)

    await operator(1)
    await answer_calls(in_danger)
    await phone.call()

    assert (await watch.queue(lambda state: state.waiting)).waiting[0].urgent


async def test_the_queue_is_not_told_more_than_five_times_a_second(exchange, operator, watch):
    await operator(1)
    for _ in range(20):
        await asyncio.to_thread(exchange.pause, "op1", "x")
        await asyncio.to_thread(exchange.ready, "op1")
    await watch.queue(lambda state: state.members and not state.members[0].paused)

    at = [when for event, when in zip(watch.told, watch.at, strict=True) if isinstance(event, QueueChanged)]
    assert min(b - a for a, b in pairwise(at)) > 0.19


# --- calls


async def test_a_call_rings_is_answered_and_ends(exchange, operator, phone, watch):
    telephone = await operator(1)
    await phone.call(to=QUEUE)

    leg = await telephone.rings()
    ringing = await watch.first(Ringing)
    assert leg.invite.headers["x-call-key"] == ringing.call_key
    await telephone.answer(leg)
    answered = await watch.first(Answered)
    await leg.hang_up()
    ended = await watch.first(Ended)

    assert {event.phone for event in (ringing, answered, ended)} == {"op1"}
    assert {event.call_key for event in (ringing, answered, ended)} == {ringing.call_key}
    assert not ended.transferred


async def test_a_caller_who_hangs_up_ends_the_talk(exchange, operator, phone, watch):
    telephone = await operator(1)
    await phone.call(to=QUEUE)
    await telephone.answer(await telephone.rings())
    await watch.first(Answered)

    await phone.hang_up()

    assert not (await watch.first(Ended)).transferred


async def the_caller_goes(phone):
    """He alone: a hang-up of all channels might reach the operator's before his."""
    channels = (await phone.cli("core show channels concise")).splitlines()
    [caller] = [name for name in (line.split("!")[0] for line in channels) if re.fullmatch(r"Local/.*;1", name)]
    await phone.cli(f"channel request hangup {caller}")


async def test_one_who_does_not_take_a_call_is_paused_and_another_is_rung(exchange, operator, phone, watch):
    first, second = await operator(1), await operator(2)
    await phone.call(to=QUEUE)
    ringing = await watch.first(Ringing)
    rung, other = (first, second) if ringing.phone == "op1" else (second, first)
    await rung.reject(await rung.rings())

    missed = await watch.first(Missed)
    assert (missed.phone, missed.call_key) == (ringing.phone, ringing.call_key)
    await other.rings()
    await watch.queue(
        lambda state: (
            {(m.phone, m.paused, m.reason) for m in state.members}
            == {(rung.user, True, "missed"), (other.user, False, "")}
        )
    )


async def test_a_caller_who_gives_up_stops_the_ringing(exchange, operator, phone, watch):
    telephone = await operator(1)
    await phone.call(to=QUEUE)
    leg = await telephone.rings()

    await the_caller_goes(phone)

    ringing = await watch.first(Ringing)
    assert (await watch.first(Abandoned)).call_key == ringing.call_key
    assert await watch.first(Withdrawn) == Withdrawn("op1", ringing.call_key)
    assert leg.over.is_set()
    assert not watch.of(Missed)


async def test_a_caller_who_asks_for_a_call_back_stops_the_ringing(exchange, operator, phone, watch, answer_calls):
    async def goodbye(line, caller, key):
        await line.hang_up()

    await answer_calls(goodbye, callback=goodbye)
    await operator(1)
    await phone.call("presswwwwww1", to=QUEUE)

    await watch.first(Withdrawn)
    assert not watch.of(Missed)
    assert not watch.of(Abandoned)


async def test_the_desk_is_told_of_a_ring_before_the_telephone_rings(exchange, operator, phone, watch):
    telephone = await operator(1)
    await phone.call(to=QUEUE)

    await telephone.rings()

    assert watch.of(Ringing) or await watch.first(Ringing, within=0.05)


# --- colleagues


async def talking(operator, phone, watch, *others):
    """A caller talks with op1; the legs of that and the telephones of the others."""
    first = await operator(1)
    telephones = [await operator(user_id, ready=False) for user_id in others]
    await phone.call(to=QUEUE)
    leg = await first.rings()
    await first.answer(leg)
    answered = await watch.first(Answered)
    # Asterisk tells of the answer before the two can hear each other.
    await until(lambda: BRIDGED.search(phone.asterisk.cli("bridge show all")))
    return answered.call_key, first, leg, telephones


async def test_a_caller_handed_on_without_asking_comes_with_his_key(operator, phone, watch):
    key, _, leg, [second] = await talking(operator, phone, watch, 2)

    assert await leg.refer("sip:702@127.0.0.1") == 202
    other = await second.rings()
    await second.answer(other)

    assert other.invite.headers["x-call-key"] == key
    ended = await watch.first(Ended)
    assert (ended.phone, ended.call_key, ended.transferred) == ("op1", key, True)
    assert (await watch.first(Ringing, number=2)) == Ringing("op2", key)
    assert (await watch.first(Answered, number=2)).phone == "op2"
    await other.hang_up()
    last = await watch.first(Ended, number=2)
    assert (last.phone, last.call_key, last.transferred) == ("op2", key, False)


async def test_a_caller_handed_on_to_one_who_does_not_take_him_goes_back_to_the_queue(operator, phone, watch):
    key, first, leg, [second] = await talking(operator, phone, watch, 2)

    await leg.refer("sip:702@127.0.0.1")
    await second.reject(await second.rings())

    await phone.reaches("ivr-colleague Dial PJSIP/op2", "ivr-colleague Set QUEUE_PRIO=50", "ivr-operators Queue")
    assert await watch.first(Withdrawn) == Withdrawn("op2", key)
    assert (await first.rings()).invite.headers["x-call-key"] == key


async def test_a_caller_handed_back_to_the_queue_keeps_his_key(operator, phone, watch):
    key, first, leg, _ = await talking(operator, phone, watch)

    await leg.refer("sip:100@127.0.0.1")
    await until(lambda: any("200 OK" in line for line in leg.notified))
    await leg.hang_up()

    assert (await watch.first(Ended)).transferred
    assert (await first.rings(10)).invite.headers["x-call-key"] == key


async def test_the_desk_gives_a_caller_back_to_the_queue(exchange, operator, phone, watch):
    key, first, leg, _ = await talking(operator, phone, watch)

    await asyncio.to_thread(exchange.requeue, "op1")

    assert (await watch.first(Ended)).transferred
    await phone.reaches("ivr-back Set QUEUE_PRIO=50", "ivr-operators Queue")
    assert (await first.rings(10)).invite.headers["x-call-key"] == key
    assert leg.over.is_set()
    with pytest.raises(NobodyTalks):
        await asyncio.to_thread(exchange.requeue, "op1")


async def test_a_colleague_is_asked_and_takes_the_caller(operator, phone, watch):
    key, first, leg, [second] = await talking(operator, phone, watch, 2)

    asking = asyncio.create_task(first.call("702", X_Call_Key=key))
    other = await second.rings()
    assert other.invite.headers["x-call-key"] == key
    await second.answer(other)
    status, consulting = await asking
    assert status == 200
    assert await leg.refer_to(consulting, "702") == 202

    ended = await watch.first(Ended)
    assert (ended.phone, ended.call_key, ended.transferred) == ("op1", key, True)
    await consulting.over.wait()
    await other.hang_up()
    last = await watch.first(Ended, number=2)
    assert (last.phone, last.call_key, last.transferred) == ("op2", key, False)


async def test_a_colleague_who_was_only_asked_has_not_ended_the_callers_talk(operator, phone, watch):
    key, first, leg, [second] = await talking(operator, phone, watch, 2)
    asking = asyncio.create_task(first.call("702", X_Call_Key=key))
    other = await second.rings()
    await second.answer(other)
    _, consulting = await asking

    await consulting.hang_up()

    ended = await watch.first(Ended)
    assert (ended.phone, ended.transferred) == ("op2", True)
    await leg.hang_up()
    assert not (await watch.first(Ended, number=2)).transferred


async def test_operators_may_hear_themselves(operator):
    telephone = await operator(1, ready=False)

    assert (await telephone.call("600"))[0] == 200
    assert (await telephone.call("555"))[0] == 404
    assert (await telephone.call("703"))[0] >= 400


async def test_a_supervisor_listens_to_a_talk_and_not_to_silence(asterisk, exchange, operator, phone, watch):
    await talking(operator, phone, watch)
    supervisor = await operator(12, ready=False)

    await asyncio.to_thread(exchange.spy, "op12", "op1", SpyMode.WHISPER)
    await supervisor.answer(await supervisor.rings())

    await until(lambda: "ChanSpy" in asterisk.cli("core show channels"))
    assert "op12" not in {event.phone for event in watch.of(Ringing)}
    with pytest.raises(NobodyTalks):
        await asyncio.to_thread(exchange.spy, "op1", "op12", SpyMode.LISTEN)


# --- trouble


def cut(exchange):
    """The connection to Asterisk is lost; calls there know nothing of it."""
    exchange._loop.call_soon_threadsafe(exchange._ami.protocol.transport.abort)


async def test_a_talk_goes_on_though_the_connection_is_lost_in_it(exchange, operator, phone, watch):
    key, _, leg, _ = await talking(operator, phone, watch)

    cut(exchange)

    assert (await watch.first(Connected, number=2)).busy == {"op1"}
    assert not watch.of(Ended)
    await leg.hang_up()
    ended = await watch.first(Ended)
    assert (ended.phone, ended.call_key) == ("op1", key)


async def test_what_happened_while_the_connection_was_lost_is_told_afterwards(exchange, operator, phone, watch):
    first = await operator(1)
    await phone.call(to=QUEUE)
    leg = await first.rings()
    key = (await watch.first(Ringing)).call_key

    cut(exchange)
    await watch.first(Lost)
    await first.answer(leg)

    answered = await watch.first(Answered)
    assert (answered.phone, answered.call_key) == ("op1", key)
    cut(exchange)
    await watch.first(Lost, number=2)
    await leg.hang_up()
    assert (await watch.first(Ended)).call_key == key
    assert (await watch.first(Connected, number=3)).busy == frozenset()


async def test_a_call_that_began_while_the_connection_was_lost_is_known_afterwards(exchange, operator, phone, watch):
    first = await operator(1)

    cut(exchange)
    await watch.first(Lost)
    await phone.call(to=QUEUE)
    leg = await first.rings()
    await first.answer(leg)

    answered = await watch.first(Answered)
    assert leg.invite.headers["x-call-key"] == answered.call_key
    assert watch.of(Ringing) == [Ringing("op1", answered.call_key)]
    await asyncio.to_thread(exchange.requeue, "op1")


async def test_who_logs_out_without_a_connection_has_no_telephone_when_it_is_back(asterisk, exchange, operator, watch):
    stays, goes = await operator(1), await operator(2)

    cut(exchange)
    await watch.first(Lost)
    with pytest.raises(ExchangeDown):
        await asyncio.to_thread(exchange.close_phone, "op2")

    await watch.first(Connected, number=2)
    assert await goes.register(goes.login) == 401
    assert await stays.register(stays.login) == 200
    members = (await asyncio.to_thread(exchange.state)).members
    assert {(member.phone, member.paused) for member in members} == {("op1", False)}


async def test_a_desk_that_raises_harms_nobody(asterisk, operator, phone, watch, exchange, caplog):
    def tells(event):
        watch.tell(event)
        raise RuntimeError("a mistake of the desk")

    exchange._tell = tells
    telephone = await operator(1)
    await phone.call(to=QUEUE)
    await telephone.answer(await telephone.rings())

    await watch.first(Answered)
    assert "the desk did not take what it was told" in caplog.text


async def test_without_asterisk_the_desk_is_told_so_at_once(tmp_path):
    exchange, watch = AmiExchange(phone_config(tmp_path), now), DeskWatch()
    with pytest.raises(ExchangeDown):
        exchange.open_phone(1)
    exchange.start(watch.tell)

    with pytest.raises(ExchangeDown):
        await asyncio.to_thread(exchange.open_phone, 1)
    await asyncio.to_thread(exchange.close)
    with pytest.raises(ExchangeDown):
        exchange.state()


async def test_after_a_restart_of_asterisk_telephones_register_again_and_members_join_anew(tmp_path):
    watch = DeskWatch()
    with running_asterisk(tmp_path) as asterisk:
        exchange = AmiExchange(asterisk.config, now)
        exchange.start(watch.tell)
        await watch.first(Connected)
        login = await asyncio.to_thread(exchange.open_phone, 1)
        await asyncio.to_thread(exchange.join, "op1", reason="login")
        await asyncio.to_thread(exchange.ready, "op1")
        caller = FarPhone(asterisk)
        async with BrowserPhone.connected(asterisk, "op1") as telephone:
            await telephone.register(login)
            await caller.call(to=QUEUE)
            await telephone.answer(await telephone.rings())
            await watch.first(Answered)
            await asyncio.to_thread(asterisk.stop)
            await watch.first(Lost)
            telephone.legs.clear()

        await asyncio.to_thread(asterisk.start)
        await watch.first(Connected, number=2)

        assert not (await watch.first(Ended)).transferred
        assert (await asyncio.to_thread(exchange.state)).members == ()
        async with BrowserPhone.connected(asterisk, "op1") as telephone:
            assert await telephone.register(login) == 200
        await asyncio.to_thread(exchange.join, "op1", reason="again")
        await watch.queue(lambda state: [member.reason for member in state.members] == ["again"])
        await asyncio.to_thread(exchange.close)


@pytest.mark.parametrize(
    "action",
    [
        {"Action": "Command", "Command": "core stop now"},
        {"Action": "UpdateConfig", "SrcFilename": "manager.conf", "DstFilename": "manager.conf"},
    ],
)
async def test_the_desk_has_no_right_beyond_its_work(asterisk, action):
    config = asterisk.config
    ami = Ami(config.ami_host, config.ami_port, config.desk_user, config.desk_secret)
    await ami.start()

    with pytest.raises(AmiRefused, match=f"lacks the right to {action['Action']}"):
        await ami.ask(action)
    await ami.close()
