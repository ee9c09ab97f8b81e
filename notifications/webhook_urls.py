"""Where providers call back."""

from django.urls import path

from notifications import webhooks

app_name = "webhooks"
urlpatterns = [
    path("sms/<str:token>/", webhooks.sms, name="sms"),
    path("email/mailgun/", webhooks.email, name="email"),
]
