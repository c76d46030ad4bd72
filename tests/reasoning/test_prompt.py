"""A prompt file says what it needs; one that lies fails when it is built, not when it is used."""

import pytest

from graph.errors import InputError
from reasoning.prompt import Prompt, PromptError, prompt, prompt_names

GOOD = "inputs: item, facts\n# system\nBe brief.\n# user\n{facts} about {item}.\n"


def test_data_stands_apart_from_instructions() -> None:
    system, user = Prompt.of("it", GOOD).messages({"item": "Heat", "facts": "F1: so"})
    assert (system.role, system.text) == ("system", "Be brief.")
    assert (user.role, user.text) == ("user", "F1: so about Heat.")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("{item}", "it"), "declares facts, item, uses facts"),
        (GOOD.replace("item, facts", "facts"), "declares facts, uses facts, item"),
        (GOOD.replace("Be brief.", "Be brief about {item}."), "instructions have a slot"),
        (GOOD.replace("# system\n", ""), "needs an `inputs:` line"),
        ("", "needs an `inputs:` line"),
    ],
)
def test_a_file_that_lies_cannot_be_built(text: str, told: str) -> None:
    with pytest.raises(PromptError, match=told):
        Prompt.of("it", text)


@pytest.mark.parametrize("values", [{"item": "Heat"}, {"item": "H", "facts": "", "more": ""}])
def test_values_are_those_declared(values: dict[str, str]) -> None:
    with pytest.raises(PromptError, match="needs facts, item"):
        Prompt.of("it", GOOD).messages(values)


def test_a_value_is_filled_in_once() -> None:
    _, user = Prompt.of("it", GOOD).messages({"item": "{facts}", "facts": "{item}"})
    assert user.text == "{item} about {facts}."


def test_every_prompt_of_ours_builds_in_both_languages() -> None:
    names = prompt_names()
    assert "explain.en" in names
    tasks = {name.rpartition(".")[0] for name in names}
    assert set(names) == {f"{task}.{language}" for task in tasks for language in ("en", "ko")}
    for name in names:
        task, _, language = name.rpartition(".")
        assert prompt(task, language).system


def test_both_languages_of_a_prompt_need_the_same() -> None:
    for name in prompt_names():
        task = name.rpartition(".")[0]
        assert prompt(task, "en").inputs == prompt(task, "ko").inputs


def test_a_prompt_that_is_not_there() -> None:
    with pytest.raises(InputError, match="no prompt 'sing'"):
        prompt("sing", "en")
