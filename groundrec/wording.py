"""Words for recommendations: facts of the graph, a prompt, a model, and only what holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from graph.types import Breakdown, Evidence, VerdictKind
from groundrec.ask import Item
from groundrec.serving import Person
from groundrec.workspace import Workspace
from reasoning.answer import Judge, Judged, Worded, word
from reasoning.check import Asker, check
from reasoning.facts import Fact, as_data, described, fact_lines, gather, numbered
from reasoning.llm.model import NOTHING_USED, LanguageModel, Limits, Message, Request, Usage
from reasoning.llm.template import TemplateModel
from reasoning.prompt import prompt

_TOKENS_A_SENTENCE = 90

Tell = Callable[[Judged], None]


class Style(StrEnum):
    """How much is said."""

    BRIEF = "brief"
    FULL = "full"
    EXPERT = "expert"


class Approach(StrEnum):
    """How a model is asked: with an example of the graph, without one, or step by step."""

    FEW = "few"
    ZERO = "zero"
    STEPS = "steps"


SENTENCES: Mapping[Style, int] = {Style.BRIEF: 2, Style.FULL: 3, Style.EXPERT: 5}
FACTS: Mapping[Style, int] = {Style.BRIEF: 3, Style.FULL: 5, Style.EXPERT: 9}


@dataclass(slots=True)
class Writer:
    """Words one item after another with one model; `spent` adds up what that took.

    `violations` counts what came in another form than the one asked for.
    """

    place: Workspace
    model: LanguageModel
    style: Style = Style.FULL
    approach: Approach = Approach.FEW
    spent: Usage = field(default=NOTHING_USED)
    violations: int = 0

    def explain(
        self,
        person: Person,
        item: Item,
        example: Item | None = None,
        tell: Tell | None = None,
        *,
        plainly: bool = False,
        asked: bool = True,
    ) -> Worded:
        """Why an item is recommended to somebody.

        `example` is another item of theirs, for `Approach.FEW`; `plainly` asks no model; `asked`
        is whether the reasons are what they liked, not what a wish named.
        """
        facts = self.facts(person, item, asked=asked)
        steps = self.approach == Approach.STEPS
        messages = self._messages("steps" if steps else "explain", item, facts)
        if self.approach == Approach.FEW and example is not None:
            messages = self._with_example(messages, person, example)
        return self._word(person, facts, messages, tell, steps=steps, plainly=plainly)

    def summary(
        self, person: Person, item: Item, tell: Tell | None = None, *, plainly: bool = False
    ) -> Worded:
        """What the catalogue says of an item, as a short review without opinions."""
        snapshot, language = self.place.snapshot, self.place.settings.language
        about = described(snapshot, snapshot.row(item.id), language)
        facts = numbered([(one, False) for one in about][: FACTS[self.style]], self._room)
        messages = self._messages("summary", item, facts)
        return self._word(person, facts, messages, tell, steps=False, plainly=plainly)

    def facts(self, person: Person, item: Item, *, asked: bool = True) -> tuple[Fact, ...]:
        """The facts that the style has room for; of a plain item, what it is.

        A fact that the checker does not support, of this person, is not given to anybody.
        """
        nothing = Evidence(Breakdown("", item.id, item.score, (), item.score), (), ())
        return gather(
            self.place.snapshot,
            item.evidence or nothing,
            self.place.settings.language,
            tokens=self._room,
            most=FACTS[self.style],
            asked=asked,
            holds=lambda text: self._check(person, text),
        )

    def _check(self, person: Person, text: str) -> bool:
        asker = Asker(person.row, frozenset(person.liked))
        return check(self.place.names, text, asker).kind == VerdictKind.SUPPORTED

    @property
    def _room(self) -> int:
        return self.place.settings.llm_context // 3

    def _messages(self, task: str, item: Item, facts: tuple[Fact, ...]) -> tuple[Message, ...]:
        count = min(SENTENCES[self.style], max(len(facts), 1))
        return prompt(task, self.place.settings.language).messages(
            {"item": as_data(item.title), "facts": fact_lines(facts), "count": str(count)}
        )

    def _with_example(
        self, messages: tuple[Message, ...], person: Person, example: Item
    ) -> tuple[Message, ...]:
        """A question and its answer, of facts alone, between the instructions and the question."""
        asked = self._messages("explain", example, self.facts(person, example))
        model = TemplateModel(sentences=SENTENCES[self.style])
        answered = model.complete(Request(asked)).text
        return (messages[0], asked[1], Message("assistant", answered), messages[1])

    def _word(
        self,
        person: Person,
        facts: tuple[Fact, ...],
        messages: tuple[Message, ...],
        tell: Tell | None,
        *,
        steps: bool,
        plainly: bool,
    ) -> Worded:
        settings = self.place.settings
        asker = Asker(person.row, frozenset(person.liked))
        most = SENTENCES[self.style]
        worded = word(
            TemplateModel(sentences=most) if plainly else self.model,
            messages,
            Judge(self.place.names, asker, facts),
            least=min(2, most),
            most=most,
            steps=steps,
            limits=Limits(_TOKENS_A_SENTENCE * most + (160 if steps else 40), settings.llm_seconds),
            seed=settings.seed,
            tell=tell,
        )
        self.spent += worded.usage
        self.violations += len(worded.violations)
        return worded
