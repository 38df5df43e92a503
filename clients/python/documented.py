"""docs/clients.md: what it tells people to paste does what it says."""

import csv
import json
import os
import pathlib
import re
import subprocess
import tempfile

import duckdb
import requests
from harness import TOKEN, URL, run, same, sql

TEXT = (pathlib.Path(__file__).parent.parent.parent / "docs/clients.md").read_text()
HERE = TEXT.replace("https://odata.example/v1.0/odata/", URL).replace("<access-token>", TOKEN)
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", HERE, flags=re.M | re.S)
FORMS = re.findall(r"^    (\$(?:filter|apply|compute)=.*)$", HERE, flags=re.M)

# As the table of symptoms says: one message is that long.
csv.field_size_limit(2**31 - 1)

directory = tempfile.TemporaryDirectory()


def block(language, words):
    """The one block of this language that has these words."""
    (found,) = [body for name, body in BLOCKS if name == language and words in body]
    return found


def shell(command):
    """What a command prints; the files that it writes are in the directory."""
    ran = subprocess.run(["bash", "-euc", command], cwd=directory.name, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def commands():
    return re.split(r"^(?=curl)", block("sh", "curl"), flags=re.M)[1:]


def form(words):
    """The rows that a form of the text gives; the form has these words."""
    (found,) = [form for form in FORMS if words in form]
    name, _, value = found.partition("=")
    answer = requests.get(URL + "Conversation", params={name: value}, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.ok, answer.text
    return answer.json()["value"]


def rows(expected):
    variables = {}
    exec(block("python", "pandas"), variables)
    frame = variables["frame"].sort_values("id")
    same(list(frame.id), [row["id"] for row in expected["conversations"]])
    agents = frame.assignee_id.astype(object).where(frame.assignee_id.notna(), None)
    same(list(agents), [row["assignee_id"] for row in expected["conversations"]])
    same(str(frame.created_at.dt.tz), "UTC")


def pages(expected):
    variables = {}
    exec(block("python", "requests.Session"), variables)
    same([row["id"] for row in variables["rows"]], [row["id"] for row in expected["messages"]])
    shell(commands()[1])
    with open(os.path.join(directory.name, "messages.csv"), newline="") as file:
        same(sorted(int(row["id"]) for row in csv.DictReader(file)), [row["id"] for row in expected["messages"]])


def filtered(_):
    read = json.loads(shell(commands()[0]))["value"]
    scope = "FROM conversations WHERE account_id = ANY (:accounts)"
    same(sorted(row["id"] for row in read), sql(f"SELECT json_agg(id ORDER BY id) {scope} AND status = 1 AND created_at >= '2026-03-01'"))
    same(
        sorted(row["id"] for row in form("$filter=created_at ge 2026")),
        sql(f"SELECT json_agg(id ORDER BY id) {scope} AND created_at >= '2026-03-01 22:00' AND created_at < '2026-03-02 22:00'"),
    )
    same(
        {row["id"]: row["hour"] for row in form("$compute=hour")},
        {int(id): hour for id, hour in sql(f"SELECT json_object_agg(id, extract(hour FROM created_at + interval '2 hours')) {scope}").items()},
    )


def count(_):
    scope = "FROM conversations WHERE account_id = ANY (:accounts)"
    same(
        {row["day"]: row["n"] for row in form("$apply=")},
        sql(f"SELECT json_object_agg(day, n) FROM (SELECT (created_at + interval '2 hours')::date AS day, count(*) AS n {scope} GROUP BY 1) AS d"),
    )
    shell(f"curl -s -u any:{TOKEN} '{URL}Conversation?$format=csv' -o conversations.csv")
    database = duckdb.connect()
    file = os.path.join(directory.name, "conversations.csv")
    found = database.execute(block("sql", "allow_quoted_nulls").replace("conversations.csv", file)).fetchall()
    same({str(status): n for status, n in found}, sql(f"SELECT json_object_agg(status, n) FROM (SELECT status, count(*) AS n {scope} GROUP BY 1) AS d"))


run(
    "docs/clients.md",
    {
        "metadata": "its text has no metadata to paste",
        "rows": rows,
        "pages": pages,
        "filter": filtered,
        "expand": "its text has nothing expanded to paste",
        "count": count,
        "error": "its table of symptoms is for people",
    },
)
