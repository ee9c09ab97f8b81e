"""URLs of the FHIR API and its OAuth 2 server."""

from django.urls import path

from fhir_api import oauth_views, views

app_name = "fhir"
urlpatterns = [
    path("oauth/token", oauth_views.token, name="token"),
    path("oauth/revoke", oauth_views.revoke, name="revoke"),
    path("r4/.well-known/smart-configuration", oauth_views.smart_configuration, name="smart"),
    path("r4/metadata", views.metadata, name="metadata"),
    path("r4/CodeSystem/<str:key>", views.code_system, name="code_system"),
    path("r4/<str:kind>/_search", views.posted, name="posted"),
    path("r4/<str:kind>", views.search, name="search"),
    path("r4/<str:kind>/<str:key>", views.read, name="read"),
    path("r4/<path:rest>", views.unknown, name="unknown"),
]
