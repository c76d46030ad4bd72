"""What the language model is asked for, set by set, so that its free text can be labelled.

The first two sets ask in their own ways, the third in all of these of other items. The fourth and
the fifth ask for more kinds of claim, some of them for lists, about items and people that no
earlier prompt names: the fourth to make the checker better on, the fifth to measure it.
"""

from collections.abc import Iterator

import numpy as np

from graph.snapshot import Snapshot

SEED = 1
SYSTEM = "You write about films for a shop. Plain sentences, no lists, no headings."
ASKED = (
    "In three sentences, who directed {one}, who stars in it, and what kind of film is it?",
    "Write three sentences that introduce {one} to somebody who has never heard of it.",
    "In three sentences, compare {one} and {two}: their directors, their years, their genres.",
    "Recommend {one} in three sentences to somebody who liked {two}. Say what they share.",
    "Tell me three facts about the people who made {one}, a sentence each.",
)
ASKED_AGAIN = (
    "Describe {one} in three sentences: when it came out, who made it, and who is in it.",
    "Why might somebody who enjoyed {two} enjoy {one}? Answer in three sentences, with names and"
    " genres.",
    "Name three films by the director of {one}, a sentence each, with the year.",
    "In three sentences, say which of {one} and {two} is older, who plays in each, and what they"
    " have in common.",
    "Introduce the cast and the writers of {one} in three sentences.",
)
ASKED_FOR_CLAIMS = (
    "Who made {one}, and when? Name two of its actors and its genre, in three short sentences.",
    "Write a blurb of three sentences for {one} that names its director, its year and its actors.",
    "How does {one} differ from {two} in year, genre and director? Three sentences.",
    "What did {maker} direct, and when? Three sentences.",
    "In which films did {player} act? Three sentences, each with a film and its year.",
    "How many films did {maker} direct? Say the number first, then name some, in three sentences.",
    "Which of {one} and {two} is more popular, and which is newer? Answer in three sentences.",
    "List the director, the cast and the genre of {one}, a bullet point each.",
    "List three films like {one}, a line each: title, year, director.",
    "Do {one} and {two} have a director, an actor or a genre in common? Two sentences.",
    "A customer rated {seen}. Write them three sentences that remind them of what they rated and"
    " say who directed it.",
)
ASKED_UNSEEN = (
    "Tell a friend in three sentences who directed {one}, when it was released and who acts in it.",
    "Write a catalogue entry of three sentences for {one}: its genre, its director, its stars.",
    "Which came first, {one} or {two}, and who directed each of them? Three sentences.",
    "Write three sentences about the films of {maker}, with their titles and years.",
    "Write three sentences about films with {player}: who directed them and what genre they are.",
    "Say in three short sentences which decade {one} is from, what genre it is and who plays in"
    " it.",
    "What do {one} and {two} share, and what not? Three sentences on people, genres and years.",
    "Give the director, the year, the genre and two actors of {one} as a list, a line each.",
    "Recommend three films with {player} as a list: title, year and director on a line.",
    "How many films has {player} been in, and which was the first? Three sentences.",
    "Is {one} better known than {two}? Three sentences, with their years and genres.",
    "A customer rated {seen}. Thank them in three sentences: repeat their ratings, and say what"
    " genre these films are.",
)
_BRIEF = "You write about films for a shop. Be brief. Use names, years and genres."
SYSTEMS = {
    "first": SYSTEM,
    "second": SYSTEM,
    "third": SYSTEM,
    "fourth": _BRIEF,
    "fifth": _BRIEF,
}
SETS = {
    "first": (ASKED, SEED),
    "second": (ASKED_AGAIN, SEED + 1),
    "third": ((*ASKED, *ASKED_AGAIN), SEED + 2),
    "fourth": (ASKED_FOR_CLAIMS, SEED + 3),
    "fifth": (ASKED_UNSEEN, SEED + 4),
}
_NAME_ONCE = ("fourth", "fifth")


def asked(snapshot: Snapshot, group: str, taken: str = "") -> Iterator[tuple[str, str]]:
    """Prompts of a set without end, each with the id of the user whom it tells of, or "".

    Items are drawn by how many people like them; the last two sets name nothing twice, and
    nothing that stands in `taken`.
    """
    forms, seed = SETS[group]
    likes = snapshot.likes()
    popular = np.bincount(likes.indices, minlength=likes.shape[1]) + 0.0
    generator = np.random.default_rng(seed)
    start = snapshot.rows("film").start
    at = -1
    while True:
        at += 1
        form = forms[at % len(forms)]
        one, two = generator.choice(len(popular), 2, replace=False, p=popular / popular.sum())
        names = {"one": _titled(snapshot, int(one) + start)}
        names["two"] = _titled(snapshot, int(two) + start)
        user = ""
        if group in _NAME_ONCE:
            names["maker"] = _person(snapshot, "directed_by", int(one))
            names["player"] = _person(snapshot, "stars", int(one))
            if "{seen}" in form:
                user, names["seen"] = _seen(snapshot, generator, taken)
            used = [name for slot, name in names.items() if f"{{{slot}}}" in form]
            if any(not name or name in taken for name in used):
                continue
        prompt = form.format(**names)
        if group in _NAME_ONCE:
            taken += prompt
        yield prompt, user


def _titled(snapshot: Snapshot, row: int) -> str:
    links = snapshot.links("released_in")
    span = links.row(row - snapshot.rows("film").start)
    years = [snapshot.label(int(y) + snapshot.rows("year").start) for y in links.indices[span]]
    return f"{snapshot.label(row)} ({years[0]})" if years else snapshot.label(row)


def _person(snapshot: Snapshot, relation: str, item: int) -> str:
    links = snapshot.links(relation)
    people = links.indices[links.row(item)]
    return snapshot.label(int(people[0]) + snapshot.rows("person").start) if len(people) else ""


def _seen(snapshot: Snapshot, generator: np.random.Generator, taken: str) -> tuple[str, str]:
    """A user, and two things that they rated, in words; none where all are the same."""
    links = snapshot.links("rated")
    if not links.weight.min() < links.weight.max():
        return "", ""  # liked or not, in a split without ratings
    users, items = snapshot.rows("user"), snapshot.rows("film")
    user = int(generator.integers(len(users)))
    span = links.row(user)
    told = []
    for at in generator.permutation(np.arange(span.start, span.stop)):
        title = _titled(snapshot, int(links.indices[at]) + items.start)
        if title not in taken:
            told.append(f"{title} with {links.weight[at]:g} stars")
    return snapshot.id(user + users.start), " and ".join(told[:2])
