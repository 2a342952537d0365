"""How services use keys of KMS for what they keep for users: in the caller's name, with data keys kept a while."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from skyglobe.kernel.callers import ServiceCaller
from skyglobe.kernel.errors import ServiceError
from skyglobe.kernel.frames import KEY_BYTES, NONCE_BYTES, Wrapping

if TYPE_CHECKING:
    from skyglobe.kernel.caches import Cache
    from skyglobe.kernel.call import Call
    from skyglobe.kernel.principals import Principal
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
        try:
            return self._ask_as(call, call.principal, operation, params, region or call.region)
        except ServiceError as error:
            raise self._told(error) from error

    def _ask_as(
        self, scope: Scope, who: Principal, operation: str, params: dict[str, Any], region: str
    ) -> dict[str, Any]:
        principal = who.via(f"{self.service}.amazonaws.com")
        caller = ServiceCaller.of(scope.kernel, principal.account, region, principal)
        answer: dict[str, Any] = caller.call_within(scope, "kms", operation, params)
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

    def open_for(
        self, scope: Scope, names: Sequence[Principal], sealed_key: bytes, context: Context, reuse_for: int
    ) -> bytes:
        """Return a data key decrypted for work that no call waits for, in the first of ``names`` that may.

        KMS is asked once in ``reuse_for`` milliseconds, whoever's name it was; not at all after ``keep_open``. Raises
        the service's own errors, of the last name that was refused.
        """
        kept, asked = self._open_place(scope, sealed_key, context, reuse_for)
        plain: bytes | None = kept.get(asked)
        if plain is None:
            given = {"CiphertextBlob": sealed_key, "EncryptionContext": context}
            plain = self._decrypt_as(scope, names, given)
            kept.keep(asked, plain)
        return plain

    def keep_open(self, scope: Scope, key: DataKey, context: Context, reuse_for: int) -> None:
        """Have ``open_for`` know a data key that was just issued, once that is committed."""
        kept, asked = self._open_place(scope, key.sealed, context, reuse_for)
        if asked not in kept:
            scope.after_commit(lambda: kept.keep(asked, key.plain))

    def _open_place(self, scope: Scope, sealed_key: bytes, context: Context, reuse_for: int) -> tuple[Cache, Any]:
        kept = scope.kernel.caches.of(f"{self.service}.own_keys", MOST_KEYS)
        return kept, (scope.kernel.secret, sealed_key, tuple(sorted(context.items())), scope.now // reuse_for)

    def _decrypt_as(self, scope: Scope, names: Sequence[Principal], given: dict[str, Any]) -> bytes:
        for number, name in enumerate(names, start=1):
            try:
                plain: bytes = self._ask_as(scope, name, "Decrypt", given, scope.region)["Plaintext"]
                return plain
            except ServiceError as error:
                if error.code != "AccessDeniedException" or number == len(names):
                    raise self._told(error) from error
        raise AssertionError("there is somebody to ask for")

    def _asked(self, call: Call, key: str | bytes, context: Context, reuse_for: int, region: str) -> tuple[Any, ...]:
        principal = call.principal
        who = (principal.arn, principal.access_key_id, principal.source_arn)
        return (call.kernel.secret, who, key, tuple(sorted(context.items())), region, call.now // reuse_for)


PREFIXED = {
    "AccessDeniedException": "KMSAccessDeniedException",
    "DisabledException": "KMSDisabledException",
    "InvalidKeyUsageException": "KMSInvalidStateException",
    "KMSInvalidStateException": "KMSInvalidStateException",
    "NotFoundException": "KMSNotFoundException",
    "ThrottlingException": "KMSThrottlingException",
}
"""What services that put KMS before its errors' names, SNS and Kinesis, call them: for ``telling``."""


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
