"""All settings, read from the environment; README.md lists the variables and their defaults."""

import zoneinfo
from pathlib import Path

import environ
from csp.constants import NONCE, NONE, SELF

from clinic_notify import catalogs

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(BASE_DIR / ".env")

# --- Run mode -------------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])  # while a new key is taken into use
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://localhost:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
SANDBOX_URL = env.str("SANDBOX_URL", default="")

INSTALLED_APPS = [
    "clinics",
    "patients",
    "notifications",
    "timebook",
    "post",
    "economy",
    "selection",
    "bulk_send",
    "overview",
    "portal",
    "integrations",
    "fhir_api",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "anymail",
    "csp",
    "django_htmx",
    "lucide",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "clinics.sessions.StaffSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinics.middleware.GateMiddleware",
]

ROOT_URLCONF = "clinic_notify.urls"
WSGI_APPLICATION = "clinic_notify.wsgi.application"
ASGI_APPLICATION = "clinic_notify.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinics.context.acting_clinic",
                "notifications.context.alarms",
            ],
            "builtins": ["clinics.templatetags.icons"],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # psycopg2 sends this at connect: no statement of a page or a tick may hold the database for long.
    DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 5
    # A journal search spent a third of its time on compiling what it runs once.
    DATABASES["default"]["OPTIONS"].setdefault("options", "-c jit=off")

# Rate limits and used codes must be the same for every web process; the database is what log-in needs anyway.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "clinic_notify_cache",
        # Room enough that nobody washes their own failed log-ins away: past this a third is thrown out.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "nb"
LANGUAGES = [("nb", "Bokmål"), ("nn", "Nynorsk"), ("en", "English"), ("se", "Davvisámegiella")]
LANGUAGE_COOKIE_NAME = "sprak"  # chosen before log-in to the portal; staff's pages never look at it
LOCALE_PATHS = [catalogs.compiled(BASE_DIR / "locale")]
USE_I18N = True
USE_TZ = True
# The pinned tzdata package is the only table: a stale one on the machine would tell another hour than the others do.
zoneinfo.reset_tzpath(to=())
zoneinfo.ZoneInfo.clear_cache()
TIME_ZONE = "Europe/Oslo"  # display default; every clinic has its own, the database holds UTC

# --- Static files ---------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_MANIFEST_STRICT = False

# --- Log-in ---------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinics.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "clinics.passwords.LongEnough", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "overview:home"
ACCOUNT_ADAPTER = "clinics.adapter.StaffAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Failed attempts count by account and address or by known browser, never by account alone: see clinics/attempts.py.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",  # a clinic's staff share an address
    "login_failed": "10/m/ip,5/5m/key",
    "login_failed_known": "5/5m/key",
    "code_warning": "1/h/key",
}
MFA_FORMS = {"authenticate": "clinics.code_forms.CodeForm", "reauthenticate": "clinics.code_forms.CodeAgainForm"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Pasientvarsel"
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)  # proxies whose X-Forwarded-For counts

SESSION_ENGINE = "clinics.sessions"
SESSION_COOKIE_AGE = 30 * 60  # idle time-out
SESSION_SAVE_EVERY_REQUEST = True
SESSION_ABSOLUTE_AGE = 12 * 60 * 60  # seconds from log-in, whatever the activity
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True

PORTAL_IDLE_AGE = 15 * 60  # seconds a patient's session lasts without a request (threat 6)
PORTAL_ABSOLUTE_AGE = 4 * 60 * 60  # seconds from log-in, whatever the activity
OIDC_PROVIDERS = env.json("OIDC_PROVIDERS", default=[])  # ways to log in at level 4: portal.oidc.Provider's fields
PORTAL_COOKIE_NAME = "portal"  # staff's session and a patient's in one browser do not touch each other

# --- Headers --------------------------------------------------------------------------------------------------------
HTTPS = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    PORTAL_COOKIE_NAME = "__Host-portal"
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "no-referrer"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=500 * 1024 * 1024)
ATTACHMENT_MAX_BYTES = env.int("ATTACHMENT_MAX_BYTES", default=12 * 1024 * 1024)  # of one file; as Helsenorge's
NEIGHBOUR_ATTACHMENTS_MAX_BYTES = 16 * 1024 * 1024  # of one message's files together; stands in docs/api/common.yaml
ATTACHMENT_MAX_COUNT = env.int("ATTACHMENT_MAX_COUNT", default=5)  # of one message

# --- Celery: an alarm clock -----------------------------------------------------------------------------------------
CELERY_BROKER_URL = env.str("BROKER_URL", default=f"redis+socket://{VAR_DIR / 'redis.sock'}")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "notifications.tasks.dispatch_due": {"queue": "urgent"},
    "notifications.tasks.send_due": {"queue": "urgent"},
    "notifications.tasks.dispatch_bulk": {"queue": "bulk"},
    "notifications.tasks.send_bulk": {"queue": "bulk"},
    "integrations.tasks.answer_neighbours": {"queue": "bulk"},
    "bulk_send.tasks.make_due": {"queue": "bulk"},
    "bulk_send.tasks.hand_over_due": {"queue": "bulk"},
    "bulk_send.tasks.clear_handovers": {"queue": "receipts"},
    "notifications.tasks.apply_receipts": {"queue": "receipts"},
    "notifications.tasks.clear_up": {"queue": "receipts"},
    "notifications.tasks.poll": {"queue": "receipts"},
}
CELERY_DB_REUSE_MAX = 10_000  # tasks; else Celery opens a connection for each, a dozen a second when nothing happens
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 3600}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
TICK_SECONDS = env.float("TICK_SECONDS", default=1.0)
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat")
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(seconds, 2)}}
    for name, seconds in {
        "notifications.tasks.dispatch_due": TICK_SECONDS,
        "notifications.tasks.send_due": TICK_SECONDS,
        "notifications.tasks.dispatch_bulk": TICK_SECONDS,
        "notifications.tasks.send_bulk": TICK_SECONDS,
        "bulk_send.tasks.make_due": TICK_SECONDS,
        "bulk_send.tasks.hand_over_due": TICK_SECONDS,
        "bulk_send.tasks.clear_handovers": 10 * TICK_SECONDS,
        "notifications.tasks.apply_receipts": TICK_SECONDS,
        "notifications.tasks.clear_up": 10 * TICK_SECONDS,
        "notifications.tasks.poll": 60.0,
        "integrations.tasks.answer_neighbours": 5.0,
        "integrations.tasks.refresh_active": 60.0,
        "integrations.tasks.run_waiting": 30.0,
        "integrations.tasks.forget_old": 24 * 3600.0,
        "timebook.tasks.compare_plan": 24 * 3600.0,
        "patients.tasks.end_proxy_notices": 60.0,
        "post.tasks.purge_attachments": 24 * 3600.0,
        "portal.tasks.forget_drafts": 24 * 3600.0,
        "selection.tasks.run_analyses": 5.0,
    }.items()
}

# --- The engine -----------------------------------------------------------------------------------------------------
LEASE_SECONDS = env.int("LEASE_SECONDS", default=120)
SETTLE_SECONDS = env.int("SETTLE_SECONDS", default=180)
BREAKER_SECONDS = env.int("BREAKER_SECONDS", default=30)  # a channel that stopped answering rests this long
PROVIDER_CONNECT_TIMEOUT = env.float("PROVIDER_CONNECT_TIMEOUT", default=5.0)
PROVIDER_TIMEOUT = env.float("PROVIDER_TIMEOUT", default=30.0)
SEND_BATCH = env.int("SEND_BATCH", default=1_000)  # what a merge API takes in one call
ENGINE_HINTS = env.bool("ENGINE_HINTS", default=True)  # off: only ticks wake the engine
SMS_IN_FLIGHT = env.int("SMS_IN_FLIGHT", default=64)
SMTP_CONNECTIONS = env.int("SMTP_CONNECTIONS", default=4)

# --- SMS: Twilio ----------------------------------------------------------------------------------------------------
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_OLD_AUTH_TOKEN = env.str("TWILIO_OLD_AUTH_TOKEN", default="")  # accepted on webhooks while rotating
TWILIO_BASE_URL = env.str("TWILIO_BASE_URL", default="https://api.twilio.com").rstrip("/")

# --- E-mail: Anymail ------------------------------------------------------------------------------------------------
EMAIL_PROVIDER = env.str("EMAIL_PROVIDER", default="mailgun")  # mailgun | smtp
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="varsel@example.com")
ANYMAIL = {
    "MAILGUN_API_KEY": env.str("MAILGUN_API_KEY", default=""),
    "MAILGUN_API_URL": env.str("MAILGUN_API_URL", default="https://api.eu.mailgun.net/v3"),
    "MAILGUN_SENDER_DOMAIN": env.str("MAILGUN_SENDER_DOMAIN", default="example.com"),
    "MAILGUN_WEBHOOK_SIGNING_KEY": env.str("MAILGUN_WEBHOOK_SIGNING_KEY", default=""),
    "WEBHOOK_SECRET": env.list("ANYMAIL_WEBHOOK_SECRET", default=[]),
    "REQUESTS_TIMEOUT": (PROVIDER_CONNECT_TIMEOUT, PROVIDER_TIMEOUT),
}
EMAIL_BACKEND = {  # mail to staff: new password, invitations
    "mailgun": "anymail.backends.mailgun.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
}.get(EMAIL_PROVIDER, "anymail.backends.mailgun.EmailBackend")  # an unknown one is refused by the registry
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = PROVIDER_TIMEOUT

# --- Push: VAPID ----------------------------------------------------------------------------------------------------
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")
VAPID_CONTACT = env.str("VAPID_CONTACT", default="mailto:drift@example.com")
PUSH_BASE_URL = env.str("PUSH_BASE_URL", default="")  # the sandbox's push service; empty means the real ones only

# --- The gateways of Helsenorge, Besøklegen and DigiCare -----------------------------------------------------------
GATEWAYS = {  # by integrations.Neighbour: address and bearer token; e-contact goes to the first two
    name: {
        "URL": env.str(f"{name.upper()}_GATEWAY_URL", default="").rstrip("/"),
        "TOKEN": env.str(f"{name.upper()}_GATEWAY_TOKEN", default=""),
    }
    for name in ("helsenorge", "besoklegen", "digicare")
}
NEIGHBOUR_CALLS_PER_MINUTE = env.int("NEIGHBOUR_CALLS_PER_MINUTE", default=1_200)  # of one clinic and neighbour
FHIR_CALLS_PER_MINUTE = env.int("FHIR_CALLS_PER_MINUTE", default=600)  # of one client
GATEWAY_IN_FLIGHT = env.int("GATEWAY_IN_FLIGHT", default=16)

# --- Bulk sending ---------------------------------------------------------------------------------------------------
BULK_UNDO_SECONDS = env.int("BULK_UNDO_SECONDS", default=30)  # after «Send nå», before anything is made

# --- Logs: ids, never names, numbers, addresses or message text ------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secrets": {"()": "clinic_notify.logs.WithoutSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "celery": {"level": "WARNING"},
        "twilio": {"level": "WARNING"},  # its INFO logs requests with bodies
        "django.server": {"level": "WARNING"},
        "aiohttp": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = ["auth.W004"]  # addresses are unique whatever the case, by a constraint of their own
