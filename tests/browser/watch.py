"""Notes what no page may do: break the content policy, raise an error in a script, or ask another machine."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

LOOPBACK = {"127.0.0.1", "localhost"}
HERE = {"data", "blob", "about"}
# A refused policy is reported to the page as an event; the console then shows it to the watch.
REPORT = """addEventListener("securitypolicyviolation", (event) => {
  console.error("policy", event.violatedDirective, event.blockedURI, event.sourceFile, event.lineNumber);
});"""


class Watch:
    """What every page of a test did wrong."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Follow every page of the context from now on."""
        context.add_init_script(REPORT)
        context.on("console", self.heard)
        context.on("weberror", self.failed)
        context.on("request", self.asked)

    def heard(self, message: ConsoleMessage) -> None:
        """Note errors and warnings; a page that could not be loaded is the test's own matter."""
        if message.type in {"error", "warning"} and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"{message.page.url if message.page else ''} {message.text}")

    def failed(self, error: WebError) -> None:
        """Note a script that raised."""
        self.problems.append(f"{error.page.url if error.page else ''} {error.error}")

    def asked(self, request: Request) -> None:
        """Note a request that leaves this machine."""
        url = urlsplit(request.url)
        if url.scheme not in HERE and url.hostname not in LOOPBACK:
            self.problems.append(f"asked {request.url}")
