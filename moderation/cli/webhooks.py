"""`moderation webhooks`: where sites are told of events."""

from __future__ import annotations

import sys

import click

from moderation.cli.opening import ACTOR, open_services
from moderation.core.errors import WebhookNotFound
from moderation.storage.sites import all_sites
from moderation.storage.webhook_figures import figures_of, newest_attempts, newest_deliveries
from moderation.storage.webhooks import WebhookDelivery, WebhookEndpoint, endpoints_of, find_endpoint
from moderation.webhooks import endpoints
from moderation.webhooks.kinds import KINDS


@click.group()
def command() -> None:
    """Endpoints that a site's events are sent to, signed by the Standard Webhooks specification.

    They are delivered by `moderation serve` and `moderation worker`; what can't be is tried again for three days.
    """


@command.command("add")
@click.option("--site", required=True, help="Whose events.")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(KINDS),
    metavar="KIND",
    help="Default: all. Repeatable.",
)
@click.option("--allow-private", is_flag=True, help="URL is in our own network: private addresses and http:// will do.")
def add_command(site: str, url: str, events: tuple[str, ...], allow_private: bool) -> None:
    """Have events sent to URL. Prints the endpoint's id, and its secret, which is shown this once."""
    with open_services() as services:
        made = endpoints.add_endpoint(services, ACTOR, site, url, events, allow_private=allow_private)
    click.echo(f"{made.id}\n{made.secret}")


@command.command("list")
@click.option("--site", help="Only this site's.")
def list_command(site: str | None) -> None:
    """List the endpoints: id, site, address, kinds, and how deliveries to it go."""
    with open_services() as services, services.database.reading() as session:
        sites = [one.id for one in all_sites(session) if site in (None, one.id)]
        found = endpoints_of(session, sites)
        figures = figures_of(session, [one.id for one in found])
        for one in found:
            figure = figures[one.id]
            kinds = ", ".join(one.events) or "all events"
            state = f"{figure.waiting} waiting, {figure.dead} given up"
            click.echo(f"{one.id}\t{one.site_id}\t{one.url}\t{kinds}\t{state}{_more(one)}")


def _more(endpoint: WebhookEndpoint) -> str:
    words = f", no answer since {endpoint.failing_since:%Y-%m-%d %H:%M} UTC" if endpoint.failing_since else ""
    words += ", private addresses allowed" if endpoint.allow_private else ""
    return words + (", two secrets" if endpoint.former_secret else "")


@command.command("test")
@click.argument("endpoint_id", metavar="ID")
def test_command(endpoint_id: str) -> None:
    """Send one event `webhook.test` now and print what was answered. Exit status 1 where it was not a 2xx."""
    with open_services() as services:
        sent = endpoints.send_test(services, ACTOR, endpoint_id)
    click.echo(f"{sent.words}\t{sent.milliseconds} ms")
    sys.exit(0 if sent.arrived else 1)


@command.command("remove")
@click.argument("endpoint_id", metavar="ID")
def remove_command(endpoint_id: str) -> None:
    """Send an endpoint nothing more. What waits for it is dropped."""
    with open_services() as services:
        endpoints.remove_endpoint(services, ACTOR, endpoint_id)
    click.echo("Removed the endpoint.")


@command.command("rotate")
@click.argument("endpoint_id", metavar="ID")
def rotate_command(endpoint_id: str) -> None:
    """Make a new secret and print it, this once. Deliveries are signed with the old one too, until `retire`."""
    with open_services() as services:
        click.echo(endpoints.rotate_secret(services, ACTOR, endpoint_id))


@command.command("retire")
@click.argument("endpoint_id", metavar="ID")
def retire_command(endpoint_id: str) -> None:
    """Sign with the newest secret alone."""
    with open_services() as services:
        endpoints.retire_secret(services, ACTOR, endpoint_id)
    click.echo("Deliveries are signed with the newest secret alone.")


@command.command("deliveries")
@click.argument("endpoint_id", metavar="ID")
@click.option("--dead", is_flag=True, help="Only those that were given up.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
def deliveries_command(endpoint_id: str, dead: bool, limit: int) -> None:
    """List an endpoint's deliveries, newest first: number, event, what it is about, and what was answered last."""
    with open_services() as services, services.database.reading() as session:
        if find_endpoint(session, endpoint_id) is None:
            raise WebhookNotFound
        found = newest_deliveries(session, endpoint_id, dead=dead, limit=limit)
        attempts = newest_attempts(session, [one.number for one in found])
        for one in found:
            last = attempts.get(one.number)
            said = "not tried yet" if last is None else last.words
            tries = "once" if one.attempts == 1 else f"{one.attempts} times"
            click.echo(f"{one.number}\t{one.kind}\t{one.subject}\t{_state(one)}\ttried {tries}\t{said}")


def _state(delivery: WebhookDelivery) -> str:
    if delivery.delivered_at is not None:
        return f"delivered {delivery.delivered_at:%Y-%m-%d %H:%M:%S}"
    if delivery.next_at is not None:
        return f"next try {delivery.next_at:%Y-%m-%d %H:%M:%S}"
    return "given up" if delivery.dead_at is not None else "failed"


@command.command("redeliver")
@click.argument("endpoint_id", metavar="ID")
@click.argument("number", type=int, required=False)
def redeliver_command(endpoint_id: str, number: int | None) -> None:
    """Send a delivery again: NUMBER is the first column of `deliveries`. Without it: all that were given up."""
    with open_services() as services:
        count = 1
        if number is None:
            count = endpoints.redeliver_dead(services, ACTOR, endpoint_id)
        else:
            endpoints.redeliver(services, ACTOR, endpoint_id, number)
    click.echo(f"Sent again: {count}.")
