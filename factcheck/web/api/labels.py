"""/v1/labels"""

from flask import Response

from factcheck.catalogues import available
from factcheck.schemas.labels import LabelsOut
from factcheck.web import context, queries
from factcheck.web.api import Blueprint
from factcheck.web.speaking import languages
from factcheck.web.speaking.vocabularies import VOCABULARIES

blueprint = Blueprint("labels", "The words for the values of the desk's vocabularies, in each language of the desk.")


@blueprint.route("/labels")
@blueprint.doc(parameters=queries.documented())
@blueprint.response(200, LabelsOut)
def get_labels() -> Response:
    """Get the words for statuses, kinds, stances, relations and the other values, in one language.

    `Accept-Language` chooses the language, else they are in English. `languages` lists those that the desk has.
    """
    queries.read()
    labels = {
        name: {str(value): languages.said(label) for value, label in values.items()}
        for name, values in VOCABULARIES.items()
    }
    answer = context.one_thing({"language": languages.tag(), "languages": [*available()], "labels": labels})
    answer.content_language.add(languages.tag())
    answer.headers["Vary"] = "Accept-Language, Authorization, Cookie"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer
