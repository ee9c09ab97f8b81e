"""Starts the sandbox: `python -m sandbox --port 8001 --log var/sandbox.jsonl --callback-url http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from aiohttp import web

from sandbox.app import build
from sandbox.modes import GATEWAYS
from sandbox.neighbours import NEIGHBOURS, Neighbours
from sandbox.world import WORLD, PersonCard, Settings

SECRETS = {  # field: environment variable, shared with the product
    "account_sid": "TWILIO_ACCOUNT_SID",
    "auth_token": "TWILIO_AUTH_TOKEN",  # nosec B105
    "mailgun_key": "MAILGUN_API_KEY",
    "signing_key": "MAILGUN_WEBHOOK_SIGNING_KEY",
    "webhook_secret": "ANYMAIL_WEBHOOK_SECRET",  # nosec B105
}
OPTIONAL = ("digicare",)  # without a token it lets nobody in
TOKENS = {channel: f"{channel.upper()}_GATEWAY_TOKEN" for channel in GATEWAYS}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    what = "Stand-ins for SMS gateway, mail API, push service and e-contact gateways"
    parser = argparse.ArgumentParser(prog="sandbox", description=what)
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--log", type=Path, default=Path("var/sandbox.jsonl"))
    parser.add_argument("--callback-url", default="http://127.0.0.1:8000")
    parser.add_argument("--people", type=Path, default=None, help="JSON list of {name, mobile, email, econtact}")
    parser.add_argument(
        "--neighbours", type=Path, default=None, help="JSON of clinics' key pairs with their neighbours"
    )
    parser.add_argument("--fsync", action="store_true", help="write every line through to the disk")
    parser.add_argument("--seed", type=int, default=None, help="make faults with a probability repeatable")
    return parser.parse_args()


def settings(callback_url: str) -> Settings:
    """Read the shared secrets; stops with the missing variable's name."""
    required = (*SECRETS.values(), *(TOKENS[channel] for channel in GATEWAYS if channel not in OPTIONAL))
    if missing := [name for name in required if not os.environ.get(name)]:
        sys.exit(f"sandbox: set {', '.join(missing)} to the same values as the product's")
    values = {field: os.environ[name] for field, name in SECRETS.items()}
    values["webhook_secret"] = values["webhook_secret"].split(",")[0]  # two values while rotating
    tokens = {channel: os.environ.get(name, "") for channel, name in TOKENS.items()}
    client = (os.environ.get("OIDC_CLIENT_ID", "pasientvarsel"), os.environ.get("OIDC_CLIENT_SECRET", "sandkasse"))
    return Settings(**values, callback_url=callback_url.rstrip("/"), gateway_tokens=tokens, oidc_client=client)


def main() -> None:
    """Serve on loopback until told to stop."""
    given = arguments()
    app = build(settings(given.callback_url), given.log, fsync=given.fsync, seed=given.seed)
    if given.people and given.people.is_file():
        app[WORLD].introduce([PersonCard(**card) for card in json.loads(given.people.read_text(encoding="utf-8"))])
    if given.neighbours and given.neighbours.is_file():
        app[NEIGHBOURS] = Neighbours.of(json.loads(given.neighbours.read_text(encoding="utf-8")))
    print(f"sandbox: http://127.0.0.1:{given.port}/", flush=True)
    web.run_app(app, host="127.0.0.1", port=given.port, access_log=None, print=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
