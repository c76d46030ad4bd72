"""What every encoder of texts promises; a new one inherits this and gives `encoder`."""

import numpy as np
import pytest

from graph.types import TextEncoder, Vectors

TEXTS = ["a quiet film about the sea", "An engine of war", "바다에 관한 조용한 영화", "Ærø", "a"]


class TextEncoderContract:
    """Inherit, and give the fixture `encoder`; `alike` is how close two equal vectors lie."""

    alike = 1e-4

    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls) -> TextEncoder:
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def vectors(cls, encoder: TextEncoder) -> Vectors:
        return encoder.encode(TEXTS)

    def test_texts_by_size(self, encoder: TextEncoder, vectors: Vectors) -> None:
        assert vectors.shape == (len(TEXTS), encoder.size)
        assert vectors.dtype == np.float32

    def test_rows_have_length_one(self, vectors: Vectors) -> None:
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, rtol=1e-5)

    def test_the_same_text_gives_the_same_vector(
        self, encoder: TextEncoder, vectors: Vectors
    ) -> None:
        np.testing.assert_array_equal(encoder.encode(TEXTS), vectors)

    def test_a_text_is_read_as_among_others(self, encoder: TextEncoder, vectors: Vectors) -> None:
        for at, text in enumerate(TEXTS):
            np.testing.assert_allclose(encoder.encode([text])[0], vectors[at], atol=self.alike)

    def test_no_texts(self, encoder: TextEncoder) -> None:
        assert encoder.encode([]).shape == (0, encoder.size)

    def test_nothing_said_is_zeros(self, encoder: TextEncoder) -> None:
        vectors = encoder.encode(["", "  \n", "—!?", "word"])
        assert not vectors[:3].any()
        assert vectors[3].any()

    def test_whatever_a_catalogue_holds_can_be_read(self, encoder: TextEncoder) -> None:
        vectors = encoder.encode(
            ["x" * 20_000, "\x00\x1f", "word \ud800 word", "👩‍👩‍👧‍👦", "مرحبا"]
        )
        assert np.isfinite(vectors).all()

    def test_a_text_is_nearest_to_itself_with_a_typo(self, encoder: TextEncoder) -> None:
        typos = encoder.encode(["a quiet film about teh sea", "An engin of war"])
        nearest = np.argmax(typos @ encoder.encode(TEXTS).T, axis=1)
        assert nearest.tolist() == [0, 1]

    def test_it_says_what_it_is(self, encoder: TextEncoder) -> None:
        assert encoder.name
        assert encoder.languages is None or "en" in encoder.languages
