"""URLs of the patient's side."""

from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("v/<str:token>/", views.landing, name="landing"),
]
