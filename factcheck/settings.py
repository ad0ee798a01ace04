"""The settings, and the only reader of the environment."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

from factcheck import secret_keys, setting_values
from factcheck.errors import Misconfigured

PREFIX = "FACTCHECK_"
ADDRESSES = frozenset({"database_url", "read_database_url", "smtp_url"})
KEYS = frozenset({"secret_key", "embeddings_key", "oidc_client_secret"})
SECRETS = ADDRESSES | KEYS
WORKER_CONNECTIONS = "FACTCHECK_WORKER_CONNECTIONS"
BEARER = "FACTCHECK_TOKEN"  # with which `factcheck log verify --url` reads another desk
# The tests' own, those of `factcheck witness`, and what `factcheck serve` tells its workers.
NOT_SETTINGS = ("FACTCHECK_TEST_", "FACTCHECK_WITNESS_", WORKER_CONNECTIONS, BEARER)
# What settings were named before. The earlier name is read for ever, where the present one is not set.
EARLIER = {"outbound_allow": "FACTCHECK_WEBHOOK_ALLOW"}
SERVERS = ("postgresql://", "postgresql+psycopg://")


def _setting(default: Any, read: Callable[[str], Any], meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"read": read, "help": meaning})


@dataclass(frozen=True)
class Settings:
    """How this desk runs. Each field is the environment variable FACTCHECK_ + its name in capitals."""

    database_url: str = _setting(
        "sqlite:///factcheck.db",
        setting_values.text,
        "the desk's database: sqlite:///FILE or postgresql+psycopg://…",
        secret=True,
    )
    read_database_url: str = _setting(
        "", setting_values.text, "a read-only replica that answers reads: postgresql+psycopg://…", secret=True
    )
    read_max_lag: int = _setting(
        5, setting_values.seconds, "seconds that the replica may be behind; after that, the primary serves its reads"
    )
    database_connections: int = _setting(
        0, setting_values.number, "connections to PostgreSQL that all workers together may open; 0 = 17 for each worker"
    )
    public_read: bool = _setting(False, setting_values.flag, "whether reading needs no token (demo turns it on)")
    public_site: bool = _setting(
        False, setting_values.flag, "whether everybody can read what is published (demo turns it on)"
    )
    site_theme: str = _setting("", setting_values.text, "a folder with theme.css and a logo for the public site")
    data_licence: str = _setting("", setting_values.licence, "the licence of dumps of what is published: an SPDX id")
    data_dir: str = _setting("", setting_values.text, "the folder of those dumps; they are made when it is missing")
    two_person_review: bool = _setting(
        False, setting_values.flag, "whether the person who added a claim cannot decide it"
    )
    secret_key: str = _setting(
        "", setting_values.text, "signs cursors and cookies; generated beside an embedded database", secret=True
    )
    base_url: str = _setting("", setting_values.address, "the public URL, for absolute links")
    desk_name: str = _setting(
        "", setting_values.text, "the publisher's name in feeds and other formats; the host of the public URL if empty"
    )
    max_body_bytes: int = _setting(2 * 1024 * 1024, setting_values.size, "the largest request body, in bytes")
    rate_limit: str = _setting(
        "", setting_values.rate, "requests per token or address, such as “600/minute”; empty = no limit"
    )
    log_folder: str = _setting("", setting_values.text, "the folder of the log's key and of the signing record")
    index_dir: str = _setting(
        "", setting_values.text, "the folder of this host's search index; it is rebuilt when it is missing"
    )
    archive: str = _setting(
        "",
        setting_values.archive,
        "where captured pages are kept as WARC files: a folder, or s3://BUCKET/PREFIX",
    )
    embeddings: str = _setting(
        "",
        setting_values.model,
        "a sentence model that helps to find similar claims: a folder, or a URL that ends with /embeddings",
    )
    embeddings_key: str = _setting("", setting_values.text, "the API key for that URL", secret=True)
    embeddings_model: str = _setting("", setting_values.text, "the name of the model at that URL")
    witnesses: str = _setting("", setting_values.text, "witnesses that cosign checkpoints: KEY URL, KEY URL, …")
    tsa_url: str = _setting(
        "", setting_values.service, "the URL of a time-stamp server (RFC 3161), which stamps checkpoints"
    )
    second_opinion: str = _setting(
        "", setting_values.policy, "which verdicts get a blind second opinion: tag:election,kind:quantity"
    )
    outbound_allow: str = _setting(
        "",
        setting_values.networks,
        "private networks to which webhooks can be sent, and from which pages can be captured: 10.1.0.0/16,…",
    )
    webhook_http: bool = _setting(
        False, setting_values.flag, "whether webhooks can be sent to http:// URLs, without TLS"
    )
    trusted_proxies: str = _setting(
        "",
        setting_values.networks,
        "networks of proxies whose Forwarded and X-Forwarded-… headers the desk trusts: 10.1.0.0/16,…",
    )
    cors_origins: str = _setting(
        "", setting_values.origins, "origins whose scripts can use the API in a browser: https://app.example.org,…"
    )
    oidc_issuer: str = _setting(
        "", setting_values.issuer, "the identity provider at which people log in, by OpenID Connect: its issuer URL"
    )
    oidc_client_id: str = _setting("", setting_values.text, "what the identity provider knows this desk by")
    oidc_client_secret: str = _setting("", setting_values.text, "the secret of this desk there", secret=True)
    oidc_role_claim: str = _setting(
        "", setting_values.text, "the claim that gives people their roles; if empty, admins give roles on this desk"
    )
    oidc_roles: str = _setting(
        "", setting_values.claimed_roles, "the roles by the claim's values: desk-admins=admin,checkers=analyst"
    )
    oidc_add_people: bool = _setting(
        False, setting_values.flag, "whether people whom the desk does not know are added when they log in there"
    )
    login_links: bool = _setting(
        True, setting_values.flag, "whether browsers can be logged in by login links of admins, and by tokens"
    )
    smtp_url: str = _setting(
        "",
        setting_values.smtp,
        "the server that takes mail to people: smtp://USER:PASSWORD@HOST:587 or smtps://USER:PASSWORD@HOST:465",
        secret=True,
    )
    mail_from: str = _setting(
        "", setting_values.mail_from, "from whom mail is: desk@example.org or The desk <desk@example.org>"
    )
    origins: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    unknown: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None, **overrides: Any) -> "Settings":
        """Read every FACTCHECK_* variable, and secrets from the file that its …_FILE names.

        Raises Misconfigured and names the variable.
        """
        environment = os.environ if environment is None else environment
        values: dict[str, Any] = {}
        origins: dict[str, str] = {}
        known = set(EARLIER.values())
        for each in fields(cls):
            if "read" not in each.metadata:
                continue
            name = PREFIX + each.name.upper()
            known |= {name, name + "_FILE"} if each.name in SECRETS else {name}
            raw, origin = setting_values.find(environment, name, each.name in SECRETS)
            if raw is None and each.name in EARLIER:
                raw, origin = setting_values.find(environment, EARLIER[each.name], each.name in SECRETS)
            if raw is not None:
                try:
                    values[each.name] = each.metadata["read"](raw)
                except ValueError as error:
                    raise Misconfigured(f"{origin} must be {error}.") from error
            origins[each.name] = origin
        for name, value in overrides.items():
            values[name], origins[name] = value, "the command line"
        unknown = tuple(
            sorted(
                name
                for name in environment
                if name.startswith(PREFIX) and name not in known and not name.startswith(NOT_SETTINGS)
            )
        )
        return _complete(cls(**values, origins=origins, unknown=unknown))


@dataclass(frozen=True)
class WitnessSettings:
    """What `factcheck witness` was told; it passes it on to its server's process through the environment."""

    name: str
    folder: str
    logs: tuple[str, ...]

    def pass_on(self) -> None:
        os.environ.update(
            FACTCHECK_WITNESS_NAME=self.name,
            FACTCHECK_WITNESS_FOLDER=self.folder,
            FACTCHECK_WITNESS_LOGS=" ".join(self.logs),
        )

    @classmethod
    def passed_on(cls) -> "WitnessSettings":
        return cls(
            os.environ["FACTCHECK_WITNESS_NAME"],
            os.environ["FACTCHECK_WITNESS_FOLDER"],
            tuple(os.environ["FACTCHECK_WITNESS_LOGS"].split()),
        )


def pass_on_connections(each: int) -> None:
    """Tell the workers that are started from now on how many database connections each of them may open."""
    os.environ[WORKER_CONNECTIONS] = str(each)


def connections_passed_on() -> int:
    """Return how many database connections this worker may open, as its server says; 0 without such a server."""
    return int(os.environ.get(WORKER_CONNECTIONS, "0"))


def described(settings: Settings) -> list[dict[str, str]]:
    """List the settings for people: name, value (secrets hidden), where it came from, what it is."""
    rows = []
    for each in fields(settings):
        if "read" not in each.metadata:
            continue
        value = getattr(settings, each.name)
        rows.append(
            {
                "name": PREFIX + each.name.upper(),
                "value": setting_values.shown(value, secret=each.name in KEYS, address=each.name in ADDRESSES),
                "from": settings.origins.get(each.name, "default"),
                "help": each.metadata["help"],
            }
        )
    return rows


def heaps_are_told() -> bool:
    """Say whether whoever runs this has told the C library how many heaps to have."""
    return not os.environ.keys().isdisjoint(("MALLOC_ARENA_MAX", "GLIBC_TUNABLES"))


def log_folder(settings: Settings) -> Path:
    """Return the folder of the log's key and of what was signed last."""
    return Path(settings.log_folder) if settings.log_folder else beside(settings.database_url, "log")


def index_folder(settings: Settings) -> Path:
    """Return the folder of the search index: by default, each database of a server has its own in the current one."""
    if settings.index_dir:
        return Path(settings.index_dir)
    url = settings.database_url
    if embedded_file(url) is not None:
        return beside(url, "index")
    return Path(f"factcheck-{re.sub(r'[^A-Za-z0-9_-]', '_', make_url(url).database or '')}.index")


def archive_folder(settings: Settings) -> Path | None:
    """Return the folder of the captured pages, None if they are in a bucket."""
    if setting_values.BUCKET.fullmatch(settings.archive):
        return None
    return Path(settings.archive) if settings.archive else beside(settings.database_url, "archive")


def beside(url: str, kind: str) -> Path:
    """Return where a desk keeps a folder by default: beside an embedded database, else in the current folder."""
    file = embedded_file(url)
    return file.with_suffix(f".{kind}") if file else Path(f"factcheck.{kind}")


def embedded_file(url: str) -> Path | None:
    """Return the file of an embedded (SQLite) database, or None when it is a server's."""
    scheme, _, rest = url.partition("://")
    if not scheme.startswith("sqlite"):
        return None
    return Path(rest.removeprefix("/").partition("?")[0])


def _complete(settings: Settings) -> Settings:
    url = settings.database_url
    if not url.startswith(("sqlite:///", *SERVERS)):
        raise Misconfigured("FACTCHECK_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    file = embedded_file(url)
    if file is not None and file.name in ("", ":memory:"):  # each connection would have a memory of its own
        raise Misconfigured("FACTCHECK_DATABASE_URL must name a file: sqlite:///FILE.")
    if file is None:
        _demand_ports("FACTCHECK_DATABASE_URL", url)
    if settings.read_database_url:
        if not settings.read_database_url.startswith(SERVERS):
            raise Misconfigured("FACTCHECK_READ_DATABASE_URL must begin with postgresql+psycopg://.")
        _demand_ports("FACTCHECK_READ_DATABASE_URL", settings.read_database_url)
        if file is not None:
            raise Misconfigured("FACTCHECK_READ_DATABASE_URL must not be set with an embedded database.")
    setting_values.demand_together(vars(settings))
    if settings.secret_key:
        if len(settings.secret_key) < 16:
            raise Misconfigured("FACTCHECK_SECRET_KEY must be at least 16 characters long.")
        return settings
    if file is None:
        raise Misconfigured("FACTCHECK_SECRET_KEY is required with a database server: set it to a long random text.")
    key, origin = secret_keys.kept_key(file.with_suffix(".secret"))
    values = {each.name: getattr(settings, each.name) for each in fields(settings)}
    return Settings(**{**values, "secret_key": key, "origins": {**settings.origins, "secret_key": origin}})


def _demand_ports(name: str, url: str) -> None:
    try:
        setting_values.server_hosts(url)
    except ValueError as error:
        raise Misconfigured(f"{name} must give {error}.") from None
