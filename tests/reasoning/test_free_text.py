"""What people write freely: other words for values, pronouns, stretches of time, short names."""

import time

import pytest

from graph.names import NameIndex
from graph.schema import Kind, KindWords, Schema
from graph.types import Claim, Reason, VerdictKind
from reasoning.check import check
from reasoning.values import other_forms, pieces_of
from tests.toy import SCHEMA, snapshot_of, toy_edges, toy_labels

S, C, N = VerdictKind.SUPPORTED, VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> NameIndex:
    """The toy catalogue with genres that people call otherwise, and a saga of two films."""
    words = KindWords(one="genre", many="genres", values={"Film-Noir": ("noir",)})
    film = SCHEMA.kinds["film"].words["en"].model_copy(update={"also": ("movie", "movies")})
    kinds = {
        **SCHEMA.kinds,
        "film": Kind(role="item", words={"en": film}),
        "genre": Kind(role="attribute", words={"en": words}),
    }
    more = [
        ("saga1", "Saga Wars: The Return", 1984, ("Sci-Fi", "Animation")),
        ("saga2", "Psycho", 1960, ("Film-Noir", "Horror")),
        ("saga3", "Psycho", 1998, ("Romance", "Comedy")),
    ]
    edges, labels = toy_edges(), toy_labels()
    for key, label, year, genres in more:
        edges.append((f"film:{key}", "released_in", f"year:{year}", None))
        edges += [(f"film:{key}", "has_genre", f"genre:{genre}", None) for genre in genres]
        labels |= {f"film:{key}": label, f"year:{year}": str(year)}
        labels |= {f"genre:{genre}": genre for genre in genres}
    edges.append(("film:saga2", "directed_by", "person:alma old", None))
    edges.append(("film:saga3", "directed_by", "person:bo new", None))
    labels |= {"person:alma old": "Alma Old", "person:bo new": "Bo New"}
    years = SCHEMA.relations["released_in"]
    older = years.words["en"].model_copy(update={"less": ("older",)})
    dated = years.model_copy(update={"words": {**years.words, "en": older}})
    schema = Schema(kinds=kinds, relations={**SCHEMA.relations, "released_in": dated})
    return NameIndex.of(snapshot_of(tmp_path_factory.mktemp("free"), edges, labels, schema=schema))


def kinds(names: NameIndex, text: str, question: str = "") -> list[str]:
    """Verdicts on what was understood."""
    found = check(names, text, question=question).verdicts
    return [verdict.kind for verdict in found if verdict.claim.relation]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # values by other names
        ("Saga Wars: The Return is a science fiction film.", [S]),
        ("Heat is a science fiction movie.", [C]),
        ("Saga Wars: The Return is an animated science-fiction movie from 1984.", [S, S, S]),
        ("Heat is a romantic thriller.", [C, C]),
        ("Heat is a noir film.", [C]),
        ("Fargo and Heat are crime movies.", [S, S]),
        ("Heat and Gladiator are both dramas.", [C, S]),
        ("Heat was written in scientific fits.", []),
        # adjectives that the catalogue does not know, and compounds of those that it does
        ("Heat is a dark, moving crime film.", [S]),
        ("Heat is a gripping thriller that keeps you awake.", [C]),
        ("Heat is a crime-ridden mess.", []),
        ("Heat is a Swedish film.", []),
        ("Heat is a Walt Disney film.", [N]),
        ("It is a mystery that Heat was directed by Michael Mann.", [S]),
        # a value before what its kind is called
        ("Both Heat and Fargo are in the crime genre.", [S, S]),
        ("Heat is part of the horror genre.", [C]),
        # "it" and "the film" that stand behind
        ("Heat came out in 1995. Al Pacino stars in it.", [S, S]),
        ("Heat came out in 1995. Ridley Scott directed the film.", [S, C]),
        ("Heat came out in 1995. The director of the film was Ridley Scott.", [S, C]),
        ("Heat and Alien were named. Both films are horror films.", [C, S]),
        ("Heat and Alien were named. They are both in the horror genre.", [C, S]),
        ("Heat came out in 1995. Al Pacino stars in the film Fargo.", [S, N]),
        # stretches of time
        ("Heat came out in the 1990s.", [S]),
        ("Heat came out in the '80s.", [C]),
        ("Heat came out before 1996.", [S]),
        ("Heat was released after 1995.", [C]),
        ("Heat came out between 1990 and 1995.", [S]),
        ("Heat is a 1980s crime film.", [C, S]),
        ("Heat is from the late 1990s.", [S]),
        ("Heat came out in the 1850s.", [C]),
        ("There are 4 films from the 1990s.", [C]),
        ("There are 6 films from the 1990s.", [S]),
        # of each one, or of none
        ("All films directed by Michael Mann star Al Pacino.", [S]),
        ("All films directed by Ridley Scott are dramas.", [C]),
        ("No film directed by Michael Mann is a horror film.", [S]),
        ("No movie directed by Michael Mann is a crime film.", [C]),
        ("Every film with Al Pacino stars Robert De Niro.", [N]),
        # the verb is that of the clause before
        ("Heat came out in 1995, Ronin in 1998 and Alien in 1980.", [S, S, C]),
        ("Heat was directed by Michael Mann, and Alien by Michael Mann.", [S, C]),
        ("Heat was directed by Michael Mann and is a crime film.", [S, S]),
        # names cut short
        ("Michael Mann directed Heat. Mann also directed Alien.", [S, C]),
        ("Saga Wars: The Return came out in 1984. Saga Wars is a crime film.", [S, C]),
        ("Michael Mann directed Heat. Jane Mann directed Alien.", [S, C]),
        # one wording turned: the passive, a participle, what stands before
        ("Heat was made by Ridley Scott.", [C]),
        ("Heat was made by the British director Ridley Scott.", [C]),
        ("Heat was made by director Michael Mann.", [S]),
        ("Heat was directed by Michael Mann and stars Russell Crowe.", [S, N]),
        ("Heat was directed by Michael Mann and released in 1996.", [S, C]),
        ("Heat is a family-friendly, crime-ridden film.", []),
        ("Heat, released in 1995, stars Al Pacino.", [S, S]),
        ("In Heat, Al Pacino plays a thief, while in Alien, Al Pacino plays a cook.", [S, N]),
        ("Heat (1995) by Ridley Scott.", [C, S]),
        # who does something is of whom it is said
        ("The directors of Fargo are Joel Coen and Ethan Coen.", [S, S]),
        ("The persons who made Heat are Michael Mann.", [S]),
    ],
)
def test_free_text(names: NameIndex, text: str, wanted: list[str]) -> None:
    assert kinds(names, text) == wanted


def test_a_question_tells_namesakes_apart(names: NameIndex) -> None:
    said = "Psycho was directed by Alma Old."
    assert kinds(names, said) == [S]
    assert kinds(names, said, "Who directed Psycho (1960)?") == [S]
    assert kinds(names, said, "Who directed Psycho (1998)?") == [C]


def test_older_is_older_than_the_other_one(names: NameIndex) -> None:
    question = "Which is older, Heat or Alien?"
    assert kinds(names, "Alien is older, I think.", question) == [S]
    assert kinds(names, "Heat is older.", question) == [C]
    assert kinds(names, "Heat is older.", "Which is older, Heat, Fargo or Alien?") == []


def test_what_each_one_has_is_shown_by_the_one_that_has_not(names: NameIndex) -> None:
    (verdict,) = check(names, "All films directed by Ridley Scott are dramas.").verdicts
    assert verdict.detail == "it is so of 1 of 2; not Alien"
    assert [(edge.head, edge.tail) for edge in verdict.counter_evidence] == [
        ("film:alien", "genre:horror")
    ]
    assert isinstance(verdict.claim, Claim) and verdict.claim.qualifier == "all"


def test_a_span_has_no_white_space_at_its_ends(names: NameIndex) -> None:
    text = "Here is Heat.  It is a horror film .\n It was directed by Ridley Scott ."
    spans = [text[v.claim.span[0] : v.claim.span[1]] for v in check(names, text).verdicts]
    assert all(said and said == said.strip() for said in spans)


def test_an_adjective_of_nobody_is_never_contradicted(names: NameIndex) -> None:
    (verdict,) = check(names, "Heat is a Walt Disney film.").verdicts
    assert verdict.reason == Reason.UNKNOWN_ENTITY


def test_forms_of_a_value() -> None:
    assert {"romances", "romantic"} <= set(other_forms("romance"))
    assert {"comedies", "comedic"} <= set(other_forms("comedy"))
    assert "animated" in set(other_forms("animation"))
    assert list(other_forms("9")) == []
    assert pieces_of("Sci-Fi") == ("sci", "fi")
    assert pieces_of("Documentary") == ()
    assert pieces_of("Children-Adventure") == ()


def test_time_stays_linear(names: NameIndex) -> None:
    def seconds(times: int) -> float:
        text = "Heat is a science fiction film of the 1990s. Michael Mann made it. Mann is old. "
        best = float("inf")
        for _ in range(3):  # others use the machine, too
            began = time.process_time()
            check(names, text * times)
            best = min(best, time.process_time() - began)
        return best

    short, long = seconds(100), seconds(400)
    assert long < 10 * short  # four times the text; sixteen would be quadratic


@pytest.mark.parametrize(
    ("text", "question", "kinds"),
    [
        ("Director: Ridley Scott", "Who directed Heat?", [C]),
        ("Heat (1995) - Ridley Scott", "Three films: title, year, director", [C, S]),
        ("Heat and The Insider share a director, Michael Mann.", "", [S, S]),
        ("Heat and Alien share a director, Michael Mann.", "", [S, C]),
        ("Heat came out before Alien.", "", [C]),
        ("Alien came first.", "Is Heat or Alien older?", [S]),
        ("Michael Mann directed 1 film.", "", [C]),
        ("Michael Mann directed 90 films.", "", [N]),
        ("Michael Mann directed “Heat” in 1995 and “Alien” in 1990.", "", [S, C, S, C]),
    ],
)
def test_lists_and_what_is_shared(
    names: NameIndex, text: str, question: str, kinds: list[VerdictKind]
) -> None:
    found = [verdict.kind for verdict in check(names, text, question=question).verdicts]
    told = [kind for kind in found if kind != VerdictKind.NOT_CHECKABLE]
    assert sorted(told) == sorted(kinds)
