"""URLs of the import page."""

from django.urls import path

from integrations import views

app_name = "integrations"
urlpatterns = [
    path("", views.imports, name="imports"),
    path("ny/", views.import_new, name="import_new"),
    path("<int:pk>/", views.run, name="import_run"),
    path("<int:pk>/start/", views.start, name="import_start"),
    path("<int:pk>/rapport.csv", views.report, name="import_report"),
]
