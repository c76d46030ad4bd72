"""Particles and lists: what makes a sentence one that a person would say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.words import ends_in_consonant, fill, listed, sentence


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("히트", "히트는 히트를 히트로"),
        ("로닌", "로닌은 로닌을 로닌으로"),
        ("서울", "서울은 서울을 서울로"),
        ("Heat", "Heat는 Heat를 Heat로"),
        ("Ronin", "Ronin은 Ronin을 Ronin으로"),
        ("Michael Mann", "Michael Mann은 Michael Mann을 Michael Mann으로"),
        ("1995", "1995는 1995를 1995로"),
        ("1998", "1998은 1998을 1998로"),
        ("2010", "2010은 2010을 2010으로"),
        ("Seven (Se7en)", "Seven (Se7en)은 Seven (Se7en)을 Seven (Se7en)으로"),
    ],
)
def test_particles_follow_the_sound(name: str, said: str) -> None:
    assert fill("{x}은/는 {x}을/를 {x}으로/로", {"x": name}) == said


def test_a_sentence_has_one_stop() -> None:
    assert sentence("see {x}.", {"x": "Heat"}) == "see Heat."
    assert sentence("see {x}.", {"x": "Mafia!"}) == "see Mafia!"
    assert sentence("{x} is seen.", {"x": "Mafia!"}) == "Mafia! is seen."


def test_a_particle_in_a_name_is_left_alone() -> None:
    assert fill("{x}은/는", {"x": "은/는"}) == "은/는은"


@pytest.mark.parametrize(
    ("names", "english", "korean"),
    [
        (["A"], "A", "A"),
        (["Heat", "Ronin"], "Heat and Ronin", "Heat와 Ronin"),
        (["Ronin", "Heat", "Fargo"], "Ronin, Heat and Fargo", "Ronin, Heat와 Fargo"),
        ([], "", ""),
    ],
)
def test_lists(names: list[str], english: str, korean: str) -> None:
    assert listed(names, "en") == english
    assert listed(names, "ko") == korean


@given(st.integers(0, 11171))
def test_a_hangul_syllable_ends_as_it_is_written(at: int) -> None:
    assert ends_in_consonant(chr(ord("가") + at)) == (at % 28 != 0)
