"""Rating scales, in and out."""

from typing import Any

from marshmallow import ValidationError, fields, missing, validate, validates_schema

from factcheck.messages import message
from factcheck.rules import ratings as rules
from factcheck.rules.status import VERDICTS, Status
from factcheck.schemas.base import In, Language, Moment, Number, Out, Reference, Text, Url, Whole, many

LABEL, DEFINITION = 60, 1000  # code points at most
_KEY = "[a-z][a-z0-9_-]{0,59}"
_VERDICTS = [status.value for status in Status if status in VERDICTS]


def _key(**kwargs: Any) -> Text:
    pattern = validate.Regexp(
        f"{_KEY}\\Z", error=message("Must be lower-case letters, digits, - and _, a letter first.")
    )
    return Text(60, validate=pattern, **kwargs)


class _Words(fields.Dict):
    """Texts by language tag."""

    def __init__(self, longest: int, description: str, **kwargs: Any) -> None:
        length = validate.Length(max=rules.LANGUAGES)
        described = {"description": description}
        super().__init__(Language(allow_none=False), Text(longest), validate=length, metadata=described, **kwargs)


class RatingIn(In):
    key = _key(required=True, metadata={"description": "What verdicts name it by. It never changes."})
    status = fields.String(
        required=True,
        validate=validate.OneOf(_VERDICTS),
        metadata={"description": "The verdict to which it belongs."},
    )
    number = Number(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "Its place among the numbers of the scale, larger for what is truer. Null: it has none."
        },
    )
    labels = _Words(LABEL, "Its word by language tag, the scale's own language among them.", required=True)
    definitions = _Words(DEFINITION, "What it means, by language tag.", load_default=dict)


class RatingScaleIn(In):
    """The house's own words for verdicts, each for one status."""

    name = Text(200, required=True)
    language = Language(required=True, allow_none=False, load_default=missing)
    description = Text(4000, load_default=None, allow_none=True)
    url = Url(load_default=None, allow_none=True, metadata={"description": "Where the scale is described."})
    ratings = many(fields.Nested(RatingIn), rules.RATINGS, least=1, required=True)

    @validates_schema(skip_on_field_errors=True)
    def _consistent(self, data: dict[str, Any], **_: Any) -> None:
        flaws: dict[int, dict[str, list[str]]] = {}
        seen: set[str] = set()
        for at, rating in enumerate(data["ratings"]):
            if rating["key"] in seen:
                flaws[at] = {"key": [message("Another rating has this key.")]}
            elif data["language"] not in rating["labels"]:
                told = message("Needs a label in {language}, the scale's own language.", language=data["language"])
                flaws[at] = {"labels": [told]}
            elif unlabelled := sorted(rating["definitions"].keys() - rating["labels"].keys()):
                told = message("Needs a label in {language} too.", language=unlabelled[0])
                flaws[at] = {"definitions": [told]}
            seen.add(rating["key"])
        if flaws:
            raise ValidationError({"ratings": flaws})


class TranslationIn(In):
    """The words of a scale in one more language."""

    language = Language(required=True, allow_none=False, load_default=missing)
    labels = fields.Dict(
        Text(60),
        Text(LABEL),
        required=True,
        validate=validate.Length(max=rules.RATINGS),
        metadata={"description": "The word of each rating of the scale, by its key."},
    )
    definitions = fields.Dict(
        Text(60),
        Text(DEFINITION),
        load_default=dict,
        validate=validate.Length(max=rules.RATINGS),
        metadata={"description": "What ratings mean, by their keys."},
    )


class RatingNameIn(In):
    """A rating of an active scale, for a verdict."""

    scale_id = Reference(required=True)
    key = _key(required=True)


class RatingRef(Out):
    """The rating that a verdict names, as it was when the verdict was given."""

    scale_id = Reference(required=True)
    key = fields.String(required=True)
    label = fields.String(required=True, metadata={"description": "The word, in `language`."})
    language = fields.String(required=True)
    number = fields.Float(required=True, allow_none=True)
    best = fields.Float(required=True, allow_none=True, metadata={"description": "The largest number of the scale."})
    worst = fields.Float(required=True, allow_none=True, metadata={"description": "The smallest number of the scale."})


class RatingOut(Out):
    key = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(_VERDICTS))
    number = fields.Float(required=True, allow_none=True)
    labels = fields.Dict(fields.String(), fields.String(), required=True)
    definitions = fields.Dict(fields.String(), fields.String(), required=True)


class RatingScaleLinks(Out):
    self = fields.String(required=True)


class RatingScaleOut(Out):
    id = Reference(required=True)
    name = fields.String(required=True)
    language = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    ratings = fields.List(fields.Nested(RatingOut), required=True)
    revision = Whole(1, required=True)
    added_at = Moment(required=True)
    withdrawn_at = Moment(
        required=True, allow_none=True, metadata={"description": "Since when no new verdict can name its ratings."}
    )
    links = fields.Nested(RatingScaleLinks, required=True)
