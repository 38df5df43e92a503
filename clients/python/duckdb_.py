"""DuckDB: CSV, NDJSON and JSON in files that a download wrote. (It reads URLs by its extension httpfs,
which is loaded from its makers and in no package registry.)"""

import tempfile
import urllib.parse
import urllib.request

import duckdb
from harness import NAMED, PAGE, SPRING, TOKEN, URL, like, run, same

database = duckdb.connect()
database.execute("SET TimeZone = 'UTC'")
files = tempfile.TemporaryDirectory()


def saved(path, **options):
    """The answer, in a file."""
    url = f"{URL}{path}?" + urllib.parse.urlencode({f"${name}": value for name, value in options.items()})
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request) as answer, tempfile.NamedTemporaryFile(dir=files.name, delete=False) as file:
        while part := answer.read(1 << 20):
            file.write(part)
    return file.name


def query(sql, file):
    return database.execute(sql, [file])


def records(result):
    names = [column[0] for column in result.description]
    return [dict(zip(names, row)) for row in result.fetchall()]


def csv(path, **options):
    # The service writes "" for an empty text and nothing for null.
    return query("SELECT * FROM read_csv(?, allow_quoted_nulls = false)", saved(path, format="csv", **options))


def text(row):
    """DuckDB's types as SQL's JSON has them."""
    return {
        name: str(value)
        if name == "uuid"
        else value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if hasattr(value, "strftime")
        else value
        for name, value in row.items()
    }


def rows(expected):
    conversations = expected["conversations"]
    same([text(row) for row in like(conversations, records(csv("Conversation", orderby="id")))], conversations)
    # NDJSON is a table to DuckDB as it stands.
    found = records(query("SELECT * FROM read_ndjson(?)", saved("Conversation", format="application/x-ndjson", orderby="id")))
    same([text(row) for row in like(conversations, found)], conversations)


def pages(expected):
    messages = expected["messages"]
    # CSV has no pages: one stream, to the last row.
    found = records(csv("Message", select=",".join(messages[0]), orderby="id"))
    assert len(found) > PAGE
    same([text(row) for row in like(messages, found)], messages)


def filtered(expected):
    same([row[0] for row in csv("Conversation", filter=SPRING, orderby="id").fetchall()], expected["resolved_in_spring"])
    same([row[0] for row in csv("User", filter=NAMED).fetchall()], expected["named"])


def expand(expected):
    options = {"filter": "id le 60", "orderby": "id", "select": "id", "expand": "inbox($select=name),messages($select=id)"}
    file = saved("Conversation", **options)
    found = query(
        "SELECT r.id, r.inbox.name AS inbox, list_sort([m.id FOR m IN r.messages]) AS messages "
        "FROM (SELECT unnest(value) AS r FROM read_json(?))",
        file,
    )
    same(records(found), expected["expanded"])


def count(expected):
    answer = saved("Message", filter="message_type eq 0", count="true", top=0)
    same(query('SELECT "@odata.count" FROM read_json(?)', answer).fetchone()[0], expected["incoming"])


run(
    "DuckDB",
    {
        "metadata": "reads no metadata",
        "rows": rows,
        "pages": pages,
        "filter": filtered,
        "expand": expand,
        "count": count,
        "error": "reads files: whatever fetched them tells of errors",
    },
)
