"""Hooks of the documentation's build: the site loads nothing from another host."""

from typing import Any

WORKER = "https://unpkg.com/iframe-worker/shim"  # lets the search run where pages are files and there is no server


def on_post_page(output: str, page: Any, config: Any) -> str:
    return output.replace(WORKER, "../" * page.url.count("/") + "assets/iframe-worker.js")


def on_post_template(output_content: str, template_name: str, config: Any) -> str:
    return output_content.replace(WORKER, "assets/iframe-worker.js")
