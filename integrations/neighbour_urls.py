"""URLs of the settings pages of neighbouring systems."""

from django.urls import path

from integrations import neighbour_views

app_name = "neighbours"
urlpatterns = [
    path("", neighbour_views.neighbours, name="list"),
    path("<slug:name>/", neighbour_views.neighbour, name="neighbour"),
    path("<slug:name>/nokkel/", neighbour_views.key, name="key"),
    path("<slug:name>/trekk/", neighbour_views.withdraw, name="withdraw"),
    path("<slug:name>/prov/", neighbour_views.test, name="test"),
    path("<slug:name>/ep-kontakt/", neighbour_views.ask_active, name="ask_active"),
]
