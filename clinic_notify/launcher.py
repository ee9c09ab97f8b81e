"""`make run`: everything on one machine, with a demo clinic and the outside world as a sandbox (design, section 6)."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from clinic_notify import redis_server

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR", ROOT / "var"))
SOCKET_LIMIT = 100  # characters a unix socket's path may have, with a margin


def main() -> None:
    """Prepare, print where to go, and start every process; Ctrl+C stops them all."""
    os.chdir(ROOT)
    VAR.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment())
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if "--logins" in sys.argv:
        manage("create_demo", "--print-logins")
        return
    prepare()
    print_welcome()
    os.execvp("honcho", ["honcho", "--procfile", procfile(), "start"])  # noqa: S606, S607 # nosec B606 B607


def environment() -> dict[str, str]:
    """Return the demo's settings; secrets are made once and kept in var/, ports are free ones."""
    kept = VAR / "demo.json"
    known: dict[str, str] = json.loads(kept.read_text()) if kept.exists() else {}
    values = new_secrets() | known  # a newer version may need secrets that an older one did not make
    for name, wanted in {"WEB_PORT": 8000, "SANDBOX_PORT": 8001}.items():
        values[name] = os.environ.get(name) or str(free_port(wanted))
    kept.write_text(json.dumps(values, indent=1))
    kept.chmod(0o600)
    sandbox = f"http://127.0.0.1:{values['SANDBOX_PORT']}"
    web = f"http://localhost:{values['WEB_PORT']}"
    return values | {
        "DEBUG": "1",
        "VAR_DIR": str(VAR),
        "PUBLIC_BASE_URL": web,
        "SANDBOX_URL": sandbox,
        "TWILIO_BASE_URL": sandbox,
        "MAILGUN_API_URL": f"{sandbox}/v3",
        "PUSH_BASE_URL": f"{sandbox}/push/",
        "HELSENORGE_GATEWAY_URL": f"{sandbox}/helsenorge",
        "BESOKLEGEN_GATEWAY_URL": f"{sandbox}/besoklegen",
        "OIDC_PROVIDERS": json.dumps([log_in_provider(f"{sandbox}/oidc", values)]),
        "DIGICARE_GATEWAY_URL": f"{sandbox}/digicare",
        "BROKER_URL": f"redis+socket://{broker_socket()}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
    }


def log_in_provider(issuer: str, values: dict[str, str]) -> dict[str, object]:
    """Return the sandbox's way to log in at level 4."""
    client = {"client_id": values["OIDC_CLIENT_ID"], "client_secret": values["OIDC_CLIENT_SECRET"]}
    return {"name": "sandkasse", "label": "sandkassens ID", "issuer": issuer, "acr": ["idporten-loa-high"], **client}


def new_secrets() -> dict[str, str]:
    """Make the secrets that the product and the sandbox share."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16),
        "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
        "MAILGUN_API_KEY": secrets.token_hex(16),
        "MAILGUN_WEBHOOK_SIGNING_KEY": secrets.token_hex(16),
        "ANYMAIL_WEBHOOK_SECRET": f"hook:{secrets.token_hex(16)}",
        "VAPID_PRIVATE_KEY": vapid_key(),
        "HELSENORGE_GATEWAY_TOKEN": secrets.token_hex(16),
        "BESOKLEGEN_GATEWAY_TOKEN": secrets.token_hex(16),
        "OIDC_CLIENT_ID": "pasientvarsel",
        "OIDC_CLIENT_SECRET": secrets.token_hex(16),
        "DIGICARE_GATEWAY_TOKEN": secrets.token_hex(16),
    }


def vapid_key() -> str:
    """Return a new P-256 private key as the 32 raw bytes in URL-safe base64."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - needed once

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()


def free_port(wanted: int) -> int:
    """Return the wanted port, or the next free one on loopback; even ones for the web, odd ones for the sandbox."""
    for port in range(wanted, wanted + 100, 2):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    sys.exit(f"No free port from {wanted}. Set WEB_PORT and SANDBOX_PORT.")


def broker_socket() -> str:
    """Return where Redis listens; a deep folder would make the path too long for a unix socket."""
    path = str(VAR / "redis.sock")
    if len(path) <= SOCKET_LIMIT:
        return path
    name = hashlib.sha256(path.encode()).hexdigest()[:12]
    return str(Path(tempfile.gettempdir()) / f"pasientvarsel-{name}.sock")


def procfile() -> str:
    """Return the Procfile; without any Redis the engine runs in a loop of its own."""
    if redis_server.binary():
        return "Procfile"
    lines = [line for line in Path("Procfile").read_text().splitlines() if not line.startswith(("redis:", "worker:"))]
    path = VAR / "Procfile"
    path.write_text("\n".join([*lines, "worker: python manage.py run_engine"]) + "\n")
    return str(path)


def prepare() -> None:
    """Fetch the look, migrate, and make the demo clinic; all of it keeps what is there."""
    if not (ROOT / "static" / "vendor").is_dir():
        subprocess.run([sys.executable, "-m", "clinic_notify.fetch_ui"], check=False)
    manage("migrate", "--verbosity", "0")
    manage("create_demo")
    manage("demo_neighbours")


def manage(*arguments: str) -> None:
    """Run a management command; stop with its own message if it fails."""
    done = subprocess.run([sys.executable, "manage.py", *arguments], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def print_welcome() -> None:
    """Print the addresses and the log-ins."""
    print(f"\nPasientvarsel      {os.environ['PUBLIC_BASE_URL']}/")
    print(f"Pasientportal      {os.environ['PUBLIC_BASE_URL']}/min/")
    print(f"Pasientens telefon {os.environ['SANDBOX_URL']}/")
    print(f"Support (admin)    {os.environ['PUBLIC_BASE_URL']}/admin/\n", flush=True)
    manage("create_demo", "--print-logins")
    print("\nKoden skifter hvert 30. sekund: «make logins» viser en ny. Ctrl+C stopper alt.\n", flush=True)


if __name__ == "__main__":
    main()
