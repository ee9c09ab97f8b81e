"""URLs of the post, and the card's tab Dialoger."""

from django.urls import path

from post import dialog_views, inbox_views, new_views, setting_views

app_name = "post"
urlpatterns = [
    path("post/", inbox_views.inbox, name="inbox"),
    path("post/ny/", new_views.new, name="new"),
    path("post/ny/kladd/", new_views.keep_draft, name="new_draft"),
    path("post/<int:pk>/", dialog_views.dialog, name="dialog"),
    path("post/<int:pk>/svar/", dialog_views.answer, name="answer"),
    path("post/<int:pk>/kladd/", dialog_views.keep_draft, name="draft"),
    path("post/<int:pk>/lest/", dialog_views.mark, name="mark"),
    path("post/<int:pk>/tatt/", dialog_views.assign, name="assign"),
    path("post/<int:pk>/avslutt/", dialog_views.close, name="close"),
    path("post/<int:pk>/gjenapne/", dialog_views.reopen, name="reopen"),
    path("post/vedlegg/<int:pk>/", dialog_views.attachment, name="attachment"),
    path("post/maler/", setting_views.templates, name="templates"),
    path("post/maler/ny/", setting_views.template_new, name="template_new"),
    path("post/maler/ny-felles/", setting_views.common_new, name="common_new"),
    path("post/maler/<int:pk>/", setting_views.template_edit, name="template_edit"),
    path("post/maler/<int:pk>/slett/", setting_views.template_delete, name="template_delete"),
    path("post/dialogtyper/", setting_views.kinds, name="kinds"),
    path("pasienter/<int:pk>/dialoger/", inbox_views.of_patient, name="of_patient"),
]
