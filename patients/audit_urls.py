"""URLs of the audit log."""

from django.urls import path

from patients import audit_views

app_name = "audit"
urlpatterns = [path("", audit_views.log, name="log")]
