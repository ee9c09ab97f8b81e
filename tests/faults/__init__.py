"""Faults with real processes: PostgreSQL, Redis, the sandbox, a Celery worker and the web server."""
