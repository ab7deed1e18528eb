"""Traces by OpenTelemetry, where an address for them is set and the extra ``otel`` is installed; else none, at no cost.

A span says what was done and for how long, by names that the code has: no text, no name, no address, no statement and
nothing of what was filled into one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from moderation import __version__

log = logging.getLogger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
STOP_MILLISECONDS = 3000
"""A collector that is gone holds up no stop for longer."""
Attributes = Mapping[str, str | int | float]
Told = Callable[[str, Attributes], None]
"""Says more of a span while it lasts: what it is called, and attributes."""


def _nothing(_name: str, _attributes: Attributes) -> None:
    """No span is there to be told of."""


_OFF: AbstractContextManager[Told] = nullcontext(_nothing)
_tracer: Any = None


def span(
    name: str, attributes: Attributes | None = None, *, headers: Mapping[str, str] | None = None
) -> AbstractContextManager[Told]:
    """A span for as long as this lasts, below the one that this thread is in. ``headers``: those of a request that
    comes in, whose ``traceparent`` it goes on from. An error that passes through is told by its kind alone.
    """
    return _OFF if _tracer is None else _span(name, attributes or {}, headers)


@contextmanager
def _span(name: str, attributes: Attributes, headers: Mapping[str, str] | None) -> Iterator[Told]:
    from opentelemetry.propagate import extract  # noqa: PLC0415 - an extra
    from opentelemetry.trace import SpanKind, Status, StatusCode  # noqa: PLC0415 - an extra

    kind, context = SpanKind.INTERNAL, None
    if headers is not None:
        kind, context = SpanKind.SERVER, extract(headers)
    began = _tracer.start_as_current_span(
        name, context=context, kind=kind, attributes=attributes, record_exception=False, set_status_on_exception=False
    )
    with began as current:

        def told(name: str, more: Attributes) -> None:
            current.update_name(name)
            current.set_attributes(more)

        try:
            yield told
        except Exception as error:
            current.set_attribute("error.type", type(error).__name__)
            current.set_status(Status(StatusCode.ERROR))
            raise


@contextmanager
def traced() -> Iterator[None]:
    """Sends spans while this lasts, where the environment says whereto. Call it after a fork (it has a thread)."""
    global _tracer  # noqa: PLW0603 - one a process, as the library has it
    provider = _provider()
    if provider is None:
        yield
        return
    _tracer = provider.get_tracer("moderation", __version__)
    try:
        yield
    finally:
        _tracer = None
        provider.force_flush(STOP_MILLISECONDS)
        provider.shutdown()


def _provider() -> Any:
    if not any(os.environ.get(name) for name in ENDPOINTS) or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - an extra
    except ImportError:
        log.warning(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but no traces are sent: the extra is missing. "
            "This installs it: pip install 'moderation[otel]'"
        )
        return None
    named = {} if os.environ.get("OTEL_SERVICE_NAME") else {"service.name": "moderation"}
    provider = TracerProvider(resource=Resource.create({**named, "service.version": __version__}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
