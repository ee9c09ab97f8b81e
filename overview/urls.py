"""URLs of the overview, and the card's first tab."""

from django.urls import path

from overview import views

app_name = "overview"
urlpatterns = [
    path("", views.home, name="home"),
    path("pasienter/<int:pk>/", views.card, name="card"),
]
