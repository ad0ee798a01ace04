"""The settings: where each comes from, what is refused and how it is told, and that no secret is shown."""

import os
import re
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import limits
import pytest

from factcheck.errors import Misconfigured
from factcheck.rules.status import UNCHECKABLE, Kind
from factcheck.settings import PREFIX, Settings, described, embedded_file, index_folder

ROOT = Path(__file__).resolve().parent.parent
KEY = "sixteen letters!"
SERVER = "postgresql+psycopg://desk@db.example.org/factcheck"
REPLICAS = "postgresql://desk@db1.example.org:5432,db2.example.org:5433/factcheck?target_session_attrs=prefer-standby"
NAMES = [PREFIX + each.name.upper() for each in fields(Settings) if "read" in each.metadata]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of its own: the key of an embedded database is made in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(**environment: str) -> Settings:
    return Settings.from_environment({PREFIX + name.upper(): value for name, value in environment.items()})


def refusal(**environment: str) -> str:
    with pytest.raises(Misconfigured) as caught:
        read(**environment)
    return caught.value.detail


def test_nothing_needs_to_be_set(folder: Path) -> None:
    settings = read()
    assert (settings.database_url, settings.base_url, settings.rate_limit) == ("sqlite:///factcheck.db", "", "")
    assert (settings.public_read, settings.two_person_review) == (False, False)
    assert settings.max_body_bytes == 2 * 1024 * 1024
    assert settings.origins == dict.fromkeys(settings.origins, "default") | {"secret_key": "factcheck.secret"}
    assert settings.unknown == ()


def test_the_contract_names_these_settings() -> None:
    assert NAMES == [
        "FACTCHECK_DATABASE_URL",
        "FACTCHECK_READ_DATABASE_URL",
        "FACTCHECK_READ_MAX_LAG",
        "FACTCHECK_DATABASE_CONNECTIONS",
        "FACTCHECK_PUBLIC_READ",
        "FACTCHECK_PUBLIC_SITE",
        "FACTCHECK_SITE_THEME",
        "FACTCHECK_DATA_LICENCE",
        "FACTCHECK_DATA_DIR",
        "FACTCHECK_TWO_PERSON_REVIEW",
        "FACTCHECK_SECRET_KEY",
        "FACTCHECK_BASE_URL",
        "FACTCHECK_DESK_NAME",
        "FACTCHECK_MAX_BODY_BYTES",
        "FACTCHECK_RATE_LIMIT",
        "FACTCHECK_LOG_FOLDER",
        "FACTCHECK_INDEX_DIR",
        "FACTCHECK_ARCHIVE",
        "FACTCHECK_EMBEDDINGS",
        "FACTCHECK_EMBEDDINGS_KEY",
        "FACTCHECK_EMBEDDINGS_MODEL",
        "FACTCHECK_WITNESSES",
        "FACTCHECK_TSA_URL",
        "FACTCHECK_SECOND_OPINION",
        "FACTCHECK_OUTBOUND_ALLOW",
        "FACTCHECK_WEBHOOK_HTTP",
        "FACTCHECK_TRUSTED_PROXIES",
        "FACTCHECK_CORS_ORIGINS",
        "FACTCHECK_OIDC_ISSUER",
        "FACTCHECK_OIDC_CLIENT_ID",
        "FACTCHECK_OIDC_CLIENT_SECRET",
        "FACTCHECK_OIDC_ROLE_CLAIM",
        "FACTCHECK_OIDC_ROLES",
        "FACTCHECK_OIDC_ADD_PEOPLE",
        "FACTCHECK_LOGIN_LINKS",
        "FACTCHECK_SMTP_URL",
        "FACTCHECK_MAIL_FROM",
    ]


def test_each_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "database_url": SERVER,
        "read_database_url": REPLICAS,
        "read_max_lag": "30",
        "database_connections": "40",
        "public_read": "on",
        "public_site": "on",
        "site_theme": " /var/theme ",
        "data_licence": " cc-by-4.0 ",
        "data_dir": " /var/data ",
        "two_person_review": "Yes",
        "secret_key": f" {KEY}\n",
        "base_url": "https://desk.example.org/facts/",
        "desk_name": " The Desk ",
        "max_body_bytes": "4096",
        "rate_limit": "600/minute",
        "log_folder": "kept",
        "index_dir": "index",
        "archive": "captured",
        "embeddings": " https://models.example/v1/embeddings ",
        "embeddings_key": "key of models",
        "embeddings_model": "small",
        "witnesses": "key https://witness.example",
        "tsa_url": " http://tsa.example/stamp/ ",
        "second_opinion": " tag:élections-2024, kind:quantity ",
        "outbound_allow": "10.1.0.0/16, ::1/128",
        "webhook_http": "on",
        "trusted_proxies": " 10.0.0.0/8,::1 ",
        "cors_origins": "HTTPS://App.example.org:443, http://localhost:5173,http://[::1]:80",
        "oidc_issuer": " https://id.example.org/desk/ ",
        "oidc_client_id": "the desk",
        "oidc_client_secret": "secret of the desk",
        "oidc_role_claim": "groups",
        "oidc_roles": "desk-admins=admin, checkers = analyst ",
        "oidc_add_people": "on",
        "login_links": "off",
        "smtp_url": " smtp://desk:secret@mail.example ",
        "mail_from": " The desk <desk@example.org> ",
    }
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(PREFIX + name.upper(), value)
    settings = Settings.from_environment()
    assert settings == Settings(
        database_url=SERVER,
        read_database_url=REPLICAS,
        read_max_lag=30,
        database_connections=40,
        public_read=True,
        two_person_review=True,
        secret_key=KEY,
        base_url="https://desk.example.org/facts",
        desk_name="The Desk",
        max_body_bytes=4096,
        rate_limit="600/minute",
        log_folder="kept",
        index_dir="index",
        archive="captured",
        embeddings="https://models.example/v1/embeddings",
        embeddings_key="key of models",
        embeddings_model="small",
        witnesses="key https://witness.example",
        public_site=True,
        site_theme="/var/theme",
        data_licence="CC-BY-4.0",
        data_dir="/var/data",
        tsa_url="http://tsa.example/stamp/",
        second_opinion="tag:élections-2024,kind:quantity",
        outbound_allow="10.1.0.0/16,::1/128",
        webhook_http=True,
        trusted_proxies="10.0.0.0/8,::1/128",
        cors_origins="https://app.example.org,http://localhost:5173,http://[::1]",
        oidc_issuer="https://id.example.org/desk/",
        oidc_client_id="the desk",
        oidc_client_secret="secret of the desk",
        oidc_role_claim="groups",
        oidc_roles="desk-admins=admin, checkers = analyst",
        oidc_add_people=True,
        login_links=False,
        smtp_url="smtp://desk:secret@mail.example",
        mail_from="The desk <desk@example.org>",
    )
    assert settings.origins == {name: PREFIX + name.upper() for name in given}
    assert list(Path.cwd().iterdir()) == []


def test_the_earlier_name_of_a_setting_is_read_where_the_present_one_is_not_set() -> None:
    earlier = read(webhook_allow="10.1.0.0/16")
    assert (earlier.outbound_allow, earlier.unknown) == ("10.1.0.0/16", ())
    assert earlier.origins["outbound_allow"] == "FACTCHECK_WEBHOOK_ALLOW"
    both = read(webhook_allow="10.1.0.0/16", outbound_allow="10.2.0.0/16")
    assert (both.outbound_allow, both.unknown) == ("10.2.0.0/16", ())
    assert refusal(webhook_allow="10.1.0.0/33").startswith("FACTCHECK_WEBHOOK_ALLOW must be networks")


@pytest.mark.parametrize(("word", "flag"), [(w, True) for w in ("1", "true", "ON", " yes ")] + [
    (w, False) for w in ("0", "false", "Off", "no", "")
])  # fmt: skip
def test_flags_take_the_usual_words(word: str, flag: bool) -> None:
    assert read(public_read=word).public_read is flag


@pytest.mark.parametrize(
    "rate", ["600/minute", "5 per second", "1/2 hours", "10/minute;200/day", "1 per 3 month | 7/year", "60/MINUTE"]
)
def test_rates_are_what_the_limiter_takes(rate: str) -> None:
    assert read(rate_limit=rate).rate_limit == rate
    found = limits.parse_many(rate)
    assert len(found) == len(re.split("[;|]", rate))
    assert all(item.amount > 0 for item in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("database_url", ""),
        ("database_url", "mysql://localhost/desk"),
        ("database_url", "sqlite://"),
        ("database_url", "sqlite:///"),
        ("database_url", "sqlite:///:memory:"),
        ("database_url", "factcheck.db"),
        ("database_url", "postgresql://desk@localhost:port/desk"),
        ("database_url", "postgresql://desk@one:5432,two:port/desk"),
        ("database_url", "postgresql://desk@one:5432,two:65536/desk"),
        ("read_database_url", "sqlite:///factcheck.db"),
        ("read_database_url", "postgresql://one,two:port/desk"),
        ("read_database_url", REPLICAS),  # the database itself is an embedded one
        ("public_read", "maybe"),
        ("two_person_review", "2"),
        ("secret_key", "too short"),
        ("base_url", "desk.example.org"),
        ("base_url", "https://"),
        ("base_url", "ftp://desk.example.org"),
        ("base_url", "http://desk.example.org:http"),
        ("max_body_bytes", ""),
        ("max_body_bytes", "0"),
        ("max_body_bytes", "-1"),
        ("max_body_bytes", "1e6"),
        ("max_body_bytes", "2 MB"),
        ("max_body_bytes", "٣"),
        ("rate_limit", "lots"),
        ("rate_limit", "600"),
        ("rate_limit", "0/minute"),
        ("rate_limit", "600/fortnight"),
        ("rate_limit", "600/minute;"),
        ("second_opinion", "on"),
        ("second_opinion", "tag:"),
        ("second_opinion", "tag:two words"),
        ("second_opinion", "kind:opinion"),
        ("second_opinion", "kind:quantity,"),
        ("second_opinion", "source:quantity"),
        ("outbound_allow", "10.1.0.0/33"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("trusted_proxies", "10.0.0.1 10.0.0.2"),
        ("trusted_proxies", "proxy.example.org"),
        ("trusted_proxies", "*"),
        ("cors_origins", "*"),
        ("cors_origins", "null"),
        ("cors_origins", "app.example.org"),
        ("cors_origins", "https://app.example.org/"),
        ("cors_origins", "https://*.example.org"),
        ("cors_origins", "https://user@app.example.org"),
        ("cors_origins", "https://app.example.org:65536"),
        ("oidc_issuer", "id.example.org"),
        ("oidc_issuer", "http://id.example.org"),
        ("oidc_issuer", "https://id.example.org/?realm=desk"),
        ("oidc_issuer", "https://desk@id.example.org"),
        ("oidc_roles", "checkers"),
        ("oidc_roles", "checkers=editor"),
        ("oidc_roles", "=analyst"),
        ("oidc_roles", "checkers=analyst,others"),
        ("login_links", "sometimes"),
        ("cors_origins", "https://app.example.org https://b.example.org"),
        ("cors_origins", "chrome-extension://abc"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    told = refusal(**{"secret_key": KEY, name: value})
    assert told.startswith(f"FACTCHECK_{name.upper()} must ")
    assert "\n" not in told


def test_a_second_opinion_is_demanded_of_every_kind_that_can_have_one() -> None:
    for kind in Kind:
        if kind in UNCHECKABLE:
            assert "kind:KIND" in refusal(secret_key=KEY, second_opinion=f"kind:{kind}")
        else:
            assert read(second_opinion=f"kind:{kind}").second_opinion == f"kind:{kind}"


# ── Secrets ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_secrets_are_read_from_files(folder: Path) -> None:
    for name, value in (("key", KEY), ("url", SERVER)):
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
    settings = read(secret_key_file="key", database_url_file=str(folder / "url"))
    assert (settings.secret_key, settings.database_url) == (KEY, SERVER)
    assert settings.origins["secret_key"] == "FACTCHECK_SECRET_KEY_FILE"
    assert settings.unknown == ()
    assert read(secret_key="another key of some length", secret_key_file="key").secret_key.startswith("another")


def test_a_file_that_cannot_be_read_is_told_by_the_name_of_its_variable(folder: Path) -> None:
    (folder / "binary").write_bytes(b"\xff\xfe\x00")
    (folder / "short").write_text("short\n", encoding="utf-8")
    for name in ("nosuch", ".", "binary", "short"):
        assert refusal(secret_key_file=name).startswith("FACTCHECK_SECRET_KEY")


def test_only_secrets_come_from_files() -> None:
    assert read(public_read_file="x").unknown == ("FACTCHECK_PUBLIC_READ_FILE",)


def test_unknown_names_are_reported() -> None:
    settings = Settings.from_environment(
        {
            "FACTCHECK_PUBLIC_REED": "on",
            "FACTCHECK_": "",
            "FACTCHECK_TEST_DATABASE_URL": "x",
            "PATH": "",
            "factcheck_x": "",
        }
    )
    assert settings.unknown == ("FACTCHECK_", "FACTCHECK_PUBLIC_REED")
    assert settings.public_read is False


def test_the_command_line_wins() -> None:
    settings = Settings.from_environment(
        {"FACTCHECK_PUBLIC_READ": "off", "FACTCHECK_SECRET_KEY": KEY}, public_read=True
    )
    assert (settings.public_read, settings.origins["public_read"]) == (True, "the command line")


def test_a_server_needs_a_key() -> None:
    assert refusal(database_url=SERVER).startswith("FACTCHECK_SECRET_KEY is required")
    assert read(database_url=SERVER, secret_key=KEY).secret_key == KEY


def test_a_key_is_made_beside_an_embedded_database_and_kept(folder: Path) -> None:
    (folder / "desks").mkdir()
    url = f"sqlite:///{folder}/desks/one.db"
    first = read(database_url=url)
    file = folder / "desks" / "one.secret"
    assert list((folder / "desks").iterdir()) == [file]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(first.secret_key) >= 32
    assert first.secret_key == file.read_text(encoding="ascii")
    assert first.origins["secret_key"] == str(file)
    assert read(database_url=url).secret_key == first.secret_key
    assert read(database_url=f"sqlite:///{folder}/desks/two.db").secret_key != first.secret_key


@pytest.mark.parametrize("left", [b"", b"short", b"\xff" * 40])
def test_a_kept_key_that_is_not_whole_is_told(folder: Path, left: bytes) -> None:
    (folder / "factcheck.secret").write_bytes(left)
    assert refusal() == "factcheck.secret has no complete secret key. Delete it, and a new one is created."
    assert (folder / "factcheck.secret").read_bytes() == left


def test_a_key_that_cannot_be_kept_is_told(folder: Path) -> None:
    told = refusal(database_url="sqlite:///nosuch/desk.db")
    assert told.startswith("The secret key cannot be stored in nosuch/desk.secret: ")


RACE = """
import sys
from factcheck.settings import Settings

print("ready", flush=True)
sys.stdin.readline()
for at in range(300):
    print(Settings.from_environment({"FACTCHECK_DATABASE_URL": f"sqlite:///{at}.db"}).secret_key)
"""


def test_processes_that_start_at_once_agree_on_one_key(folder: Path) -> None:
    """Three hundred desks: whoever comes second finds the key there and catches up, so that they race at each."""
    options = {"cwd": folder, "env": os.environ | {"PYTHONPATH": str(ROOT)}, "text": True}
    running = [
        subprocess.Popen([sys.executable, "-c", RACE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, **options)
        for _ in range(3)
    ]
    for process in running:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].split() for process in running]
    assert [process.returncode for process in running] == [0] * 3
    kept = [(folder / f"{at}.secret").read_text(encoding="ascii") for at in range(300)]
    assert told == [kept] * 3
    assert len(set(kept)) == 300 == len(list(folder.iterdir()))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite:///factcheck.db", "sqlite:///factcheck.db"),
        ("sqlite:////srv/desk.db", "sqlite:////srv/desk.db"),
        ("postgresql://desk:hush@db:5432/desk", "postgresql://(hidden)@db:5432/desk"),
        ("postgresql+psycopg://desk:hu@sh@db/desk?sslmode=require", "postgresql+psycopg://(hidden)@db/desk?sslmode=require"),
        ("postgresql://desk:hush@one:5432,two:5433/desk?target_session_attrs=any",
         "postgresql://(hidden)@one:5432,two:5433/desk?target_session_attrs=any"),
        ("postgresql://db/desk?user=desk&password=hush&x=1", "postgresql://db/desk?user=desk&password=(hidden)&x=1"),
        ("postgresql://@/desk?host=/run/pg&sslpassword=hush", "postgresql://@/desk?host=/run/pg&sslpassword=(hidden)"),
    ],
)  # fmt: skip
def test_secrets_are_hidden(url: str, shown: str) -> None:
    replica = {} if url.startswith("sqlite") else {"read_database_url": url}
    settings = read(database_url=url, secret_key=KEY, public_read="on", **replica)
    rows = {row["name"]: row for row in described(settings)}
    assert list(rows) == NAMES
    assert rows["FACTCHECK_DATABASE_URL"]["value"] == shown
    assert rows["FACTCHECK_READ_DATABASE_URL"]["value"] == (shown if replica else "")
    assert rows["FACTCHECK_SECRET_KEY"] == rows["FACTCHECK_SECRET_KEY"] | {
        "value": "(hidden)",
        "from": "FACTCHECK_SECRET_KEY",
    }
    assert (rows["FACTCHECK_PUBLIC_READ"]["value"], rows["FACTCHECK_TWO_PERSON_REVIEW"]["value"]) == ("on", "off")
    for told in (str(rows), repr(settings)):
        assert KEY not in told
        assert "hush" not in told
        assert "hu@sh" not in told
    assert all(row["help"] for row in rows.values())


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("sqlite:///factcheck.db", Path("factcheck.db")),
        ("sqlite:////srv/desk.db?timeout=3", Path("/srv/desk.db")),
        ("sqlite:///desks/one.db", Path("desks/one.db")),
        (SERVER, None),
    ],
)
def test_the_file_of_an_embedded_database(url: str, file: Path | None) -> None:
    assert embedded_file(url) == file


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////srv/desk.db", "/srv/desk.index"),
        ("postgresql+psycopg://user:secret@db/desk", "factcheck-desk.index"),
        ("postgresql+psycopg://db/another%2Fdesk?host=/run", "factcheck-another_desk.index"),
    ],
)
def test_each_database_has_a_search_index_of_its_own(url: str, folder: str) -> None:
    assert str(index_folder(Settings(database_url=url))) == folder


def test_the_settings_of_an_identity_provider_fit_together() -> None:
    given = {"oidc_issuer": "https://id.example.org", "oidc_client_id": "desk", "base_url": "https://desk.example.org"}
    assert read(**given).oidc_issuer == "https://id.example.org"
    assert read(**given | {"oidc_issuer": "http://127.0.0.1:8080/"}).oidc_issuer == "http://127.0.0.1:8080/"
    assert read(**given, login_links="off").login_links is False
    roles = {"oidc_role_claim": "groups", "oidc_roles": "CN=a,OU=b=admin,c=reader"}
    assert read(**given, **roles).oidc_roles == roles["oidc_roles"]
    assert refusal(login_links="off").startswith("FACTCHECK_LOGIN_LINKS can be off only")
    for name in ("oidc_client_id", "base_url"):
        left = {each: value for each, value in given.items() if each != name}
        assert refusal(**left) == f"FACTCHECK_{name.upper()} is required with FACTCHECK_OIDC_ISSUER."
    for name, value in roles.items():
        assert refusal(**given, **{name: value}).startswith("FACTCHECK_OIDC_ROLE_CLAIM and FACTCHECK_OIDC_ROLES")
