from __future__ import annotations

from onnlu.components.token_cache import MAX_CACHED_LENGTH, MAX_CACHED_TOKENS, TokenCache


def test_a_token_is_made_once() -> None:
    made: list[str] = []

    def upper(token: str) -> str:
        made.append(token)
        return token.upper()

    cache = TokenCache(upper)
    assert [cache[token] for token in ("play", "jazz", "play")] == ["PLAY", "JAZZ", "PLAY"]
    assert made == ["play", "jazz"]


def test_a_long_token_is_not_kept() -> None:
    cache = TokenCache(len)
    assert [cache["a" * MAX_CACHED_LENGTH], cache["a" * (MAX_CACHED_LENGTH + 1)]] == [
        MAX_CACHED_LENGTH,
        MAX_CACHED_LENGTH + 1,
    ]
    assert list(cache) == ["a" * MAX_CACHED_LENGTH]


def test_no_more_tokens_are_kept_than_the_limit_says() -> None:
    cache = TokenCache(int)
    numbers = range(MAX_CACHED_TOKENS + 10)
    assert [cache[str(number)] for number in numbers] == list(numbers)
    assert len(cache) == MAX_CACHED_TOKENS
