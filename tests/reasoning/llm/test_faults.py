"""An endpoint may be down, slow, cut, out of quota, or none at all: each has its error."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from graph.errors import (
    LanguageModelError,
    ModelCutError,
    ModelDownError,
    ModelRefusedError,
    ModelReplyError,
    ModelTimeoutError,
    PromptTooLongError,
)
from reasoning.llm.endpoint import open_endpoint
from reasoning.llm.model import Limits, Message, Request
from reasoning.llm.retrying import Retrying
from tests.reasoning.llm.bad_server import GOOD, bad_server

REQUEST = Request((Message("user", "F1: Ronin stars Jean Reno."),), limits=Limits(200, 20.0))
WITH_SCHEMA = Request(REQUEST.messages, {"type": "object"}, REQUEST.limits)


@pytest.mark.parametrize(
    ("way", "error", "told"),
    [
        ("busy", ModelDownError, "too busy or broken"),
        ("rate", ModelDownError, "slow down"),
        ("html error", ModelDownError, "too busy or broken"),
        ("quota", ModelRefusedError, "quota is used up"),
        ("key", ModelRefusedError, "does not accept the key"),
        ("unknown", ModelRefusedError, "no such model"),
        ("refuses", ModelRefusedError, "I cannot help"),
        ("filter", ModelRefusedError, "content filter"),
        ("window", PromptTooLongError, "does not fit"),
        ("html", ModelReplyError, "no reply of a chat model"),
        ("shape", ModelReplyError, "another form"),
        ("shapes", ModelReplyError, "another form"),
        ("list", ModelReplyError, "another form"),
        ("no json", ModelReplyError, "another form"),
        ("endless", ModelReplyError, "repeats itself"),
        ("too much", ModelReplyError, "after its limit"),
        ("cut", ModelCutError, "broke off"),
        ("ends early", ModelCutError, "broke off"),
    ],
)
def test_each_fault_has_its_error(way: str, error: type[LanguageModelError], told: str) -> None:
    with bad_server(way) as (address, asked):
        with pytest.raises(error, match=told) as raised:
            open_endpoint(address, "m", None).complete(REQUEST)
        assert type(raised.value) is error
        assert len(asked) == 1


def test_nobody_is_there() -> None:
    with bad_server("good") as (address, _):
        pass
    with pytest.raises(ModelDownError, match="cannot be reached"):
        open_endpoint(address, "m", None).complete(REQUEST)


@pytest.mark.parametrize("way", ["slow", "drips"])
def test_time_is_kept(way: str) -> None:
    request = Request(REQUEST.messages, limits=Limits(200, 0.3))
    with bad_server(way) as (address, _), pytest.raises(ModelTimeoutError):
        open_endpoint(address, "m", None).complete(request)


@pytest.mark.parametrize("way", ["good", "key", "html", "no json", "too much", "drips"])
def test_no_connection_outlives_its_call(way: str) -> None:
    """However a call ends, nothing is left to close when a model is let go of."""
    request = Request(REQUEST.messages, limits=Limits(200, 0.5 if way == "drips" else 20.0))
    with bad_server(way) as (address, _):
        model = open_endpoint(address, "m", None)
        before = sockets()
        with suppress(LanguageModelError):
            model.complete(request)
        for _ in range(200):
            if sockets() <= before:
                break
            time.sleep(0.01)
        assert sockets() <= before
        assert model.name


def sockets() -> int:
    """How many sockets this process, which is both sides, holds open."""
    held = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            held += os.readlink(one).startswith("socket:")
    return held


def test_what_may_pass_is_asked_again() -> None:
    waits: list[float] = []
    with bad_server("busy twice") as (address, asked):
        model = Retrying(open_endpoint(address, "m", None), tries=3, sleep=waits.append)
        assert model.complete(REQUEST).text == GOOD
        assert len(asked) == 3
    assert waits == [0.5, 1.0]


def test_what_will_not_pass_is_asked_once() -> None:
    with bad_server("quota") as (address, asked):
        with pytest.raises(ModelRefusedError):
            Retrying(open_endpoint(address, "m", None)).complete(REQUEST)
        assert len(asked) == 1


def test_a_wait_that_is_longer_than_the_time_is_not_waited_for() -> None:
    with bad_server("rate") as (address, asked):
        with pytest.raises(ModelTimeoutError, match="no time is left"):
            Retrying(open_endpoint(address, "m", None)).complete(REQUEST)
        assert len(asked) == 1


def test_words_that_were_told_are_not_told_twice() -> None:
    heard: list[str] = []
    with bad_server("cut") as (address, asked):
        with pytest.raises(ModelCutError):
            Retrying(open_endpoint(address, "m", None)).complete(REQUEST, heard.append)
        assert len(asked) == 1
    assert "".join(heard) == GOOD[:18]


def test_an_endpoint_without_schemas_is_asked_plainly() -> None:
    with bad_server("no schema") as (address, asked):
        model = open_endpoint(address, "m", None)
        assert model.constrains
        assert model.complete(WITH_SCHEMA).text == GOOD
        assert not model.constrains
        model.complete(WITH_SCHEMA)
        assert ["response_format" in body for body in asked] == [True, False, False]
