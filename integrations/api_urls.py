"""URLs that neighbouring systems call."""

from django.urls import path

from integrations import api_views

app_name = "neighbours_in"
urlpatterns = [path("<slug:neighbour>/v1/events", api_views.event, name="event")]
