"""URLs of bulk sending."""

from django.urls import path

from bulk_send import compose_views, report, views

app_name = "bulk_send"
urlpatterns = [
    path("masseutsendelse/", views.bulks, name="list"),
    path("masseutsendelse/takst/", views.takst, name="takst"),
    path("masseutsendelse/ny/<int:selection>/", compose_views.start, name="start"),
    path("masseutsendelse/<int:pk>/", views.bulk, name="bulk"),
    path("masseutsendelse/<int:pk>/kladd/", compose_views.compose, name="compose"),
    path("masseutsendelse/<int:pk>/slett/", compose_views.discard, name="discard"),
    path("masseutsendelse/<int:pk>/bekreft/", views.confirm, name="confirm"),
    path("masseutsendelse/<int:pk>/angre/", views.undo, name="undo"),
    path("masseutsendelse/<int:pk>/stopp/", views.stop, name="stop"),
    path("masseutsendelse/<int:pk>/send-pa-nytt/", views.resend, name="resend"),
    path("masseutsendelse/<int:pk>/rapport.csv", report.export, name="export"),
]
