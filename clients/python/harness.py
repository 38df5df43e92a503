"""Asks SQL what a client must have read, runs the client's features, and writes a line for each.

What comes in, by the environment: ODATA_URL (the service root, with its slash), ODATA_TOKEN, PGHOST,
PGUSER, PGDATABASE, RESULTS (a file that lines of JSON are appended to). A client is a dictionary from
feature to function, or to a sentence that says why the client has no such feature.
"""

import json
import os
import pathlib
import re
import traceback

import psycopg

URL = os.environ["ODATA_URL"]
TOKEN = os.environ["ODATA_TOKEN"]

# More than the service puts into a page by itself: whoever has read more has followed a next link.
PAGE = 10_000

FEATURES = ["metadata", "rows", "pages", "filter", "expand", "count", "error"]

SPRING = "status eq 1 and created_at ge 2026-03-01T00:00:00Z and created_at lt 2026-06-01T00:00:00Z"
NAME = "Siobhán O'Connor"
NAMED = "name eq 'Siobhán O''Connor'"

_assertions = 0


def run(client, features):
    """Runs a client's features; raises only where the client could not be run at all."""
    expected = _answers()
    for feature in FEATURES:
        body = features[feature]
        line = {"client": client, "feature": feature, "outcome": "passed"}
        if isinstance(body, str):
            line |= {"outcome": "none", "why": body}
        else:
            before = _assertions
            try:
                body(expected)
                assert _assertions > before, "nothing was compared with SQL"
            except Exception:
                line |= {"outcome": "failed", "why": traceback.format_exc()[-2000:]}
        with open(os.environ["RESULTS"], "a") as results:
            print(json.dumps(line), file=results)


def same(read, expected):
    """What the client read is what SQL says: values, order and number."""
    global _assertions
    _assertions += 1
    if read == expected:
        return
    if isinstance(read, list) and isinstance(expected, list):
        assert len(read) == len(expected), f"{len(read)}, SQL says {len(expected)}: {str(read)[:1000]}"
        for one, other in zip(read, expected):
            assert one == other, f"{one!r}, SQL says {other!r}"
    raise AssertionError(f"{str(read)[:500]}, SQL says {str(expected)[:500]}")


def like(expected, rows):
    """The columns of `expected`'s rows, out of rows that have more."""
    names = list(expected[0])
    return [{name: row[name] for name in names} for row in rows]


def family(rows):
    """Rows that came with `$expand=inbox,messages`, in the form of the question 'expanded'."""
    return [
        {
            "id": row["id"],
            "inbox": row["inbox"]["name"] if row["inbox"] else None,
            "messages": sorted(message["id"] for message in row["messages"]),
        }
        for row in rows
    ]


def refused(read, *words):
    """`read` fails, and what the client raised tells `words`."""
    global _assertions
    try:
        read()
    except Exception as error:
        text = " ".join(map(str, (error, *error.args, getattr(error, "body", ""))))
        for word in words:
            assert str(word) in text, f"{word!r} is not in what the client says: {text}"
        _assertions += 1
        return
    raise AssertionError("the client took an error for an answer")


def sql(text):
    """The one value that SQL answers."""
    with psycopg.connect() as database:
        (accounts,) = database.execute(
            "SELECT array_agg(account_id ORDER BY account_id) FROM access_tokens "
            "JOIN account_users ON owner_type = 'User' AND user_id = owner_id AND role = 1 WHERE token = %s",
            [TOKEN],
        ).fetchone()
        array = "'{" + ",".join(map(str, accounts)) + "}'::int[]"
        return database.execute(text.replace(":accounts", array).encode()).fetchone()[0]


def _answers():
    text = (pathlib.Path(__file__).parent.parent / "questions.sql").read_text()
    found = {}
    for question in re.split(r"^-- ask: ", text, flags=re.M)[1:]:
        name, _, body = question.partition("\n")
        found[name] = sql(body)
        assert found[name] is not None, f"SQL finds nothing for '{name}': the sample data changed"
    return found
