"""`tr`: English text in, the person's language out, from reviewable JSON files: one for each language and package."""

from __future__ import annotations

import json
from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from designer.resources.files import path

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
_COMMA = str.maketrans(".,", ",.")
_words: dict[str, str] = {}
_qt: list[QTranslator] = []


def tr(text: str, context: str = "") -> str:
    """The text in the chosen language, or as it is. `context` tells equal English words apart (`context|text`)."""
    if not _words:
        return text
    return _words.get(f"{context}|{text}") or _words.get(text) or text if context else _words.get(text) or text


def tr_later(text: str, context: str = "") -> str:
    """The text as it is: says that `tr` will get it from a table, so that it is translated."""
    return text


def signs(number: str) -> str:
    """A number as the language writes it: `1,234.5` is `1.234,5` in German. Not for data: there it is a point."""
    return number.translate(_COMMA) if _words else number


def load_language(choice: str = "system") -> str:
    """Speak a language from now on ("system", "en", "de"); returns which. What is on screen stays as it is."""
    language = QLocale.system().name().partition("_")[0] if choice == "system" else choice
    files = sorted(path("translations", language).glob("*.json")) if language in LANGUAGES else []
    _words.clear()
    for file in files:
        _words.update(json.loads(file.read_text("utf-8")))
    found = bool(_words)
    language = language if found else "en"
    _speak_qt(language)
    return language


def _speak_qt(language: str) -> None:
    """Qt's own words ("Cancel", the menu of a text field) from the files that come with it."""
    if QCoreApplication.instance() is None:
        return
    app = QCoreApplication
    for translator in _qt:
        app.removeTranslator(translator)
    _qt.clear()
    if language != "en":
        translator = QTranslator()
        if translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
            app.installTranslator(translator)
            _qt.append(translator)
