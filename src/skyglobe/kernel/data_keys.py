"""How services use keys of KMS for what they keep for users: in the caller's name, with data keys kept a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, Wrapping

if TYPE_CHECKING:
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.scope import Scope

MOST_KEYS = 4_096  # kept in memory, of each service

Context = dict[str, str]


class DataKey(NamedTuple):
    """A key to encrypt with, and itself encrypted under a KMS key."""

    plain: bytes
    sealed: bytes
    key_arn: str

    def wrap(self, scope: Scope, data: bytes) -> bytes:
        """Return ``data`` encrypted."""
        return self.wrap_each(scope, [data])[0]

    def wrap_each(self, scope: Scope, pieces: Iterable[bytes]) -> list[bytes]:
        """Return several pieces of data, each encrypted by itself."""
        wrapping, token = Wrapping(self.plain), scope.kernel.ids.token
        return [wrapping.wrap(token(NONCE_BYTES), data) for data in pieces]


class KeyUser:
    """One service's way to KMS. ``told`` turns KMS's errors into those the service has for them.

    The caller's permissions count, and the key's policy can tell what it comes through (``kms:ViaService``).
    ``is_proven`` says that the service has each new data key decrypted once, so that who encrypts needs
    ``kms:Decrypt`` beside ``kms:GenerateDataKey``.
    """

    def __init__(self, service: str, told: Callable[[ServiceError], ServiceError], *, is_proven: bool = False) -> None:
        self.service = service
        self._told = told
        self._is_proven = is_proven

    def ask(self, call: Call, operation: str, params: dict[str, Any], region: str = "") -> dict[str, Any]:
        """Call an operation of KMS as part of the work of ``call``. Raises the service's own errors."""
        principal = call.principal.via(f"{self.service}.amazonaws.com")
        caller = ServiceCaller.of(call.kernel, principal.account, region or call.region, principal)
        try:
            answer: dict[str, Any] = caller.call_within(call, "kms", operation, params)
        except ServiceError as error:
            raise self._told(error) from error
        return answer

    def issue(self, call: Call, key: str, context: Context, reuse_for: int, region: str = "") -> DataKey:
        """Return a data key under the KMS key ``key``, the same one for a caller for ``reuse_for`` milliseconds."""
        kept = call.kernel.caches.of(f"{self.service}.data_keys", MOST_KEYS)
        asked = self._asked(call, key, context, reuse_for, region)
        found: DataKey | None = kept.get(asked)
        if found is None:
            given = {"KeyId": key, "NumberOfBytes": KEY_BYTES, "EncryptionContext": context}
            answer = self.ask(call, "GenerateDataKey", given, region)
            made = found = DataKey(answer["Plaintext"], answer["CiphertextBlob"], answer["KeyId"])
            if self._is_proven:
                self.ask(call, "Decrypt", {"CiphertextBlob": made.sealed, "EncryptionContext": context}, region)
            # Not before the KMS key itself is there for good: AWS's own is made when it is first used.
            call.after_commit(lambda: kept.keep(asked, made))
        return found

    def unwrap(
        self, call: Call, sealed_key: bytes, data: bytes, context: Context, reuse_for: int, region: str = ""
    ) -> bytes:
        """Return what a data key encrypted. Raises what ``open`` does."""
        return Wrapping(self.open(call, sealed_key, context, reuse_for, region)).unwrap(data)

    def open(self, call: Call, sealed_key: bytes, context: Context, reuse_for: int, region: str = "") -> bytes:
        """Return a data key decrypted; KMS is asked once in ``reuse_for`` milliseconds for a caller."""
        kept = call.kernel.caches.of(f"{self.service}.opened_keys", MOST_KEYS)
        asked = self._asked(call, sealed_key, context, reuse_for, region)
        plain: bytes | None = kept.get(asked)
        if plain is None:
            given = {"CiphertextBlob": sealed_key, "EncryptionContext": context}
            plain = self.ask(call, "Decrypt", given, region)["Plaintext"]
            kept.keep(asked, plain)
        return plain

    def _asked(self, call: Call, key: str | bytes, context: Context, reuse_for: int, region: str) -> tuple[Any, ...]:
        principal = call.principal
        who = (principal.arn, principal.access_key_id, principal.source_arn)
        return (call.kernel.secret, who, key, tuple(sorted(context.items())), region, call.now // reuse_for)


def telling(errors: Any, names: Mapping[str, str]) -> Callable[[ServiceError], ServiceError]:
    """Return what turns KMS's errors into a service's own, which ``names`` has by KMS's codes; others stay."""

    def told(error: ServiceError) -> ServiceError:
        name = names.get(error.code)
        if name is None:
            return error
        made: ServiceError = getattr(errors, name)(error.message)
        return made

    return told


def full_key_name(scope: Scope, name: str) -> str:
    """Return the ARN of a key or alias as the account of ``scope`` names it, for callers of other accounts."""
    if name.startswith("arn:"):
        return name
    kind = name if name.startswith("alias/") else f"key/{name}"
    return f"arn:{scope.partition}:kms:{scope.region}:{scope.account}:{kind}"
