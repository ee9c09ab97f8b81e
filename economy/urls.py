"""URLs of billing cards, receipts and the day list, and the patient card's tab Økonomi."""

from django.urls import path

from economy import card_views, line_views, new_views, settle_views, views

app_name = "economy"
urlpatterns = [
    path("okonomi/", views.day, name="day"),
    path("okonomi/kvitteringer/", views.issuer, name="issuer"),
    path("okonomi/kort/nytt/", new_views.new, name="new"),
    path("okonomi/kort/<int:pk>/", card_views.card, name="card"),
    path("okonomi/kort/<int:pk>/endre/", card_views.change, name="change"),
    path("okonomi/kort/<int:pk>/klargjor/", card_views.open_card, name="open"),
    path("okonomi/kort/<int:pk>/kladd/", card_views.reopen, name="reopen"),
    path("okonomi/kort/<int:pk>/linjer/", line_views.add, name="line_add"),
    path("okonomi/kort/<int:pk>/egen-linje/", line_views.add_own, name="line_add_own"),
    path("okonomi/kort/<int:pk>/takster/", line_views.tariffs, name="tariffs"),
    path("okonomi/linje/<int:pk>/antall/", line_views.change, name="line_change"),
    path("okonomi/linje/<int:pk>/fjern/", line_views.remove, name="line_remove"),
    path("okonomi/linje/<int:pk>/angre/", line_views.restore, name="line_restore"),
    path("okonomi/kort/<int:pk>/betalt/", settle_views.pay, name="pay"),
    path("okonomi/kort/<int:pk>/annuller/", settle_views.void, name="void"),
    path("okonomi/kort/<int:pk>/krediter/", settle_views.credit, name="credit"),
    path("okonomi/kvittering/<int:pk>/", settle_views.receipt, name="receipt"),
    path("pasienter/<int:pk>/okonomi/", views.of_patient, name="of_patient"),
]
