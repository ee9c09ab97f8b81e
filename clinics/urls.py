"""URLs of clinics."""

from django.urls import path

from clinics import hours_views, join_views, staff_views, views

app_name = "clinics"
urlpatterns = [
    path("klinikk/bytt/<int:pk>/", views.act_for, name="act_for"),
    path("utseende/", views.appearance, name="appearance"),
    path("behandlere/", views.practitioners, name="practitioners"),
    path("behandlere/ny/", views.practitioner_new, name="practitioner_new"),
    path("behandlere/<int:pk>/", views.practitioner_edit, name="practitioner_edit"),
    path("steder/", views.places, name="places"),
    path("steder/nytt/", views.place_new, name="place_new"),
    path("steder/<int:pk>/", views.place_edit, name="place_edit"),
    path("apningstider/", hours_views.hours, name="hours"),
    path("apningstider/stengt/", hours_views.closed_day_new, name="closed_day_new"),
    path("apningstider/stengt/<int:pk>/fjern/", hours_views.closed_day_remove, name="closed_day_remove"),
    path("ansatte/", staff_views.staff, name="staff"),
    path("ansatte/inviter/", staff_views.invite, name="invite"),
    path("ansatte/<int:pk>/", staff_views.access, name="access"),
    path("ansatte/<int:pk>/avslutt/", staff_views.out_of_use, name="out_of_use"),
    path("ansatte/<int:pk>/ta-i-bruk/", staff_views.in_use, name="in_use"),
    path("ansatte/<int:pk>/nullstill-tofaktor/", staff_views.reset_code, name="reset_code"),
    path("ansatte/invitasjon/<int:pk>/send/", staff_views.invitation_again, name="invitation_again"),
    path("ansatte/invitasjon/<int:pk>/trekk/", staff_views.invitation_withdraw, name="invitation_withdraw"),
    path("invitasjon/", join_views.join, name="join"),
    path("invitasjon/<str:token>/", join_views.link, name="invitation_link"),
]
