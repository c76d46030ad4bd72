"""What is seen of a text, and the way back to where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reasoning.visible import visible


@pytest.mark.parametrize(
    ("whole", "seen"),
    [
        ("Heat", "Heat"),
        ("He\u200bat", "Heat"),
        ("<b>Heat</b> is <i class='x'>good</i>", "Heat is good"),
        ("dir\u00adected", "directed"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("a\x00b", "ab"),
        ("\ufeff", ""),
        ("line\nline\ttab", "line\nline\ttab"),
    ],
)
def test_what_nobody_sees_is_left_out(whole: str, seen: str) -> None:
    assert visible(whole).text == seen


@given(st.text(alphabet="ab \u200b\u00ad<>/\n", max_size=60), st.data())
def test_a_span_leads_back_to_the_same_characters(whole: str, data: st.DataObject) -> None:
    seen = visible(whole)
    start = data.draw(st.integers(0, len(seen.text)))
    end = data.draw(st.integers(start, len(seen.text)))
    first, last = seen.span(start, end)
    assert 0 <= first <= last <= len(whole)
    if end > start:
        assert whole[first] == seen.text[start]
        assert whole[last - 1] == seen.text[end - 1]
