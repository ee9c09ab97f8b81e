"""The second factor's code: attempts count as the password's do, and the owner hears of many wrong ones (threat 7)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter as account_adapter
from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator

from clinics import attempts, mail


class CountedCode:
    """Mixin: checks the code against the user's app and recovery codes. allauth's own counts by the account alone."""

    user: Any
    authenticator: Any
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Return the code when it is right. Raises ValidationError when it is wrong, or there were too many."""
        usage = attempts.consume(context.request, self.user.email, "code")
        if usage is None:
            self.warn_owner()
            raise account_adapter().validation_error("too_many_login_attempts")
        code: str = self.cleaned_data["code"]
        for authenticator in Authenticator.objects.filter(user=self.user):
            if authenticator.wrap().validate_code(code):
                authenticator.user = self.user
                self.authenticator = authenticator
                usage.rollback()
                return code
        raise get_adapter().validation_error("incorrect_code")

    def warn_owner(self) -> None:
        """Tell the owner, once an hour at most: whoever comes this far has given the right password."""
        if ratelimit.consume(context.request, action="code_warning", key=str(self.user.pk)):
            mail.wrong_codes(self.user)


class CodeForm(CountedCode, AuthenticateForm):  # type: ignore[misc]
    """The code at log-in."""


class CodeAgainForm(CountedCode, ReauthenticateForm):  # type: ignore[misc]
    """The code once more, before a change of one's own security."""
