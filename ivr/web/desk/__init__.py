"""The operator's workplace: his telephone, his state, the caller before him."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue as Answer

from ivr.domain.operator import BREAKS, CHOSEN_BREAKS, RESULTS
from ivr.domain.refusals import Refusal
from ivr.domain.user import Right
from ivr.services import operator_calls
from ivr.services.booking import BookingCommand, book
from ivr.services.exchange import ExchangeDown, NobodyTalks
from ivr.services.operator_calls import Pop
from ivr.web import wording
from ivr.web.access import needs, user, who
from ivr.web.messages import told
from ivr.web.phone_door import websocket
from ivr.web.site import run, site
from ivr.web.workplace import WrongState, agent_json, queue_json

pages = Blueprint("desk", __name__, url_prefix="/desk")
LONGEST_NOTE = 1000
ECHO, QUEUE = "600", "100"


@pages.get("")
@needs(Right.TAKE_CALLS)
def desk() -> Answer:
    return render_template(
        "desk/desk.html",
        breaks={key: BREAKS[key] for key in CHOSEN_BREAKS},
        results=RESULTS,
        websocket=websocket(),
        words={"states": {state.value: text for state, text in wording.STATES.items()}, "breaks": BREAKS},
    )


@pages.post("/phone")
@needs(Right.TAKE_CALLS)
def phone() -> Answer:
    """The page is there: how it registers as a telephone, and what its operator is doing."""
    login = site().desk.come(user())
    return jsonify(
        websocket=websocket(),
        login={"phone": login.phone, "ha1": login.ha1, "realm": login.realm, "number": login.number},
    )


@pages.get("/state")
@needs(Right.TAKE_CALLS)
def state() -> Answer:
    """Everything that events tell piece by piece."""
    desk = site().desk
    own = desk.of(user().id)
    return jsonify(
        me=None if own is None else agent_json(own),
        agents=[agent_json(view) for view in desk.agents()],
        queue=queue_json(desk.queue(), desk.agents()),
        exchange=desk.connected,
    )


@pages.get("/colleagues")
@needs(Right.TAKE_CALLS)
def colleagues() -> Answer:
    """Whom a caller can be passed to."""
    others = site().desk.colleagues(user().id)
    return jsonify(colleagues=[agent_json(view) | {"number": number} for view, number in others], queue=QUEUE)


@pages.post("/ready")
@needs(Right.TAKE_CALLS)
def ready() -> Answer:
    site().desk.ready(user().id)
    return "", 204


@pages.post("/break")
@needs(Right.TAKE_CALLS)
def rest() -> Answer:
    reason = str(_sent().get("reason", ""))
    if reason not in CHOSEN_BREAKS:
        return jsonify(message="Выберите причину перерыва."), 422
    site().desk.rest(user().id, reason)
    return "", 204


@pages.post("/leave")
@needs(Right.TAKE_CALLS)
def leave() -> Answer:
    site().desk.leave(user().id)
    return "", 204


@pages.post("/record")
@needs(Right.TAKE_CALLS)
def record() -> Answer:
    """Pause the recording while the caller says what is not to be kept, and go on."""
    here = site()
    own = here.desk.of(user().id)
    if own is None or own.call_key is None:
        return jsonify(message="Сейчас нет разговора."), 409
    here.exchange.record(own.call_key, on=_sent().get("on") is True)
    return "", 204


@pages.post("/requeue")
@needs(Right.TAKE_CALLS)
def requeue() -> Answer:
    """The caller goes back to the queue, before all others."""
    site().desk.requeue(user().id)
    return "", 204


@pages.post("/away")
@needs(Right.TAKE_CALLS)
def away() -> Answer:
    """The page is being loaded again in mid-talk: its caller comes back to this operator."""
    site().desk.requeue(user().id, back_to_him=True)
    return "", 204


@pages.post("/wrapup")
@needs(Right.TAKE_CALLS)
def wrap_up() -> Answer:
    sent = _sent()
    result, note = str(sent.get("result", "")), str(sent.get("note", "")).strip()
    if result not in RESULTS:
        return jsonify(message="Выберите результат разговора.", field="result"), 422
    if len(note) > LONGEST_NOTE:
        return jsonify(message=f"Заметка длиннее {LONGEST_NOTE} знаков.", field="note"), 422
    site().desk.sum_up(user().id, result=result, note=note)
    return "", 204


@pages.get("/calls/<call_key>")
@needs(Right.TAKE_CALLS)
def call(call_key: str) -> Answer:
    """What is known of a caller; shown with the ring."""
    return _pop(call_key)


@pages.get("/calls/<call_key>/result")
@needs(Right.TAKE_CALLS)
def likely(call_key: str) -> Answer:
    """What probably came of the talk."""
    return jsonify(result=run(operator_calls.likely_result, call_key, user_id=user().id))


@pages.post("/calls/<call_key>/book")
@needs(Right.TAKE_CALLS)
def book_held(call_key: str) -> Answer:
    """The slot that is held for the caller becomes his booking; pressed twice it is booked once."""
    seen = _seen(call_key)
    if seen.hold is None and seen.made is not None:
        return _pop(call_key)
    if seen.hold is None or seen.patient is None:
        return _pop(call_key, problem="Бронь истекла. Выберите время в расписании.")
    entered = seen.entered
    try:
        booking = run(book, _command(seen, entered), rules=site().rules, now=site().now())
    except Refusal as refusal:
        return _pop(call_key, problem=told(refusal))
    return _pop(call_key, ticket=booking.ticket, booking_id=booking.id)


def _command(seen: Pop, entered: Any) -> BookingCommand:
    from ivr.domain.patient import Subject
    from ivr.domain.purpose import Purpose

    assert seen.hold is not None  # noqa: S101 - looked at before
    assert seen.patient is not None  # noqa: S101
    return BookingCommand(
        key=f"desk-{seen.call_key}-{seen.hold.slot.id}",
        slot_id=seen.hold.slot.id,
        patient_id=seen.patient.id,
        purpose=Purpose(entered.get("purpose") or Purpose.ILLNESS),
        call_key=seen.call_key,
        subject=Subject(entered.get("subject") or Subject.SELF),
        referral_number=entered.get("referral"),
        moves=entered.get("moves"),
        contact=seen.record.caller if seen.record else None,
        by=who(),
    )


def _seen(call_key: str) -> Pop:
    return run(operator_calls.pop, call_key, who=who(), now=site().now())


def _pop(call_key: str, **said: Any) -> str:
    seen = _seen(call_key)
    now = site().now()
    left = None if seen.hold is None else max(0, int((seen.hold.until - now).total_seconds()))
    return render_template("desk/call.html", seen=seen, left=left, words=wording, today=site().rules.today(now), **said)


def _sent() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}


@pages.errorhandler(WrongState)
def wrong_state(problem: WrongState) -> Answer:
    return jsonify(message=str(problem)), 409


@pages.errorhandler(NobodyTalks)
def nobody_talks(problem: NobodyTalks) -> Answer:
    return jsonify(message="Этого разговора уже нет."), 409


@pages.errorhandler(ExchangeDown)
def exchange_down(problem: ExchangeDown) -> Answer:
    return jsonify(message="Телефонная станция не отвечает. Запись работает, звонки временно нет."), 503
