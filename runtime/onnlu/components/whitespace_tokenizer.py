"""A tokenizer for languages that put blanks between words."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from onnlu.components.tokenizer import Tokenizer
from onnlu.message import Token

# Rules are written for ASCII; other texts are first mapped to their "shape", an ASCII text of the
# same length with one representative character for each kind.
_WORD_SHAPE: Final = "a"
_BLANK_SHAPE: Final = " "
_OTHER_SHAPE: Final = '"'

_BLANK: Final = r"\s\x1c-\x1f"
_KEPT: Final = r"\w#@&"
_MARK: Final = rf"[^{_KEPT}{_BLANK}]"  # punctuation, symbols, control characters
# Marks that hold together what stands on both sides of them: a URL, a time, an e-mail address.
_JOINING: Final = re.escape("._~:/?[]()!$*+,;=-")

# From the first to the last kept character of what stands between blanks. Before a number its
# sign stays as well: "-5", "$5", ".5".
_WORD: Final = re.compile(
    rf"(?:{_MARK}(?=[0-9]))?[{_KEPT}]+(?:{_MARK}+[{_KEPT}]+)*", flags=re.ASCII
)
# A mark that splits a word: neither a joining one nor next to a number, as in "10'000". What
# stands before the mark is looked at after it, so that texts without such marks pass quickly.
_SPLIT: Final = re.compile(
    rf"[^{_KEPT}{_BLANK}{_JOINING}](?<=[^0-9{_BLANK}].)(?=[^0-9{_BLANK}])", flags=re.ASCII
)
_EMOJI: Final = re.compile("[\u200c\u200d\u24c2-\U0001faff]+")

_WORD_CATEGORIES: Final = frozenset(
    ["Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "Pc"]
)
# Of other categories, yet part of words: the two joiners, and letters in circles and squares.
_OTHER_WORD_CHARACTERS: Final = re.compile(
    "[\u200c\u200d\u24b6-\u24e9\U0001f130-\U0001f149\U0001f150-\U0001f169\U0001f170-\U0001f189]"
)
_MAX_KNOWN_SHAPES: Final = 10_000


class WhitespaceTokenizer(Tokenizer):
    """Splits at blanks, and drops punctuation around words; tokens equal those of Rasa 3.6.

    Letters, digits, their combining marks, `_`, `#`, `@` and `&` are always kept. Other characters
    go at the borders of words; within one some join (`a.b`, `3:30`, `x=y`) and others split
    (`don't` is `don` and `t`), except next to an ASCII digit. Words of nothing but emoji are
    dropped. So are, as in Rasa, words of nothing but CJK or Hangul, whose code points lie between
    those of emoji. Where nothing is left, the whole text is one token.

    For the options see `Tokenizer`.
    """

    @staticmethod
    def not_supported_languages() -> list[str] | None:
        """Languages that put no blanks between words."""
        return ["zh", "ja", "th"]

    def tokenize(self, text: str) -> list[Token]:
        """Split a text.

        >>> tokenizer = WhitespaceTokenizer(WhitespaceTokenizer.get_default_config())
        >>> [token.text for token in tokenizer.tokenize("(Don't!) meet me at 7:30, a@b.com")]
        ['Don', 't', 'meet', 'me', 'at', '7:30', 'a@b.com']
        """
        shape = text if text.isascii() else text.translate(_SHAPES)
        spans = [match.span() for match in _WORD.finditer(shape)]
        if _SPLIT.search(shape):
            spans = [piece for span in spans for piece in _split(shape, *span)]
        if shape is not text:
            spans = [span for span in spans if not _EMOJI.fullmatch(text, *span)]
        if not spans:
            return [Token(text, 0, len(text))]
        return [Token(text[start:end], start, end) for start, end in spans]


def _split(shape: str, start: int, end: int) -> list[tuple[int, int]]:
    pieces = []
    for mark in _SPLIT.finditer(shape, start, end):
        pieces.append((start, mark.start()))
        start = mark.end()
    pieces.append((start, end))
    return [piece for piece in pieces if piece[0] < piece[1]]


class _Shapes(dict[int, str]):
    """Code point -> its shape, for `str.translate`; learns what it meets, up to a limit."""

    def __missing__(self, code_point: int) -> str:
        shape = _shape(chr(code_point))
        if len(self) < _MAX_KNOWN_SHAPES:
            self[code_point] = shape
        return shape


def _shape(character: str) -> str:
    if character.isascii():
        return character
    if character.isspace():
        return _BLANK_SHAPE
    is_word = unicodedata.category(character) in _WORD_CATEGORIES
    if is_word or _OTHER_WORD_CHARACTERS.match(character):
        return _WORD_SHAPE
    return _OTHER_SHAPE


_SHAPES: Final = _Shapes()
