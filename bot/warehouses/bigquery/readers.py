"""Rights to read, given on tables themselves: who may read what a name shows may read what it will show.

A flag names the place itself, and is written before the name is pointed. Rights on a dataset need nothing: they hold
for all that is in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from bot.errors import Refused
from bot.warehouses.bigquery.connect import Connection
from bot.warehouses.bigquery.faults import told
from bot.warehouses.bigquery.look import resource
from bot.warehouses.bigquery.sql import parts

READER = "roles/bigquery.dataViewer"
MORE = {"roles/bigquery.dataEditor", "roles/bigquery.dataOwner", "roles/bigquery.admin", READER}
"""Google's own roles that may read rows; of them a place gives the right to read alone."""
SOME = "roles/bigquery.filteredDataViewer"
LOOK, GIVE = "bigquery.tables.getIamPolicy", "bigquery.tables.setIamPolicy"
NONE = 405  # answers what knows no rights: an emulator
Binding = Mapping[str, Any]


def let_read(connection: Connection, sources: Collection[str], table: str) -> None:
    """Let those read a table who may read one of the others, which need not be there.

    Raises Refused where sameday may not see or give the rights, with the commands that give them, and where the others
    hide rows or columns that this table would show.
    """
    others = [name for name in sources if name and name != table]
    _keep_hidden(connection, others, table)
    policies = {name: _policy(connection, name) for name in others}
    some = sorted(name for name, found in policies.items() if _only_some(found))
    if some and not _only_some(_policy(connection, table)):
        raise Refused(
            f"{', '.join(some)} has row access policies, and {table} has none: who may read some rows there "
            f"would read all of them here: create the same policies on {table} first"
        )
    _give(connection, policies.values(), table)


def let_look(connection: Connection, source: str, view: str) -> None:
    """Let those read a view who may read what it shows; what that hides from them, the view does not show either."""
    _give(connection, [_policy(connection, source)], view)


def _give(connection: Connection, policies: Iterable[Any], table: str) -> None:
    wanted = [binding for found in policies for binding in _readers(found)]
    policy = _policy(connection, table) if wanted else None
    lacking = [binding for binding in wanted if not _has(policy, binding)]
    if policy is None or not lacking:
        return
    policy.bindings = [*policy.bindings, *lacking]
    try:
        with told(table, GIVE):
            connection.client.set_iam_policy(table, policy, **connection.waits)
    except Refused as error:
        commands = "; ".join(_command(table, binding) for binding in lacking)
        raise Refused(f"{error}. Who may read its name has to be able to read it: {commands}") from None


def _keep_hidden(connection: Connection, sources: Collection[str], table: str) -> None:
    """Raise Refused for a column with a policy tag in one of the others that has none in the table."""
    tagged = [(name, column) for name in sources for column in _tagged(connection, name)]
    if not tagged:
        return
    open_here = [(name, column) for name, column in tagged if column not in _tagged(connection, table)]
    if open_here:
        name, column = open_here[0]
        raise Refused(
            f"the column '{column}' of {name} has a policy tag, and that of {table} has none: who may not read it "
            f"there would read it here: give {table} the same tag first"
        )


def _tagged(connection: Connection, table: str) -> Collection[str]:
    found = resource(connection, table) or {}
    fields = found.get("schema", {}).get("fields", ())
    return {field["name"] for field in fields if field.get("policyTags", {}).get("names")}


def _only_some(policy: Any) -> bool:
    """Whether somebody may read some rows of a table: BigQuery gives whom a row access policy names this role."""
    return policy is not None and any(binding["role"] == SOME for binding in policy.bindings)


def _policy(connection: Connection, table: str) -> Any:
    """The rights on a table itself, or None where it is not there or nothing has rights."""
    from google.api_core.exceptions import GoogleAPICallError, NotFound

    with told(table, LOOK):
        try:
            return connection.client.get_iam_policy(table, **connection.waits)
        except NotFound:
            return None
        except GoogleAPICallError as error:
            if error.code == NONE:
                return None
            raise


def _readers(policy: Any) -> Iterable[Binding]:
    """Its bindings that let somebody read rows; of Google's own roles the one for that.

    Those with a condition are left out, which Google's client does not know.
    """
    for binding in policy.bindings if policy is not None else ():
        role = binding["role"]
        if role in MORE:
            yield {"role": READER, "members": set(binding["members"])}
        elif not role.startswith("roles/"):  # a role of the organisation's own: what is in it is not known here
            yield {"role": role, "members": set(binding["members"])}


def _has(policy: Any, binding: Binding) -> bool:
    """Whether it lets the same people do at least the same."""
    have: set[str] = set()
    for one in policy.bindings if policy is not None else ():
        enough = one["role"] in MORE if binding["role"] == READER else one["role"] == binding["role"]
        if enough:
            have |= set(one["members"])
    return set(binding["members"]) <= have


def _command(table: str, binding: Binding) -> str:
    project, dataset, name = parts(table)
    return " && ".join(
        f"bq add-iam-policy-binding --member={member} --role={binding['role']} {project}:{dataset}.{name}"
        for member in sorted(binding["members"])
    )
