"""MetaQA's questions as statements: "who directed [Heat]" and an answer become a sentence.

A question keeps the way in which it speaks of things ("the movies that share actors with the movie
[Heat]"); what it asks for becomes what the answer is said to be. Where the question's English is
broken ("the films acted by X") the statement's is mended, since people write statements themselves.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

ANSWER, TOPIC = "{answer}", "{topic}"
_E = r"\[E\]"
_THE = r"(?:(?:the )?(?:film|movie)s? )?"
_FILMS = r"(?:film|movie)s"
_ROLE = r"(?:actor|director|writer|screenwriter)"
# What a question asks for, as said of one film: statements, which are used in turn.
_SAYS = {
    "person directed": ("{answer} directed {it}.", "{it} was directed by {answer}."),
    "person wrote": ("{answer} wrote {it}.", "{it} was written by {answer}."),
    "person acted": ("{answer} acted in {it}.", "{answer} stars in {it}."),
    "genre": ("{it} is in the genre {answer}.", "{answer} is the genre of {it}."),
    "language": ("{it} is in the language {answer}.", "{answer} is the language of {it}."),
    "year": ("{it} was released in {answer}.", "{it} came out in {answer}."),
    "tag": ("{it} is tagged {answer}.",),  # tags are in small letters, so none begins a sentence
    "rating": ("{it} is rated {answer}.", "the rating of {it} is {answer}."),
    "popularity": ("{it} is {answer}.", "the popularity of {it} is {answer}."),
}
_ASKED = (
    ("language", r"languages?\b"),
    ("genre", r"genres?\b|\btypes? |kind of|sort of"),
    ("year", r"\brelease|\bwhen\b"),
    ("popularity", r"popular|famous"),
    ("rating", r"\brating|\brate\b|any good|considered good|think of"),
    ("tag", r"describ|words|terms|topics|about"),
)
# Of one film, asked from a person: what "[E]" does, and to what.
_FROM_PERSON = (
    ("{topic} directed {answer}.", r"direct"),
    ("{topic} wrote {answer}.", r"writ|wrote"),
    ("{topic} acted in {answer}.", r"\bact|appear|star"),
)
_TOGETHER = (
    ("{answer} co-directed films with {topic}.", r"co-direct|directed (?:films|movies) together"),
    ("{answer} co-wrote films with {topic}.", r"co-w|wrote (?:films|movies) together"),
    ("{answer} acted together with {topic}.", r"together with|co-star|in the same movie"),
)
_SAME = (
    ("{answer} has the same director as {topic}.", r"direct"),
    ("{answer} has the same writer as {topic}.", r"screenwriter|scriptwriter|writer"),
    ("{answer} has the same actor as {topic}.", r"actor"),
)
_ALSO = (
    ("The director of {topic} also directed {answer}.", r"^the director of"),
    ("The writer of {topic} also wrote {answer}.", r"^the (?:screen|script)?writer of"),
    ("An actor of {topic} also appears in {answer}.", r"^the actor (?:in|of)"),
)
_DOES = {"direct": "directed", "writ": "written", "act": "starring", "star": "starring"}


@dataclass(frozen=True, slots=True)
class Statement:
    """What a question and any answer to it come to; `asked` names what kind of thing it asks for.

    `text` holds {answer}; the topic is filled in.
    """

    text: str
    asked: str

    def of(self, answer: str) -> str:
        """The sentence with this answer."""
        said = self.text.replace(ANSWER, answer)
        return said[0].upper() + said[1:]


def statement(question: str, hops: int, turn: int) -> Statement | None:
    """The statement that a question asks to complete; `turn` chooses among wordings.

    None for a question of no known form.
    """
    found = re.search(r"\[([^\]]*)\]", question)
    if not found:
        return None
    asked = question.replace(found.group(), "[E]").strip()
    make = (_one_hop, _two_hops, _three_hops)[hops - 1]
    made = make(asked, turn)
    if made is None:
        return None
    text, kind = made
    return Statement(text.replace(TOPIC, found[1]), kind)


Made = tuple[str, str] | None


def _one_hop(asked: str, turn: int) -> Made:
    if re.search(rf"(?:{_FILMS}|film|movie) (?:are about|can be described)", asked):
        return _says("tag", "{answer}", "{topic}", turn)
    from_person = rf"(?:wh(?:at|ich)|name|is) (?:is )?a?n? ?{_FILMS[:-1]}s? |wh(?:at|ich) {_FILMS}"
    person = re.search(rf"{from_person}|^{_E} (?:was the|directed|appears)", asked) or (
        re.search(rf"^what (?:did|does|was) {_E} ", asked)
    )
    if (
        person
        and not asked.startswith("[E] is a")
        and not re.search(r"genre|describ|language|topics|words", asked)
    ):
        return _first(asked, _FROM_PERSON, "film")
    for kind, pattern in _ASKED:
        if re.search(pattern, asked):
            return _says(kind, "{topic}", ANSWER, turn)
    return _says(_role(asked), "{topic}", ANSWER, turn)


def _two_hops(asked: str, turn: int) -> Made:
    of_film = re.search(rf"same|share|^the \w+ (?:in|of) {_E} (?:also|is also)", asked)
    if of_film and not re.search(r"in the same movie", asked):
        return _first(asked, _ALSO, "film") or _first(asked, _SAME, "film")
    together = _first(asked, _TOGETHER, "person")
    if together:
        return together
    described = _films_of_person(asked)
    return _of_described(asked, described, turn) if described else None


def _three_hops(asked: str, turn: int) -> Made:
    described = _films_of_film(asked)
    return _of_described(asked, described, turn) if described else None


def _films_of_person(asked: str) -> str | None:
    for pattern in (
        rf"{_FILMS} (?P<does>\w+) by {_E}",
        rf"{_E} (?P<does>\w+) {_FILMS}",
    ):
        found = re.search(pattern, asked)
        if found:
            for stem, word in _DOES.items():
                if found["does"].startswith(stem):
                    by = "" if word == "starring" else "by "
                    return f"the films {word} {by}{TOPIC}"
    found = re.search(rf"(?:of|for) the (?P<role>director|screenwriter|writer) {_E}", asked)
    if found:
        does = "directed" if found["role"] == "director" else "written"
        return f"the films {does} by {TOPIC}"
    return None


def _films_of_film(asked: str) -> str | None:
    """How the question speaks of films that have somebody in common with one film."""
    shared = re.search(rf"{_FILMS} that share (?P<roles>\w+) with {_THE}{_E}", asked)
    if shared:
        return f"the films that share {shared['roles']} with {TOPIC}"
    whose = re.search(
        rf"{_FILMS} (?:release )?whose (?P<roles>\w+) also (?P<does>\w+(?: in)?) {_THE}{_E}", asked
    )
    if whose:
        return f"the films whose {whose['roles']} also {whose['does']} {TOPIC}"
    theirs = re.search(
        rf"that the (?P<roles>\w+) (?:in|of) their {_FILMS} also (?P<does>\w+(?: in)?) {_THE}{_E}",
        asked,
    )
    if theirs:
        return f"the films whose {theirs['roles']} also {theirs['does']} {TOPIC}"
    by = re.search(
        rf"{_FILMS} (?P<does>directed|written|starred|acted) by (?:the )?"
        rf"(?:(?P<role>\w+) (?:of|in) {_E}|{_E} (?P<after>\w+))",
        asked,
    ) or re.search(rf"(?P<does>{_FILMS}) for the (?P<role>\w+) of {_E}(?P<after>)", asked)
    if not by:
        return None
    role = by["role"] or by["after"]
    if role.startswith("actor"):
        return f"the films starring an actor of {TOPIC}"
    role = role.removesuffix("s")
    does = "directed" if role == "director" else "written"
    return f"the films {does} by the {role} of {TOPIC}"


def _of_described(asked: str, described: str, turn: int) -> Made:
    # What is asked stands apart from the films that it is asked of.
    rest = re.sub(rf"(?:{_FILMS}\b(?!$).*?{_E}(?: {_ROLE}s?\b)?|{_E} \w+ {_FILMS})", "FILMS", asked)
    whole = f"{rest} {asked}" if rest == "FILMS" else rest
    for kind, pattern in _ASKED[:3]:
        if re.search(pattern, whole):
            return _says(kind, f"one of {described}", ANSWER, turn)
    return _says(_role(whole), f"one of {described}", ANSWER, turn)


def _role(asked: str) -> str:
    """Which role a question for a person asks for: by its verb, else by its noun."""
    told = re.match(r"who are the (\w+?)s that", asked)
    for kind, pattern in (
        ("person acted", r"\bstarr|\bstars\b|\bacted\b|\bactors?\b"),
        ("person wrote", r"wr[io]t|author|script"),
        ("person directed", r"direct"),
    ):
        if re.search(pattern, told[1] if told else asked):
            return kind
    raise ValueError(f"asks for nothing known: {asked!r}")


def _says(kind: str, it: str, answer: str, turn: int) -> Made:
    wordings = _SAYS[kind]
    text = wordings[turn % len(wordings)]
    # Without brackets {it} may be the topic, a description, or the answer (asked backwards).
    return text.replace("{answer}", answer).replace("{it}", it), kind


def _first(asked: str, rules: Sequence[tuple[str, str]], kind: str) -> Made:
    return next(((text, kind) for text, pattern in rules if re.search(pattern, asked)), None)
