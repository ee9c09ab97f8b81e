"""Every URL of the product."""

from django.urls import URLPattern, URLResolver, include, path

from clinics.admin import site as support

handler500 = "clinics.errors.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("overview.urls")),
    path("", include("clinics.urls")),
    path("", include("notifications.urls")),
    path("", include("timebook.urls")),
    path("", include("post.urls")),
    path("", include("economy.urls")),
    path("pasienter/journalsok/", include("selection.search_urls")),
    path("", include("bulk_send.urls")),
    path("pasienter/", include("patients.urls")),
    path("logg/", include("patients.audit_urls")),
    path("", include("portal.urls")),
    path("import/", include("integrations.urls")),
    path("integrasjoner/", include("integrations.neighbour_urls")),
    path("integrasjoner-fhir/", include("fhir_api.client_urls")),
    path("fhir/", include("fhir_api.urls")),
    path("risikogrupper/", include("selection.risk_urls")),
    path("api/naboer/", include("integrations.api_urls")),
    path("webhooks/", include("notifications.webhook_urls")),
    path("konto/", include("allauth.account.urls")),
    path("konto/2fa/", include("allauth.mfa.urls")),
    path("admin/", support.urls),
]
