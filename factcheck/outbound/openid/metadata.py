"""What an issuer says of itself (OpenID Connect Discovery 1.0), as far as the desk uses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from authlib.common.urls import add_params_to_uri


@dataclass(frozen=True)
class Metadata:
    """Where an issuer answers. `names_itself`: it sends `iss` along with each answer (RFC 9207)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    authentication: str
    scopes: frozenset[str]
    names_itself: bool

    @staticmethod
    def with_parameters(url: str, parameters: Mapping[str, str]) -> str:
        return str(add_params_to_uri(url, list(parameters.items())))


def metadata_of(document: Any, *, issuer: str) -> Metadata:
    """Read an issuer's document. Raises ValueError for one of another issuer, or one that lacks something."""
    if not isinstance(document, dict) or document.get("issuer") != issuer:
        raise ValueError("It is the document of another issuer.")
    secure = issuer.startswith("https://")

    def endpoint(name: str, *, needed: bool) -> str | None:
        url = document.get(name)
        if url is None and not needed:
            return None
        if not isinstance(url, str) or urlsplit(url).scheme not in (("https",) if secure else ("http", "https")):
            raise ValueError(f"Its {name} is no address.")
        add_params_to_uri(url, [])  # raises ValueError for a query to which none can be added
        return url

    ways = _texts(document, "token_endpoint_auth_methods_supported")
    by_post = "client_secret_post" in ways and "client_secret_basic" not in ways
    return Metadata(
        str(endpoint("authorization_endpoint", needed=True)),
        str(endpoint("token_endpoint", needed=True)),
        str(endpoint("jwks_uri", needed=True)),
        endpoint("userinfo_endpoint", needed=False),
        endpoint("end_session_endpoint", needed=False),
        "client_secret_post" if by_post else "client_secret_basic",
        _texts(document, "scopes_supported"),
        document.get("authorization_response_iss_parameter_supported") is True,
    )


def _texts(document: dict[str, Any], name: str) -> frozenset[str]:
    found = document.get(name)
    return frozenset(each for each in found if isinstance(each, str)) if isinstance(found, list) else frozenset()
