"""URLs of Journalsøk; an address names a search's version, never its criteria."""

from django.urls import path

from selection import going_on_views, search_views

app_name = "selection"
urlpatterns = [
    path("", search_views.search, name="search"),
    path("antall/", search_views.count, name="count"),
    path("velg/", search_views.choose, name="choose"),
    path("lagrede/", going_on_views.kept, name="kept"),
    path("lagrede/<int:pk>/slett/", going_on_views.forget, name="forget"),
    path("<int:pk>/", search_views.results, name="results"),
    path("<int:pk>/antall/", search_views.total, name="total"),
    path("<int:pk>/send/", going_on_views.send, name="send"),
    path("<int:pk>/eksporter/", going_on_views.export, name="export"),
    path("<int:pk>/lagre/", going_on_views.keep, name="keep"),
]
