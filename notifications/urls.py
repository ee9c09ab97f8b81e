"""URLs of notices: the card's tab Varslinger and the clinic's log."""

from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [
    path("pasienter/<int:pk>/varslinger/", views.card, name="card"),
    path("varsler/", views.log, name="log"),
    path("varsler/<int:pk>/send-pa-nytt/", views.resend, name="resend"),
]
