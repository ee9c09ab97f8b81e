"""URLs of the timebook, and the card's tab Timer."""

from django.urls import path

from timebook import appointment_views, feed_views, type_views, views

app_name = "timebook"
urlpatterns = [
    path("timebok/", views.week, name="week"),
    path("timebok/dag/", views.day, name="day"),
    path("timebok/ny/", appointment_views.new, name="new"),
    path("timebok/time/<int:pk>/", appointment_views.appointment, name="appointment"),
    path("timebok/time/<int:pk>/endre/", appointment_views.change, name="change"),
    path("timebok/time/<int:pk>/avlys/", appointment_views.cancel, name="cancel"),
    path("timebok/time/<int:pk>/angre/", appointment_views.restore, name="restore"),
    path("timebok/min-kalender/", feed_views.my_calendar, name="my_calendar"),
    path("timebok/min-kalender/lag/", feed_views.my_calendar_make, name="my_calendar_make"),
    path("timebok/min-kalender/slutt/", feed_views.my_calendar_end, name="my_calendar_end"),
    path("kalender/<str:secret>.ics", feed_views.feed, name="feed"),
    path("timetyper/", type_views.types, name="types"),
    path("timetyper/ny/", type_views.type_new, name="type_new"),
    path("timetyper/portalen/", type_views.booking_terms, name="booking_terms"),
    path("timetyper/<int:pk>/", type_views.type_edit, name="type_edit"),
    path("timetyper/<int:pk>/varsling/", type_views.type_notices, name="type_notices"),
    path("pasienter/<int:pk>/timer/", views.of_patient, name="of_patient"),
]
