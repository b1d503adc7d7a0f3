"""One outbound call: what it is about, who is asked for, and the one result that it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.dialogue.call import Call, Given, TryAgain
from ivr.dialogue.line import Keypad, Keys, Phrase
from ivr.dialogue.turns import GoBack, MainMenu
from ivr.domain.booking import Booking
from ivr.domain.dialling import Outcome
from ivr.domain.patient import Patient
from ivr.domain.worklist import TaskResult
from ivr.services import outreach
from ivr.services.outreach import Briefing

YES_NO = {"1": "yes", "2": "no"}


@dataclass(slots=True)
class Talk:
    """What the stories of outbound calls hold in their hands."""

    call: Call
    about: Briefing
    settled: bool = False
    """The call has come to something; what is said later does not change it."""

    @property
    def patient(self) -> Patient:
        return self.about.patient

    @property
    def visit(self) -> Booking:
        return self.about.visit

    async def ends(self, outcome: Outcome, result: TaskResult | None = None, *, note: str | None = None) -> None:
        """Write down what the call came to; the first word counts."""
        if self.settled:
            return
        self.settled = True
        await self.call.do(outreach.told, self.about.key, outcome, result, note=note, now=self.call.desk.now())

    async def done(self, result: TaskResult, *, note: str | None = None) -> None:
        await self.ends(Outcome.DONE, result, note=note)

    async def choose(self, name: str, *phrases: Phrase, keypad: Keypad = Keypad()) -> str:
        """Ask a menu of which nothing lies behind: 9 and # ask it once more."""
        while True:
            try:
                return await self.call.choose(name, *phrases, keypad=keypad)
            except (GoBack, MainMenu):
                continue

    async def sure(self) -> bool:
        """Only a key changes anything: what was spoken is confirmed by one. True for what was keyed already."""
        if not self.call.by_voice:
            return True
        return await self.by_key("outbound.sure")

    async def by_key(self, key: str, **values: object) -> bool:
        """A question of yes and no that takes keys only, as no robot that listens to calls presses them."""
        try:
            return await self.keyed(Phrase(key, values), YES_NO) == "yes"
        except (GoBack, MainMenu):
            return False

    async def keyed(
        self,
        phrase: Phrase,
        keys: Mapping[str, str],
        *,
        tries: int = 3,
        keypad: Keypad = Keypad(),
    ) -> str:
        """A question that takes keys only."""

        def option(answer: Given) -> str:
            chosen = keys.get(answer.keys) if isinstance(answer, Keys) else None
            if chosen is None:
                raise TryAgain("error.wrong_key")
            return chosen

        return await self.call.ask(phrase.key, (phrase,), option, keypad=keypad, taken=frozenset(keys), tries=tries)
