"""Somebody logs in at an identity provider, is given another role there, and logs out: with and without scripts."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browsing import Site, Window, demand_accessible, demo, look
from tests.identity_provider import CLIENT, SECRET, IdentityProvider, providing

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running() -> Iterator[Callable[[], IdentityProvider]]:
    with providing("localhost") as like_new:  # another site than the desk's, as a real one is
        yield like_new


@pytest.fixture(scope="module")
def desk_of_provider(
    tmp_path_factory: pytest.TempPathFactory, running: Callable[[], IdentityProvider]
) -> Iterator[Site]:
    settings = {
        "FACTCHECK_BASE_URL": "{address}",
        "FACTCHECK_OIDC_ISSUER": running().issuer,
        "FACTCHECK_OIDC_CLIENT_ID": CLIENT,
        "FACTCHECK_OIDC_CLIENT_SECRET": SECRET,
        "FACTCHECK_OIDC_ROLE_CLAIM": "groups",
        "FACTCHECK_OIDC_ROLES": "desk-admins=admin,checkers=analyst",
        "FACTCHECK_OIDC_ADD_PEOPLE": "on",
        "FACTCHECK_LOGIN_LINKS": "off",
    }
    with demo(tmp_path_factory.mktemp("demo"), settings) as site:
        yield site


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_from_the_login_to_the_logout(
    browser: Browser, desk_of_provider: Site, running: Callable[[], IdentityProvider], scripts: bool
) -> None:
    provider, site = running(), desk_of_provider
    provider.asks = True
    name = f"Ama {'with' if scripts else 'without'} scripts"
    provider.user |= {"sub": name, "name": name}
    there = provider.issuer.removeprefix("http://")
    window = Window(browser, site, viewport={"width": 1280, "height": 900}, java_script_enabled=scripts)
    page = window.page

    window.open("/work")
    expect(page).to_have_url(re.compile("/login"))
    if scripts:
        look(window, "login at a provider")
    page.get_by_role("button", name=f"Log in with {there}").click()
    page.get_by_role("link", name=f"Continue as {name}").click()
    expect(page).to_have_url(f"{site.address}/work")
    expect(page.get_by_text(f"You are {name}, analyst.")).to_be_visible()

    provider.user["groups"] = ["desk-admins"]
    second = Window(browser, site, viewport={"width": 390, "height": 844}, java_script_enabled=scripts)
    second.open("/login")
    second.page.get_by_role("button", name=f"Log in with {there}").click()
    second.page.get_by_role("link", name=f"Continue as {name}").click()
    expect(second.page.get_by_text(f"You are {name}, admin.")).to_be_visible()
    window.open("/settings")
    expect(page.get_by_role("code").filter(has_text="FACTCHECK_OIDC_ISSUER")).to_be_visible()
    assert SECRET not in page.content()
    page.get_by_role("link", name=name).click()
    expect(page.locator("#accounts")).to_contain_text(provider.issuer)
    if scripts:
        look(window, "an account")

    provider.user["groups"] = []
    third = Window(browser, site, java_script_enabled=scripts)
    third.open("/login")
    third.page.get_by_role("button", name=f"Log in with {there}").click()
    third.page.get_by_role("link", name=f"Continue as {name}").click()
    expect(third.page.locator("main [role=alert]")).to_contain_text("gives you no role at this desk")
    second.page.reload()
    expect(second.page.get_by_text("You are not logged in.")).to_be_visible()

    provider.user["groups"] = ["checkers"]
    third.page.get_by_role("button", name=f"Log in with {there}").click()
    third.page.get_by_role("link", name=f"Continue as {name}").click()
    expect(third.page.get_by_text(f"You are {name}, analyst.")).to_be_visible()
    third.page.get_by_role("button", name="Log out").click()
    expect(third.page.get_by_role("heading", level=1)).to_have_text("You are logged out")
    if scripts:
        demand_accessible(third.page, "logged out")
    third.page.get_by_role("button", name=f"Log out of {there}").click()
    expect(third.page).to_have_url(f"{site.address}/login")
    assert provider.logged_out[-1]["client_id"] == CLIENT
    assert provider.logged_out[-1]["id_token_hint"].count(".") == 2
    expect(third.page.get_by_text("You are not logged in.")).to_be_visible()

    for each in (window, second, third):
        each.context.close()
        assert [trouble for trouble in each.troubles if "favicon" not in trouble] == []
        assert {url for url in each.elsewhere if not url.startswith(provider.issuer)} == set()


def test_the_shell_has_a_way_in_when_the_provider_is_down(
    browser: Browser, desk_of_provider: Site, running: Callable[[], IdentityProvider]
) -> None:
    running().answers["/authorize"] = (503, b"")
    window = Window(browser, desk_of_provider)
    window.log_in(desk_of_provider.new_login())
    window.context.close()
    assert window.troubles == []
