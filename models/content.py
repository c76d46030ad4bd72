"""Rankers of items by what they are: text and attributes, for items that nobody has liked yet.

    score(u, i) = taste(u) @ (K + regularisation)^-1 K[liked, i]     in units of its spread
                + alike(u, i)                                        in units of its spread

`taste` is what EASE says of the items that somebody has liked: a person's likes, smoothed. Kernel
ridge regression carries it over to every item through `K`, how alike two items are: their texts
as vectors, their words, and each attribute relation by itself. `alike` is the plain cosine of what
somebody likes and the item, each field (the words, each relation) of length one before they are
put together, so that a long text does not drown the attributes. All in closed form.
"""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from graph.errors import InputError
from graph.names import words
from graph.neighbours import rows_of
from graph.snapshot import Progress, Snapshot
from graph.texts import texts_of_kind
from graph.types import Encode
from models.blend import spread_out
from models.ease import fit_ease
from models.rank import Floats, Likes, Options, State, arrays_of, csr, training
from models.run import Run

NAME = "content"
_EASE, _REGULARISATION, _ALIKE = 500.0, 30.0, 1.0
_MOST_ITEMS = 10_000
# Relations with at most so many values classify: there how alike two items are falls off faster.
_FEW = 100
# Numbers are alike within about a third of their standard deviation.
_NEAR = 0.35


@dataclass(frozen=True, slots=True)
class ContentRanker:
    """`carried` (items x items) has in a row what liking that item says for all; `fields` (items x
    features) has rows of length one, or zeros for an item of which nothing is known."""

    carried: NDArray[np.float32]
    fields: Likes
    options: Options = field(default_factory=dict)
    name: str = NAME

    def scores(self, profiles: sparse.csr_array) -> Floats:
        """Scores (users x items); NaN for an empty profile and items that say nothing."""
        carried: Floats = np.asarray(profiles @ self.carried, dtype=np.float64)
        alike = (unit(sparse.csr_array(profiles @ self.fields)) @ self.fields.T).toarray()
        scores: Floats = spread_out(carried) + _ALIKE * spread_out(alike)
        scores[np.bincount(rows_of(profiles), minlength=len(scores)) == 0] = np.nan
        scores[:, np.diff(self.fields.indptr) == 0] = np.nan
        return scores

    def state(self) -> State:
        """The matrix, and the fields as a CSR's three arrays."""
        return State(
            {**self.options, "features": self.fields.shape[1]},
            {"carried": self.carried, **arrays_of(self.fields)},
        )


def restore(state: State) -> ContentRanker:
    """What `ContentRanker.state` gave."""
    carried = state.arrays["carried"].astype(np.float32)
    options = dict(state.options)
    features = int(str(options.pop("features")))
    return ContentRanker(carried, csr(state.arrays, (len(carried), features)), options)


def fit_content(
    snapshot: Snapshot,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    run: Run | None = None,
) -> ContentRanker:
    """Fit on the items that somebody likes, for all; `run.encode` reads their texts.

    InputError above 10,000 items, for which the kernel would need gigabytes.
    """
    kind = snapshot.schema.relations[snapshot.schema.interactions[0]].tail
    items = snapshot.count(kind)
    if items > _MOST_ITEMS:
        raise InputError(f"the content ranker is for up to {_MOST_ITEMS:,} items, not {items:,}")
    encode = run.encode if run is not None else None
    likes = training(snapshot)
    warm = np.flatnonzero(np.bincount(likes.indices, minlength=items) > 0)
    parts = {name: unit(rarely(part)) for name, part in fields_of(snapshot, kind).items()}
    kernel = _kernel(snapshot, kind, parts, encode)
    inside = kernel[np.ix_(warm, warm)]
    inside[np.diag_indices(len(warm))] += np.float32(_REGULARISATION)
    across = cho_solve(cho_factor(inside, overwrite_a=True), kernel[warm])
    ease = fit_ease(sparse.csr_array(likes[:, warm]), regularisation=_EASE)
    carried = np.zeros((items, items), dtype=np.float32)
    carried[warm] = np.asarray(ease.matrix) @ across
    options = {"ease": _EASE, "regularisation": _REGULARISATION, "texts": encode is not None}
    stacked = sparse.csr_array(sparse.hstack(list(parts.values()), format="csr"))
    return ContentRanker(carried, unit(rarely(stacked)), options)


# -- what items say ---------------------------------------------------------------------------


def fields_of(snapshot: Snapshot, kind: str) -> dict[str, Likes]:
    """What items say, field by field (items x features): how often each word stands in their
    texts, under "", and which attributes they have under each relation."""
    counts = [Counter(w for w, _, _ in words(text)) for text in texts_of_kind(snapshot, kind)]
    place = {word: at for at, word in enumerate(sorted({w for c in counts for w in c}))}
    data = np.array([n for c in counts for n in c.values()], dtype=np.float64)
    columns = np.array([place[w] for c in counts for w in c], dtype=np.int64)
    pointers = np.cumsum([0, *(len(c) for c in counts)])
    said = sparse.csr_array((data, columns, pointers), shape=(len(counts), len(place)))
    made = {"": said}
    for name in snapshot.schema.attributes:
        links = snapshot.links(name)
        if snapshot.schema.relations[name].head == kind and links.size:
            made[name] = links.matrix().astype(np.float64)
    return made


def _kernel(
    snapshot: Snapshot, kind: str, parts: dict[str, Likes], encode: Encode | None
) -> NDArray[np.float32]:
    """How alike items are (items x items), summed over texts, words and relations."""
    items = snapshot.count(kind)
    total = np.ones((items, items), dtype=np.float32)
    if encode is not None:
        vectors = encode(texts_of_kind(snapshot, kind))
        total += np.exp(-3.0 * (1.0 - vectors @ vectors.T))
    for name, part in parts.items():
        if not name:
            total += np.float32(0.5) * (part @ part.T).toarray()
            continue
        numbers = _numbers(snapshot, name)
        if numbers is not None:
            width = _NEAR * float(np.std(numbers)) or 1.0
            total += np.exp(-(((numbers[:, None] - numbers) / width) ** 2) / 2)
            continue
        cosines = (part @ part.T).toarray()
        few = part.shape[1] <= _FEW
        total += cosines + 0.5 * np.exp(-2.0 * (1.0 - cosines)) if few else 0.5 * cosines
    return total


def _numbers(snapshot: Snapshot, name: str) -> NDArray[np.float64] | None:
    """One number per item, where all values of a relation are numbers; the mean where none is."""
    links, tail = snapshot.links(name), snapshot.schema.relations[name].tail
    labels = snapshot.labels(snapshot.rows(tail))
    try:
        values = np.array([float(label) for label in labels])
    except ValueError:
        return None
    sums = np.bincount(links.heads(), weights=values[links.indices], minlength=links.shape[0])
    counts = np.diff(links.indptr)
    mean = values[links.indices].mean()
    return np.where(counts > 0, sums / np.maximum(counts, 1), mean)


def rarely(features: Likes) -> Likes:
    """Features weighted by how rare they are: (1 + log tf) * idf where they are counts."""
    made = features.astype(np.float64)
    found = np.maximum(np.bincount(made.indices, minlength=made.shape[1]), 1)
    counts = np.where(made.data > 1, 1 + np.log(np.maximum(made.data, 1)), made.data)
    made.data = counts * np.log((made.shape[0] + 1) / found)[made.indices]
    return made


def unit(features: Likes) -> Likes:
    """Rows of length one."""
    made = features.copy()
    lengths = np.sqrt(np.bincount(rows_of(made), weights=made.data**2, minlength=made.shape[0]))
    made.data = made.data / np.where(lengths > 0, lengths, 1.0)[rows_of(made)]
    return made
