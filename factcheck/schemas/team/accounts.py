"""Accounts of people at the identity provider, in and out."""

from marshmallow import fields

from factcheck.schemas.base import In, Moment, Out, Reference, Text


class AccountIn(In):
    """An account at the identity provider of this desk, with which the person can log in."""

    subject = Text(
        255,
        required=True,
        metadata={
            "description": "The account's number at the provider: the claim `sub`. Who logs in with an account that"
            " the desk does not know is shown it. The desk keeps its hash alone."
        },
    )


class AccountLinks(Out):
    self = fields.String(required=True)
    person = fields.String(required=True)


class AccountOut(Out):
    id = Reference(required=True)
    issuer = fields.String(required=True, metadata={"description": "The URL of the identity provider."})
    digest = fields.String(
        required=True,
        metadata={
            "description": "The SHA-256 of the JSON list of the issuer and the account's number, in hexadecimal."
        },
    )
    bound_at = Moment(required=True)
    links = fields.Nested(AccountLinks, required=True)
