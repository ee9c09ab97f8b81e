"""URLs of the patient's side. The first part under /min/ is the entry of the bottom navigation."""

from django.urls import path

from portal import (
    app_views,
    appointment_views,
    booking_views,
    contact_views,
    draft_views,
    home_views,
    language_views,
    log_in_views,
    message_views,
    moving_views,
    payment_views,
    profile_views,
    push_views,
    views,
    writing_views,
)
from portal.code_models import Field

app_name = "portal"
urlpatterns = [
    path("v/<str:token>/", views.landing, name="landing"),
    path("v/<str:token>/inn/<slug:provider>/", log_in_views.start, name="start_from"),
    path("min/", home_views.home, name="home"),
    path("min/velg/<int:pk>/", home_views.choose, name="choose"),
    path("min/logg-inn/", log_in_views.log_in, name="log_in"),
    path("min/logg-inn/<slug:provider>/", log_in_views.start, name="start"),
    path("min/innlogget/", log_in_views.come_back, name="come_back"),
    path("min/logg-ut/", log_in_views.log_out, name="log_out"),
    path("min/logget-ut/", log_in_views.logged_out, name="logged_out"),
    path("min/logget-ut-hos/", log_in_views.logged_out_elsewhere, name="logged_out_elsewhere"),
    path("min/varsel/<str:token>/", views.open_link, name="open"),
    path("min/timer/", appointment_views.appointments, name="appointments"),
    path("min/timer/bestill/", booking_views.book, name="book"),
    path("min/timer/bestill/time/", booking_views.book_slot, name="book_slot"),
    path("min/timer/<int:pk>/", appointment_views.appointment, name="appointment"),
    path("min/timer/<int:pk>/kalender/", appointment_views.calendar, name="calendar"),
    path("min/timer/<int:pk>/avbestill/", appointment_views.cancel, name="cancel"),
    path("min/timer/<int:pk>/flytt/", moving_views.move, name="move"),
    path("min/timer/<int:pk>/flytt/time/", moving_views.move_slot, name="move_slot"),
    path("min/meldinger/", message_views.messages, name="messages"),
    path("min/meldinger/ny/", writing_views.new, name="new_dialog"),
    path("min/meldinger/ny/utkast/", draft_views.keep_new, name="keep_new"),
    path("min/meldinger/<int:pk>/utkast/", draft_views.keep_answer, name="keep_answer"),
    path("min/meldinger/<int:pk>/", message_views.dialog, name="dialog"),
    path("min/meldinger/<int:pk>/lest/", message_views.mark, name="mark_read"),
    path("min/meldinger/vedlegg/<int:pk>/", message_views.attachment, name="attachment"),
    path("min/betaling/", payment_views.payments, name="payments"),
    path("min/betaling/alt/", payment_views.all_paid, name="all_paid"),
    path("min/betaling/kvittering/<int:pk>/", payment_views.receipt, name="receipt"),
    path("min/betaling/kvittering/<int:pk>/pdf/", payment_views.pdf, name="receipt_pdf"),
    path("min/profil/", profile_views.profile, name="profile"),
    path("min/profil/varsler/", push_views.push, name="push"),
    path("min/profil/varsler/pa/", push_views.turn_on, name="push_on"),
    path("min/profil/varsler/senere/", push_views.later, name="push_later"),
    path("min/profil/varsler/fjern/", push_views.remove, name="push_remove_all"),
    path("min/profil/varsler/<int:pk>/fjern/", push_views.remove, name="push_remove"),
    path("min/app/abonnement/", push_views.renew, name="push_renew"),
    path("min/app.webmanifest", app_views.manifest, name="manifest"),
    path("min/sw.js", app_views.worker, name="worker"),
    path("min/uten-nett/", app_views.offline, name="offline"),
    path("min/profil/sprak/", language_views.choose, name="language"),
    path("min/profil/innsyn/", profile_views.readers, name="readers"),
    path("min/profil/samtykke/<int:pk>/", profile_views.decide, name="consent"),
    *[
        path(f"min/profil/{folder}/{part}", view, {"field": field}, name=f"{field}{name}")
        for field, folder in {Field.EMAIL: "epost", Field.MOBILE: "mobil"}.items()
        for part, view, name in (
            ("", contact_views.change, ""),
            ("kode/", contact_views.confirm, "_code"),
            ("fjern/", contact_views.remove, "_remove"),
        )
    ],
]
