"""What the app writes to a shop, so that what it leaves behind can be seen."""

from collections.abc import Mapping

from tests.live.api import Staff

#: Kind → every one there is, by a name that says what it is.
Traces = Mapping[str, frozenset[str]]

KINDS = {
    "vouchers": "id name",
    "pages": "id slug",
    "pageTypes": "id slug",
    "attributes": "id slug",
    "apps": "id name",
}


def look_for_traces(staff: Staff) -> Traces:
    found = {
        kind: frozenset(" ".join(node.values()) for node in staff.pages(kind, selection))
        for kind, selection in KINDS.items()
    }
    metadata = frozenset(
        f"{user['id']} {item['key']}"
        for user in staff.pages("customers", "id metadata { key }")
        for item in user["metadata"]
        if item["key"].startswith("retention.")
    )
    return {**found, "customers' metadata": metadata}
