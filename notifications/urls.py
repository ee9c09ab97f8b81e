"""URLs of notices: the card's tab Varslinger and the clinic's log."""

from django.urls import path

from notifications import views, why_views

app_name = "notifications"
urlpatterns = [
    path("pasienter/<int:pk>/varslinger/", views.card, name="card"),
    path("varsler/", views.log, name="log"),
    path("varsler/<int:pk>/hvorfor/", why_views.notice, name="why"),
    path("pasienter/<int:pk>/hvorfor/<str:subject>/<int:subject_pk>/", why_views.subject, name="why_subject"),
    path("pasienter/<int:pk>/varsling-na/", why_views.now, name="now"),
    path("varsler/<int:pk>/send-pa-nytt/", views.resend, name="resend"),
]
