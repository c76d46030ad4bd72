"""Answers: only given facts are cited, the graph has the last word, and words always come."""

import json
from collections.abc import Callable

import pytest

from graph.errors import ModelDownError
from graph.names import NameIndex
from graph.snapshot import Snapshot
from reasoning.answer import Fate, Judge, Judged, Worded, answer_schema, strangers, word
from reasoning.check import Asker
from reasoning.facts import Fact, fact_lines
from reasoning.llm.model import LanguageModel, Message
from reasoning.llm.scripted import Line, ScriptedModel
from reasoning.llm.template import TemplateModel
from reasoning.objects import ObjectStream

FACTS = (
    Fact("F1", "7 of the 9 people who liked Heat also liked Ronin."),
    Fact("F2", "Ronin stars Robert De Niro, like Heat, which you liked.", ("e1",)),
    Fact("F3", "Ronin belongs to the genre thriller.", ("e2",)),
)
MESSAGES = (Message("system", "Say why."), Message("user", fact_lines(FACTS)))


def answer(*sentences: tuple[str, str]) -> str:
    """A reply of the asked form: (fact id, text) for each sentence."""
    said = [{"facts": [fact], "text": text} for fact, text in sentences]
    return json.dumps({"sentences": said})


Ask = Callable[..., Worded]


@pytest.fixture
def ask(toy: Snapshot) -> Ask:
    judge = Judge(
        NameIndex.of(toy), Asker(toy.row("user:1"), frozenset({toy.row("film:heat")})), FACTS
    )

    def run(*lines: Line, **options: object) -> Worded:
        return word(ScriptedModel(lines), MESSAGES, judge, **options)  # type: ignore[arg-type]

    return run


def test_supported_sentences_are_shown_as_they_came(ask: Ask) -> None:
    said = [("F2", "Robert De Niro stars in Ronin."), ("F3", "Ronin is a thriller film.")]
    worded = ask(answer(*said))
    assert [(one.fate, one.text) for one in worded.sentences] == [
        (Fate.KEPT, text) for _, text in said
    ]
    assert [one.edges for one in worded.shown] == [("e1",), ("e2",)]
    assert worded.survived
    assert worded.violations == ()
    assert worded.fallback == ""


def test_a_false_sentence_becomes_the_fact_that_it_cites(ask: Ask) -> None:
    worded = ask(
        answer(("F2", "Ronin stars Al Pacino."), ("F3", "Ronin was directed by Luc Besson."))
    )
    assert [one.fate for one in worded.sentences] == [Fate.REPAIRED] * 2
    assert [one.text for one in worded.shown] == [FACTS[1].text, FACTS[2].text]
    assert (
        worded.sentences[1].why
        == "contradicted: the catalogue is complete for this relation and does not have it"
    )
    assert not worded.survived


def test_half_a_quotation_is_put_right(ask: Ask) -> None:
    said = [("F2", "Robert De Niro stars in Ronin”."), ("F3", "“Ronin” is a thriller.")]
    worded = ask(answer(*said))
    assert [one.fate for one in worded.sentences] == [Fate.REPAIRED, Fate.KEPT]


def test_what_cannot_be_repaired_goes(ask: Ask) -> None:
    worded = ask(answer(("F2", "Ronin stars Al Pacino."), ("F2", "It is a great ride.")))
    assert [one.fate for one in worded.sentences] == [Fate.REPAIRED, Fate.DROPPED, Fate.TEMPLATE]
    assert [one.text for one in worded.shown] == [FACTS[1].text, FACTS[0].text]


def test_a_wrong_citation_is_put_right(ask: Ask) -> None:
    worded = ask(answer(("F1", "Ronin is a thriller film."), ("F2", "Ronin stars Robert De Niro.")))
    assert [fact.id for fact in worded.sentences[0].facts] == ["F3"]
    assert worded.sentences[0].cited == ("F1",)


def test_the_same_again_is_not_shown_again(ask: Ask) -> None:
    worded = ask(
        answer(("F3", "Ronin is a thriller film."), ("F3", "Ronin belongs to the genre thriller."))
    )
    assert worded.sentences[1].fate == Fate.DROPPED
    assert len(worded.shown) == 2


def test_a_number_that_nobody_gave_is_not_passed_on(ask: Ask) -> None:
    worded = ask(
        answer(
            ("F2", "Made in 1969, Ronin stars Robert De Niro."), ("F3", "Ronin is a thriller film.")
        )
    )
    assert worded.sentences[0].fate == Fate.REPAIRED
    assert "1969" in worded.sentences[0].why
    assert all("1969" not in one.text for one in worded.shown)


def test_what_you_liked_must_have_been_read(ask: Ask) -> None:
    worded = ask(answer(("F3", "Ronin is a thriller film that you liked."), ("F2", FACTS[1].text)))
    assert [one.fate for one in worded.sentences] == [Fate.REPAIRED, Fate.KEPT]


def test_strangers_are_names_and_numbers_from_elsewhere() -> None:
    assert strangers("In 1998 Ronin stars Robert De Niro.", FACTS) == ("1998",)
    assert strangers("Frankly, Meryl Streep is not in Ronin.", FACTS) == ("Meryl", "Streep")
    assert strangers("Ronin stars Robert De Niro. People liked Ronin.", FACTS) == ()


@pytest.mark.parametrize(
    "bad",
    [
        "I am sorry, I cannot do that.",
        "",
        '{"sentences": "none"}',
        '[{"facts": ["F1"], "text": "Ronin."}]',
        '{"sentences": [{"text": "Ronin stars Robert De Niro."}]}',
        '{"sentences": [{"facts": ["F2"], "text": 5}]}',
        '{"sentences": [{"facts": ["F2"], "text": "Ronin stars',
    ],
)
def test_what_is_no_answer_is_asked_for_again(ask: Ask, bad: str) -> None:
    good = answer(("F2", "Ronin stars Robert De Niro."), ("F3", "Ronin is a thriller film."))
    worded = ask(bad, good)
    assert worded.survived
    assert worded.violations
    assert worded.raw == (bad, good)
    assert worded.usage.calls == 2


def test_at_most_twice_and_then_the_facts_are_said(ask: Ask) -> None:
    worded = ask(*["no"] * 9)
    assert worded.usage.calls == 3
    assert worded.fallback == "no sentence could be used"
    assert [one.text for one in worded.shown] == [FACTS[0].text, FACTS[1].text]
    assert {one.fate for one in worded.shown} == {Fate.TEMPLATE}


def test_a_model_that_is_down_does_not_keep_the_words_away(ask: Ask) -> None:
    worded = ask(ModelDownError("nobody there"))
    assert worded.fallback == "nobody there"
    assert len(worded.shown) == 2


def test_a_fact_that_was_not_given_is_a_violation(ask: Ask) -> None:
    worded = ask(answer(("F9", "Ronin stars Robert De Niro."), ("F3", "Ronin is a thriller film.")))
    assert worded.violations == ("cites a fact that was not given",)
    assert [fact.id for fact in worded.sentences[0].facts] == ["F2"]


def test_no_facts_no_question() -> None:
    model = ScriptedModel([])
    judge = Judge(None, None, ())  # type: ignore[arg-type]
    worded = word(model, MESSAGES, judge)
    assert worded.fallback == "the graph has no evidence for this"
    assert model.requests == []


def test_sentences_are_told_as_they_come(toy: Snapshot) -> None:
    judge = Judge(NameIndex.of(toy), None, FACTS)
    told: list[Judged] = []
    model = ScriptedModel([answer(("F3", "Ronin is a thriller film."), ("F1", FACTS[0].text))])
    worded = word(model, MESSAGES, judge, tell=told.append)
    assert told == list(worded.shown)


def test_without_a_model_the_facts_are_the_answer(toy: Snapshot) -> None:
    judge = Judge(
        NameIndex.of(toy), Asker(toy.row("user:1"), frozenset({toy.row("film:heat")})), FACTS
    )
    worded = word(TemplateModel(), MESSAGES, judge)
    assert [one.text for one in worded.shown] == [fact.text for fact in FACTS]


def test_the_small_model_goes_the_whole_way(toy: Snapshot, small_model: LanguageModel) -> None:
    judge = Judge(
        NameIndex.of(toy), Asker(toy.row("user:1"), frozenset({toy.row("film:heat")})), FACTS
    )
    worded = word(small_model, MESSAGES, judge)
    assert worded.violations == ()
    assert len(worded.shown) >= 2
    assert not any(one.checked.contradicted for one in worded.shown if one.fate == Fate.KEPT)
    assert all(set(one.cited) <= {"F1", "F2", "F3"} for one in worded.sentences)


def test_a_schema_knows_only_the_facts_given() -> None:
    schema = answer_schema(FACTS, 2, 3)
    text = json.dumps(schema)
    assert '["F1", "F2", "F3"]' in text
    assert text.count('"additionalProperties": false') == 2


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_objects_come_whole_whatever_the_pieces(size: int) -> None:
    text = '```json\n{"sentences": [{"a": "} ] {\\" {"}, {"b": {"c": 1}}]}\n```\n'
    stream, found = ObjectStream(), []
    for at in range(0, len(text), size):
        found += list(stream.feed(text[at : at + size]))
    assert found == ['{"a": "} ] {\\" {"}', '{"b": {"c": 1}}']
    assert stream.whole


@pytest.mark.parametrize("text", ["", "no", '{"sentences": [{"a": 1}', '{"a": 1} and more'])
def test_what_is_not_whole_is_known(text: str) -> None:
    stream = ObjectStream()
    list(stream.feed(text))
    assert not stream.whole
