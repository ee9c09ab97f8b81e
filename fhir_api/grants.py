"""The OAuth 2 side, by Authlib: client credentials for opaque tokens, their revocation, and who a token lets in."""

from __future__ import annotations

from typing import Any

from authlib.integrations.django_oauth2 import AuthorizationServer, BearerTokenValidator, ResourceProtector
from authlib.integrations.django_oauth2 import RevocationEndpoint as Revocation
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from django.utils import timezone

from clinics.hashing import hashed
from fhir_api.models import METHODS, AccessToken, ApiClient


class Server(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """Issues tokens to the clients of clinics in use."""

    def query_client(self, client_id: str) -> ApiClient:
        """Return the client; one that nobody knows is answered as one with a wrong secret."""
        rows = ApiClient.objects.filter(client_id=client_id, revoked_at=None, clinic__is_active=True)
        return rows.first() or ApiClient()

    def save_token(self, token: dict[str, Any], request: Any) -> None:
        """Keep the token's hash, and forget those that have expired."""
        now = timezone.now()
        AccessToken.objects.filter(expires_at__lt=now).delete()
        AccessToken.objects.create(
            client=request.client,
            token_hash=hashed(token["access_token"]),
            scope=token["scope"],
            expires_at=now + AccessToken.LASTS,
        )

    def create_bearer_token_generator(self) -> BearerTokenGenerator:
        """Return what makes tokens: 42 random letters and digits, that is 250 bits."""
        generator = super().create_bearer_token_generator()
        generator.expires_generator = lambda client, grant_type: int(AccessToken.LASTS.total_seconds())
        return generator


class Credentials(ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    """The client proves itself by its secret, in the Authorization header or the form."""

    TOKEN_ENDPOINT_AUTH_METHODS = list(METHODS)  # noqa: RUF012 - Authlib's name and kind

    def validate_requested_scope(self) -> None:
        """Refuse a token that would open nothing. Raises InvalidScopeError."""
        super().validate_requested_scope()
        if not self.client.get_allowed_scope(self.request.payload.scope):
            from authlib.oauth2.rfc6749 import InvalidScopeError  # noqa: PLC0415

            raise InvalidScopeError


class RevocationEndpoint(Revocation):  # type: ignore[misc]  # Authlib has no types
    """The client gives a token up before its time (RFC 7009)."""

    CLIENT_AUTH_METHODS = list(METHODS)  # noqa: RUF012 - Authlib's name and kind

    def query_token(self, token: str, token_type_hint: str | None) -> AccessToken | None:
        """Find it by its hash."""
        return AccessToken.objects.filter(token_hash=hashed(token)).first()

    def revoke_token(self, token: AccessToken, request: Any) -> None:
        """Forget it."""
        token.delete()


class Bearer(BearerTokenValidator):  # type: ignore[misc]  # Authlib has no types
    """Finds whom a token lets in."""

    def authenticate_token(self, token_string: str) -> AccessToken | None:
        """Find the token, with its client and the client's clinic, by its hash."""
        rows = AccessToken.objects.select_related("client__clinic", "client__user")
        return rows.filter(token_hash=hashed(token_string)).first()


server = Server(ApiClient, AccessToken)
server.register_grant(Credentials)
server.register_endpoint(RevocationEndpoint)
protector = ResourceProtector()
protector.register_token_validator(Bearer(AccessToken))
