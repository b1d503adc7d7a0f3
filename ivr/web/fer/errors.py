"""Every «no» as the portal gets it: a code for the program, words for the patient (S1.9, D-15, 4.2)."""

from collections.abc import Mapping

from ivr.domain.refusals import Refusal
from ivr.fer.contract import Invalid
from ivr.fer.messages import Error, ErrorCode, ValidationError
from ivr.web.messages import told
from ivr.web.site import site
from ivr.web.wording import telephone


class BadField(Exception):
    """A value that fits the schema and still cannot be; `path` names the field, what was sent is not repeated."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


_CODES: Mapping[str, ErrorCode] = {
    "session_over": ErrorCode.SESSION_TIMED_OUT,
    "not_identified": ErrorCode.PATIENT_NOT_FOUND,
    "not_attached": ErrorCode.PATIENT_NOT_ATTACHED,
    "no_slots": ErrorCode.NO_FREE_SLOTS,
    "slot_taken": ErrorCode.SLOT_UNAVAILABLE,
    "hold_lost": ErrorCode.SLOT_UNAVAILABLE,
    "referral_needed": ErrorCode.REFERRAL_REQUIRED,
    "referral_not_found": ErrorCode.REFERRAL_NOT_FOUND,
    "not_found": ErrorCode.NO_DATA_FOUND,
    # Whose booking it is is nobody else's business.
    "not_yours": ErrorCode.NO_DATA_FOUND,
}
"""By the code of the refusal; the others are APPOINTMENT_REFUSED."""
_CALL = "Обратитесь в колл-центр по телефону {call_centre} или в регистратуру по телефону {registry}."
_WORDS: Mapping[str, str] = {
    "session_over": "Время на запись истекло. Начните сначала.",
    "not_identified": "По этим данным оформить запись не удалось. Проверьте их.",
    "not_attached": f"Запись через портал доступна только пациентам, прикреплённым к больнице. {_CALL}",
    "no_slots": f"Свободного времени для записи через портал нет. {_CALL}",
    "slot_taken": "Это время только что заняли. Выберите другое.",
    "hold_lost": "Это время только что заняли. Выберите другое.",
    "referral_needed": "К этому врачу записывают по направлению. Его выдаёт терапевт или педиатр.",
    "not_found": "По этому запросу ничего не найдено.",
    "not_yours": "По этому запросу ничего не найдено.",
    "already_booked": "К врачу этой специальности уже есть запись. Сначала отмените её.",
    "overlaps": "На это время или рядом с ним уже есть другая запись. Выберите другое время.",
    "too_many_bookings": "Действующих записей уже наибольшее число. Сначала отмените одну из них.",
    "not_admitted": "К этому специалисту записать нельзя. Выберите другого врача.",
    "too_late": f"Приём уже начался. {_CALL}",
    "wrong_turn": "Эта запись уже отменена, перенесена или завершена. Чтобы записаться снова, начните сначала.",
}


def of_refusal(refusal: Refusal) -> Error:
    words = _WORDS.get(refusal.code) or told(refusal)
    return Error(_CODES.get(refusal.code, ErrorCode.APPOINTMENT_REFUSED), words.format(**_phones()))


def of_schema(problem: Invalid) -> Error:
    return _invalid(problem.path, problem.reason)


def of_field(problem: BadField) -> Error:
    return _invalid(problem.path, problem.reason)


def of_trouble() -> Error:
    """Something that is no fault of the client's; he may repeat it, a booking is made once."""
    return Error(ErrorCode.UNDEFINED_ERROR, "Запись сейчас недоступна. Повторите через минуту.")


def _invalid(path: str, reason: str) -> Error:
    where = ValidationError(reason, path)
    return Error(ErrorCode.VALIDATION_ERROR, "Данные заполнены неверно или не полностью. Проверьте их.", where)


def _phones() -> dict[str, str]:
    here = site().hospital
    return {
        "call_centre": telephone(here.call_centre_phone or here.registry_phone),
        "registry": telephone(here.registry_phone),
    }
