"""The language in which this request is answered: the person's choice, else what the browser asks for, else English.

Sentences of templates are said by Jinja's own extension, those of the code by `said`. Which language it is, is found
out when the first of them is said: most requests of programs say none.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from babel import Locale, negotiate_locale
from flask import Flask, has_request_context, request

from factcheck import catalogues
from factcheck.catalogues import SOURCE, Speech, available
from factcheck.desk.team import profiles
from factcheck.errors import FactcheckError
from factcheck.messages import Message
from factcheck.web import context


def register(app: Flask) -> None:
    app.before_request(_forget)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: speech().catalogue.gettext(text),
        ngettext=lambda one, many, number: speech().catalogue.ngettext(one, many, number),
        pgettext=lambda place, text: speech().catalogue.pgettext(place, text),
        npgettext=lambda place, one, many, number: speech().catalogue.npgettext(place, one, many, number),
        newstyle=True,
    )
    app.jinja_env.filters["said"] = said
    app.context_processor(lambda: {"speech": speech()})


def speech() -> Speech:
    """Return the language, and the time zone, of this answer; English where no request is answered."""
    found = catalogues.spoken()
    if found is None and not has_request_context():
        return catalogues.speech(SOURCE)
    if found is None:
        chosen = _preferences()
        found = catalogues.speech(_language(chosen), chosen.get("time_zone"))
        catalogues.speak(found)
    return found


def tag() -> str:
    """Return the language of this answer as a tag, such as `pt` or `en`."""
    return speech().tag


def locale() -> Locale:
    return speech().locale


def said(text: Any) -> Any:
    """Say a message in the language of this answer, as a plain text; what is no message stays as it is."""
    return catalogues.said(text, speech()) if isinstance(text, Message) else text


def _forget() -> None:
    """A thread works on one request after another, and each has a language of its own."""
    catalogues.speak(None)


def _language(chosen: Mapping[str, Any]) -> str:
    return str(chosen["language"]) if chosen.get("language") in available() else asked()


def asked() -> str:
    """Return the language that the browser asks for, as far as there are any of these: else English."""
    known = available()
    asked = [tag for tag, quality in request.accept_languages if quality > 0]
    found = negotiate_locale(asked, [*known], sep="-") or SOURCE
    return next(tag for tag in known if tag.lower() == found.lower())


def _preferences() -> Mapping[str, Any]:
    """Return what the caller chose for pages: a program is answered in what it asks for, whoever runs it.

    Nothing, when that cannot be found out: a page of an error must not fail at it.
    """
    caller = None if request.path.startswith(context.API) else context.known_caller()
    if caller is not None:
        with suppress(FactcheckError), context.database().reading() as connection:
            return profiles.preferences(connection, caller.id)
    return {}
