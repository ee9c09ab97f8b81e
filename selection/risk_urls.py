"""URLs of the risk groups."""

from django.urls import path

from selection import risk_mark_views, risk_views

app_name = "risk"
urlpatterns = [
    path("", risk_views.programmes, name="programmes"),
    path("<slug:key>/analyser/", risk_views.analyse, name="analyse"),
    path("analyse/<int:pk>/", risk_views.people, name="people"),
    path("analyse/<int:pk>/borte/", risk_views.gone, name="gone"),
    path("analyse/<int:pk>/send/", risk_views.send, name="send"),
    path("person/<int:pk>/falsk-positiv/", risk_mark_views.mark, name="mark"),
    path("person/<int:pk>/behold/", risk_mark_views.uphold, name="uphold"),
    path("person/<int:pk>/fjern/", risk_mark_views.withdraw, name="withdraw"),
    path("merke/<int:pk>/angre/", risk_mark_views.restore, name="restore"),
]
