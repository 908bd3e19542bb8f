"""Words of the report in English and Chinese.

The English text is the key; a phrase that has no translation stays English.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from meshes.errors import InputError

LANGUAGES = ("en", "zh")


@dataclass(frozen=True)
class Words:
    """Translates the report's own phrases; never the user's text."""

    code: str = "en"

    def __call__(self, phrase: str, **values: object) -> str:
        """Return the phrase in the language, with ``{name}`` fields filled in."""
        text = _dictionary(self.code).get(phrase, phrase)
        return text.format(**values) if values else text


def words(language: str) -> Words:
    """Return the words of a language.

    Raises
    ------
    InputError
        If the language is not offered.
    """
    if language not in LANGUAGES:
        raise InputError(f"language {language!r} is not offered; choose one of {', '.join(LANGUAGES)}")
    return Words(language)


@cache
def _dictionary(code: str) -> dict[str, str]:
    file = Path(__file__).parent / "templates" / f"{code}.json"
    read: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return read
