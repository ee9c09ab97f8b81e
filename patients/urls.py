"""URLs of patients."""

from django.urls import path

from patients import audit_views, journal_views, proxy_views, views

app_name = "patients"
urlpatterns = [
    path("", views.find, name="search"),
    path("hurtigsok/", views.quick, name="quick"),
    path("velg/", views.pick, name="pick"),
    path("ny/", views.register, name="register"),
    path("<int:pk>/personalia/", views.personal, name="personal"),
    path("<int:pk>/journal/", journal_views.journal, name="journal"),
    path("<int:pk>/innsyn/", audit_views.readers, name="readers"),
    path("<int:pk>/fullmakter/", proxy_views.of_patient, name="proxies"),
    path("fullmakter/<int:pk>/trekk/", proxy_views.withdraw, name="proxy_withdraw"),
    path("fullmakter/<int:pk>/varsler/", proxy_views.notices, name="proxy_notices"),
    path("fullmakter/<int:pk>/varsler/avslutt/", proxy_views.end_notices, name="proxy_notices_end"),
    path("<int:pk>/kontakt/", views.contact, name="contact"),
    path("<int:pk>/metode/", views.method, name="method"),
    path("<int:pk>/samtykke/", views.give_consent, name="consent"),
    path("<int:pk>/samtykke/trekk/", views.consent_question, name="withdraw"),
]
