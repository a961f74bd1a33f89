"""What this kind is tried with on one machine: real PostgreSQL servers, and users on them."""

from collections.abc import Mapping
from functools import partial

from local.servers.choice import ServerChoice
from local.servers.pgbouncer import pooled_postgres
from local.servers.pgbouncer import recipe as pgbouncer_recipe
from local.servers.postgres import postgres
from local.servers.postgres.releases import Version, recipe
from local.targets import Offer
from rotators.postgres.testing.users import PostgresAlternatingTarget, PostgresTarget

__all__ = ["SERVERS", "TARGETS", "PostgresAlternatingTarget", "PostgresTarget"]

TARGETS: Mapping[str, Offer] = {
    "postgres": Offer(
        PostgresTarget.function, lambda place: PostgresTarget(place.running(postgres))
    ),
    "postgres-alternating": Offer(
        PostgresAlternatingTarget.function,
        lambda place: PostgresAlternatingTarget(place.running(postgres), "shop"),
    ),
}
OTHER_VERSIONS: tuple[Version, ...] = ("11", "14", "15", "16", "16.4", "18")
SERVERS: Mapping[str, ServerChoice] = {
    "postgres": ServerChoice(recipe("17"), postgres),
    **{
        f"postgres-{version}": ServerChoice(
            recipe(version), partial(postgres, version=version), usual=False
        )
        for version in OTHER_VERSIONS
    },
    "pgbouncer": ServerChoice(pgbouncer_recipe("1.24"), pooled_postgres, usual=False),
    "pgbouncer-1.18": ServerChoice(
        pgbouncer_recipe("1.18"), partial(pooled_postgres, version="1.18"), usual=False
    ),
}
