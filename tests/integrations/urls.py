"""The product's URLs with the import page among them."""

from django.urls import include, path

from clinic_notify.urls import urlpatterns as product

urlpatterns = [path("import/", include("integrations.urls")), *product]
