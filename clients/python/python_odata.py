"""python-odata: reflects its classes from $metadata, follows next links while it iterates."""

import datetime

import requests
from harness import NAME, PAGE, TOKEN, URL, refused, run, same
from odata import ODataService, property as kinds

session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"
service = ODataService(URL, session=session, reflect_entities=True, quiet_progress=True)
entities = service.entities
Conversation, Message, User = (entities[name] for name in ("Conversation", "Message", "User"))

# What the library makes of each type; it knows no Double.
KINDS = {
    "Edm.Int64": kinds.IntegerProperty,
    "Edm.Int32": kinds.IntegerProperty,
    "Edm.Boolean": kinds.BooleanProperty,
    "Edm.Guid": kinds.UUIDProperty,
    "Edm.DateTimeOffset": kinds.DatetimeProperty,
}


def metadata(expected):
    for name, columns in expected["columns"].items():
        found = entities[name].__odata_schema__["properties"]
        same([prop["name"] for prop in found if prop["name"] not in columns], [])
        for prop in found:
            kind = type(getattr(entities[name], prop["name"]))
            same((name, prop["name"], kind), (name, prop["name"], KINDS.get(columns[prop["name"]]["type"], kinds.StringProperty)))


def record(entity, like):
    return {name: text(getattr(entity, name)) for name in like}


def text(value):
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return value if isinstance(value, (int, bool, type(None))) else str(value)


def rows(expected):
    conversations = expected["conversations"]
    found = service.query(Conversation).order_by(Conversation.id.asc()).all()
    same([record(entity, conversations[0]) for entity in found], conversations)


def pages(expected):
    messages = expected["messages"]
    found = service.query(Message).order_by(Message.id.asc()).all()
    assert len(found) > PAGE
    same([record(entity, messages[0]) for entity in found], messages)


def filtered(expected):
    utc = datetime.timezone.utc
    query = service.query(Conversation).filter(Conversation.status == 1)
    query = query.filter(Conversation.created_at >= datetime.datetime(2026, 3, 1, tzinfo=utc))
    query = query.filter(Conversation.created_at < datetime.datetime(2026, 6, 1, tzinfo=utc))
    same([entity.id for entity in query.order_by(Conversation.id.asc())], expected["resolved_in_spring"])
    same([entity.id for entity in service.query(User).filter(User.name == NAME)], expected["named"])


def expand(expected):
    query = service.query(Conversation).filter(Conversation.id <= 60).order_by(Conversation.id.asc())
    requested = counted()
    found = [
        {"id": entity.id, "inbox": entity.inbox and entity.inbox.name, "messages": sorted(m.id for m in entity.messages)}
        for entity in query.expand(Conversation.inbox, Conversation.messages)
    ]
    same(found, expected["expanded"])
    same(counted() - requested, 1)


def count(expected):
    same(service.query(Message).filter(Message.message_type == 0).count(), expected["incoming"])


def error(expected):
    refused(lambda: service.query(Message).filter("colour eq 1").all(), "colour", 400)
    refused(lambda: Conversation.__odata_service__.default_context.connection.execute_get(f"{URL}Conversation({expected['stranger']})"), "no such Conversation", 404)


_requests = 0


def counted():
    return _requests


def _count(*_, **__):
    global _requests
    _requests += 1


session.hooks["response"].append(_count)

run(
    "python-odata",
    {
        "metadata": metadata,
        "rows": rows,
        "pages": pages,
        "filter": filtered,
        "expand": expand,
        "count": count,
        "error": error,
    },
)
