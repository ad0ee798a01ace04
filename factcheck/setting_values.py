"""Values of settings: found in the environment, read from text, and shown to people.

Each reader raises ValueError, which says what the value must be.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from factcheck.errors import Misconfigured

_RATE = re.compile(
    r"[1-9][0-9]{0,8} *(/|per) *([1-9][0-9]{0,3} *)?(second|minute|hour|day|month|year)s?", re.IGNORECASE
)
# Only kinds on whose content two people can differ; the rest is a tag as claims have them.
_POLICY = re.compile(r"kind:(factual|quantity)|tag:[^\W_]+(-[^\W_]+)*")
_ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?"
)
_HOST = re.compile(r"(\[(?P<six>[^\]]*)\]|(?P<host>[^:\[\]]*))(:(?P<port>[0-9]{1,5})?)?")
BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
_PASSWORD = re.compile(r"(?<=password=)[^&]*")
# A value may hold commas and equals signs, as names in directories do. The roles are those of `rules/roles.py`.
CLAIMED_ROLE = re.compile(r"\s*(?P<value>[^\s].*?)\s*=\s*(?P<role>reader|contributor|analyst|admin)\s*(,|$)")
_USUAL_PORTS = {"http": "80", "https": "443"}
# One address: words with dots, an @, and names with dots; nothing that has a meaning in a header of a mail. What looks
# like an encoded word (RFC 2047) would be decoded when the header is written, line ends included.
_ATOM = r"[^\s\x00-\x20\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069@<>(),:;\\\"\[\].]+"
MAIL_ADDRESS = re.compile(rf"(?!.*=\?){_ATOM}(\.{_ATOM})*@{_ATOM}(\.{_ATOM})*")
_SENDER = re.compile(r"(?P<name>[^<>@\x00-\x1f\x7f]*?) *<(?P<address>[^<>]*)>")
SMTP_PORTS = {"smtp": 587, "smtps": 465}


class MailServer(NamedTuple):
    """The server that takes the desk's mail. `scheme` is smtps where TLS begins with the connection."""

    scheme: str
    host: str
    port: int
    user: str
    password: str
    starttls: bool


def flag(value: str) -> bool:
    known = {
        "1": True,
        "true": True,
        "on": True,
        "yes": True,
        "0": False,
        "false": False,
        "off": False,
        "no": False,
        "": False,
    }
    if value.strip().lower() not in known:
        raise ValueError("on or off")
    return known[value.strip().lower()]


def size(value: str) -> int:
    if not (value.isascii() and value.isdigit() and int(value) > 0):
        raise ValueError("a whole number of bytes")
    return int(value)


def number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and 0 < int(value) < 1_000_000):
        raise ValueError("a whole number above 0")
    return int(value)


def seconds(value: str) -> int:
    try:
        return number(value)
    except ValueError as error:
        raise ValueError(f"{error}, of seconds") from None


def text(value: str) -> str:
    return value.strip()


def address(value: str) -> str:
    """Read a public address; links are put together with a slash of their own."""
    address = value.strip().rstrip("/")
    try:
        parts = urlsplit(address)
        named = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        named = False
    if address and not named:
        raise ValueError("a URL that begins with http:// or https:// and has a host")
    return address


def service(value: str) -> str:
    """Read the URL of a service. It is requested exactly as it is written."""
    address(value)
    return value.strip()


def model(value: str) -> str:
    """Read where a sentence model is: a folder, or an address."""
    if "://" not in value:
        return value.strip()
    found = address(value)
    if not urlsplit(found).path.endswith("/embeddings"):
        raise ValueError("a folder, or a URL whose path ends with /embeddings")
    return found


def archive(value: str) -> str:
    """Read where captured pages are kept: a folder, or a bucket. Keys in it would be shown to everybody."""
    given = value.strip()
    if "://" in given and not BUCKET.fullmatch(given.rstrip("/")):
        raise ValueError("a folder, or s3://BUCKET/PREFIX without keys and parameters")
    return given.rstrip("/") if "://" in given else given


def mail_server(value: str) -> MailServer:
    """Read which server takes mail: smtp://USER:PASSWORD@HOST:587, where STARTTLS is required, or smtps://…"""
    wrong = "smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465; ?starttls=off is for smtp:// alone"
    try:
        parts = urlsplit(value.strip())
        host, port = parts.hostname or "", parts.port
        query = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError:
        raise ValueError(wrong) from None
    starttls = query.pop("starttls", None)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    plain = parts.path in ("", "/") and not parts.fragment and not query and host.isprintable() and " " not in host
    fits = starttls is None or (starttls == "off" and parts.scheme == "smtp")
    if not (parts.scheme in SMTP_PORTS and host and port != 0 and plain and fits):
        raise ValueError(wrong)
    if bool(user) != bool(password) or not (user + password).isascii():
        raise ValueError("a URL with both a user name and a password, of ASCII characters, or with neither")
    return MailServer(parts.scheme, host, port or SMTP_PORTS[parts.scheme], user, password, starttls is None)


def smtp(value: str) -> str:
    if value.strip():
        mail_server(value)
    return value.strip()


def sender(value: str) -> tuple[str, str]:
    """Read from whom mail is: a name, which may be empty, and an address."""
    found = _SENDER.fullmatch(value.strip())
    name, written = (found["name"].strip().strip('"'), found["address"]) if found else ("", value.strip())
    if not (MAIL_ADDRESS.fullmatch(written) and written.isascii()):
        raise ValueError("an address, such as desk@example.org or The desk <desk@example.org>")
    return name, written


def mail_from(value: str) -> str:
    if value.strip():
        sender(value)
    return value.strip()


def licence(value: str) -> str:
    """Read the identifier of a licence, in any case, and write it as the SPDX list does."""
    try:
        found = canonicalize_license_expression(value.strip()) if value.strip() else ""
    except InvalidLicenseExpression:
        found = " "
    if not re.fullmatch(r"(?!LicenseRef)[A-Za-z0-9.-]*", found):  # an expression of several, or a licence of one's own
        raise ValueError("the identifier of one licence of https://spdx.org/licenses, such as CC-BY-4.0")
    return str(found)


def demand_together(settings: Mapping[str, Any]) -> None:
    """Raise Misconfigured unless settings that depend on each other fit together."""
    demand_provider(settings)
    demand_mail(settings)
    if settings["data_licence"] and not settings["base_url"]:  # files name their pages, whoever downloads them
        raise Misconfigured("FACTCHECK_BASE_URL is required with FACTCHECK_DATA_LICENCE.")


def demand_mail(settings: Mapping[str, Any]) -> None:
    """Raise Misconfigured unless the settings of mail fit together."""
    for name in ("mail_from", "base_url"):
        if settings["smtp_url"] and not settings[name]:
            raise Misconfigured(f"FACTCHECK_{name.upper()} is required with FACTCHECK_SMTP_URL.")
    if settings["smtp_url"] and not re.fullmatch(r"[!-;=?-~]+", settings["base_url"]):  # a header of each mail has it
        raise Misconfigured("FACTCHECK_BASE_URL must be of ASCII characters, without spaces, to be sent in mail.")


def issuer(value: str) -> str:
    """Read the URL of an identity provider, exactly as it is written: tokens name it like that."""
    url = value.strip()
    parts = urlsplit(address(url))
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    if url and not (plain and (parts.scheme == "https" or here)):
        raise ValueError("a URL that begins with https://, without a query; http:// is for this machine alone")
    return url


def claimed_roles(value: str) -> str:
    if CLAIMED_ROLE.sub("", value).strip():
        raise ValueError("VALUE=ROLE, separated by commas, with the roles reader, contributor, analyst and admin")
    return value.strip()


def demand_provider(settings: Mapping[str, Any]) -> None:
    """Raise Misconfigured unless the settings of the identity provider fit together."""
    if not settings["oidc_issuer"]:
        if not settings["login_links"]:
            raise Misconfigured("FACTCHECK_LOGIN_LINKS can be off only where FACTCHECK_OIDC_ISSUER is set.")
        return
    for name in ("oidc_client_id", "base_url"):
        if not settings[name]:
            raise Misconfigured(f"FACTCHECK_{name.upper()} is required with FACTCHECK_OIDC_ISSUER.")
    if bool(settings["oidc_role_claim"]) != bool(settings["oidc_roles"]):
        raise Misconfigured("FACTCHECK_OIDC_ROLE_CLAIM and FACTCHECK_OIDC_ROLES are set together, or not at all.")


def rate(value: str) -> str:
    # The limiter itself would look at the first request, and answer each with 500.
    if value.strip() and not all(_RATE.fullmatch(each.strip()) for each in re.split("[,;|]", value)):
        raise ValueError("a number per second, minute, hour, day, month or year, such as 600/minute")
    return value.strip()


def policy(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if value.strip() and not all(_POLICY.fullmatch(part) for part in parts):
        raise ValueError("tag:TAG or kind:KIND (factual or quantity), separated by commas")
    return ",".join(filter(None, parts))


def networks(value: str) -> str:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return ",".join(str(ipaddress.ip_network(part)) for part in parts)
    except ValueError:
        raise ValueError("networks, separated by commas, such as 10.1.0.0/16") from None


def origins(value: str) -> str:
    """Read origins, and write each as a browser sends it: in lower case, without the scheme's usual port."""
    written = []
    for part in filter(None, (each.strip().lower() for each in value.split(","))):
        found = _ORIGIN.fullmatch(part)
        if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
            raise ValueError("origins, separated by commas, such as https://app.example.org: no path and no *")
        usual = found["port"] in (None, _USUAL_PORTS[found["scheme"]])
        written.append(f"{found['scheme']}://{found['host']}{'' if usual else ':' + found['port']}")
    return ",".join(written)


def find(environment: Mapping[str, str], name: str, secret: bool) -> tuple[str | None, str]:
    """Return a setting's text and where it came from: its variable, the file that NAME_FILE names, or "default"."""
    if name in environment:
        return environment[name], name
    file_name = environment.get(name + "_FILE") if secret else None
    if file_name:
        try:
            return Path(file_name).read_text(encoding="utf-8").strip(), name + "_FILE"
        except OSError as error:
            raise Misconfigured(f"{name}_FILE names a file that cannot be read: {error.strerror}.") from error
        except UnicodeDecodeError:
            raise Misconfigured(f"{name}_FILE names a file that is not UTF-8.") from None
    return None, "default"


def shown(value: Any, *, secret: bool, address: bool) -> str:
    """Return a value as people may see it."""
    if secret:
        return "(hidden)"
    if address and value:
        before, _, behind = value.partition("://")
        user, at, place = behind.rpartition("@")
        return f"{before}://{'(hidden)' if user else ''}{at}{_PASSWORD.sub('(hidden)', place)}"
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)


def server_hosts(url: str) -> list[tuple[str, str]]:
    """Return the hosts and ports that a server's URL names, each "" where it names none; `h1:5432,[::1]` names two.

    Raises ValueError when a port is not one.
    """
    authority = url.partition("://")[2].partition("?")[0].rpartition("@")[2].partition("/")[0]
    hosts = []
    for each in authority.split(","):
        found = _HOST.fullmatch(each)
        if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
            raise ValueError("the port as a number, after the host")
        hosts.append((found["six"] or found["host"], found["port"] or ""))
    return hosts
