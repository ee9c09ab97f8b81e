"""URLs of clinics."""

from django.urls import path

from clinics import views

app_name = "clinics"
urlpatterns = [
    path("klinikk/bytt/<int:pk>/", views.act_for, name="act_for"),
    path("utseende/", views.appearance, name="appearance"),
    path("behandlere/", views.practitioners, name="practitioners"),
    path("behandlere/ny/", views.practitioner_new, name="practitioner_new"),
    path("behandlere/<int:pk>/", views.practitioner_edit, name="practitioner_edit"),
    path("steder/", views.places, name="places"),
    path("steder/nytt/", views.place_new, name="place_new"),
    path("steder/<int:pk>/", views.place_edit, name="place_edit"),
]
