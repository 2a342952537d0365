"""Every bound of the server in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one client may ask of the server. Sizes are bytes, durations seconds of real time."""

    request_line_bytes: int = 32 * KIB
    """Presigned URLs with a session token and a policy in the query reach 8 KiB; four times that."""
    header_bytes: int = 64 * KIB
    """S3 allows 8 KiB of headers, cookies and tokens of other services a few more; names and values together."""
    headers: int = 256
    """SDKs send about 20; S3 metadata of 2 KB can be split into some hundred."""
    buffered_body_bytes: int = 256 * KIB
    """Bodies up to here are collected before the handler is called: the largest read of one system call, and SQS's
    and most JSON services' historic request bound. Larger ones are streamed."""
    stream_buffer_bytes: int = 1 * MIB
    """A streamed body may lie unread up to here before the socket is no longer read; less when very many arrive."""
    body_bytes: int = 64 * GIB
    """No AWS operation takes a body this long (S3's single PUT: 5 GiB); services refuse theirs with their own error."""
    drain_bytes: int = 1 * MIB
    """What is read and thrown away of an unread body to keep its connection; beyond, closing is cheaper."""
    pipelined_requests: int = 16
    """Requests of one connection taken on before the first is answered. AWS clients never pipeline."""
    connections: int = 4096
    """Four times the default limit of open files; each idle one costs about 4 KiB."""
    header_read_for: float = 30.0
    """From the first byte of a request to the end of its headers, whatever drips in between; TLS handshakes too."""
    body_stall_for: float = 30.0
    """Without one further byte of a body the handler waits for. S3 answers RequestTimeout after about 20 s."""
    write_stall_for: float = 60.0
    """Without the client taking one further byte of an answer."""
    idle_for: float = 120.0
    """Between requests, and before the first. Longer than the pools of SDKs keep a connection unused (60 s)."""
    linger_for: float = 5.0
    """How long a refused client may go on sending before it is cut off, so that it can read why it was refused."""
    grace_for: float = 10.0
    """How long ``HttpServer.close`` waits for running requests."""
    sweep_every: float = 1.0
    """How often the times above are checked and the ``Date`` header renewed; at most 1."""
