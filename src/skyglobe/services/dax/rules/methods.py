"""What DAX's clients can call: methods by number, and what they send with each."""

from __future__ import annotations

from typing import NamedTuple

GREETING = "J7yne5G"
"""The first of the values a connection begins with."""
GREETING_VALUES = 5
SERVICE = 1
"""What each call begins with; there is no other service."""


class Method(NamedTuple):
    """One method."""

    name: str
    arguments: int


METHODS = {
    1489122155: Method("AuthorizeConnection", 5),
    455855874: Method("Endpoints", 0),
    -742646399: Method("DefineKeySchema", 1),
    670678385: Method("DefineAttributeList", 1),
    -1230579644: Method("DefineAttributeListId", 1),
    263244906: Method("GetItem", 3),
    -2106490455: Method("PutItem", 4),
    1425579023: Method("UpdateItem", 3),
    1013539361: Method("DeleteItem", 3),
    -931250863: Method("Query", 3),
    -1875390620: Method("Scan", 2),
    -697851100: Method("BatchGetItem", 2),
    116217951: Method("BatchWriteItem", 2),
    1866287579: Method("TransactGetItems", 4),
    -1160037738: Method("TransactWriteItems", 9),
}

EMPTY_LIST = 1
"""The attribute list every client knows: that of items with nothing but their key."""
FIRST_LIST = 2

# Members of requests.
PROJECTION, NAMES, CONSISTENT, CAPACITY, CONDITION, VALUES = 0, 1, 2, 3, 4, 5
COLLECTIONS, RETURNED, UPDATE, START, FILTER, INDEX = 6, 7, 8, 9, 10, 11
LIMIT, FORWARD, SELECT, SEGMENT, SEGMENTS, TOKEN = 13, 14, 15, 16, 17, 19

CAPACITIES = ("NONE", "TOTAL", "INDEXES")
COLLECTION_SIZES = ("NONE", "SIZE")
SELECTS = ("", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "COUNT", "SPECIFIC_ATTRIBUTES")
RETURNS = ("", "NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW")
FAILURE_RETURNS = ("", "NONE", "ALL_OLD")

TRANSACTED = {2: "Put", 7: "Delete", 9: "Update", 12: "ConditionCheck"}
"""Operations of a transaction by number."""
