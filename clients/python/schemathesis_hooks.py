"""What schemathesis checks beside the document: rows and counts against SQL, errors against OData.

Keys that it makes up are turned into keys that are there, or nearly every answer would be a 404.
"""

import pathlib
import re

import schemathesis
from harness import TOKEN, sql

SETS = {
    "Message": "messages",
    "Conversation": "conversations",
    "Inbox": "inboxes",
    "Label": "labels",
    "ReportingEvent": "reporting_events",
}
COMPARED = pathlib.Path(__file__).resolve().parent.parent / ".work/schemathesis-compared"


SCOPED = "FROM {} WHERE account_id = ANY (:accounts)"
KEYS = {name: sql(f"SELECT json_agg(id ORDER BY id) {SCOPED.format(table)}") for name, table in SETS.items()}
KEYS["User"] = sql(
    f"SELECT json_agg(id ORDER BY id) FROM users WHERE id IN (SELECT user_id {SCOPED.format('account_users')})"
)
ACCOUNTS = set(sql(f"SELECT json_agg(DISTINCT account_id) {SCOPED.format('account_users')}"))
SEEN = {name: set(keys) for name, keys in KEYS.items()}


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    operation = getattr(context, "operation", None)
    name = operation.path.split("/")[1].split("(")[0] if operation else None
    if path_parameters and name in KEYS:
        for parameter, value in path_parameters.items():
            if isinstance(value, int) and not isinstance(value, bool):
                path_parameters[parameter] = KEYS[name][value % len(KEYS[name])]
    return path_parameters


def _compared(check):
    with COMPARED.open("a") as file:
        print(check, file=file)


def _answer(response):
    """The set that the answer's rows are of, and the rows."""
    if response.status_code != 200 or not response.headers.get("content-type", [""])[0].startswith("application/json"):
        return None, [], {}
    body = response.json()
    fragment = body.get("@odata.context", "").partition("#")[2]
    name = re.match(r"\w*", fragment)[0]
    return name, body["value"] if isinstance(body.get("value"), list) else [body], body


@schemathesis.check
def rows_are_those_of_sql(ctx, response, case):
    name, rows, _ = _answer(response)
    rows = [row for row in rows if name in SEEN and "id" in row]
    if rows:
        _compared("rows_are_those_of_sql")
    for row in rows:
        assert row["id"] in SEEN[name], f"{name} {row['id']} is none of the caller's, by SQL"
        if name != "User" and row.get("account_id") is not None:
            assert row["account_id"] in ACCOUNTS, f"{name} {row['id']} is of account {row['account_id']}"


@schemathesis.check
def no_fault_of_the_server(ctx, response, case):
    # What the service says it does not offer, `$search` beside `$apply` say, is no fault.
    not_offered = response.status_code == 501 and response.json()["error"]["code"] == "NotImplemented"
    assert response.status_code < 500 or not_offered, f"the service failed: {response.status_code}"


@schemathesis.check
def count_is_that_of_sql(ctx, response, case):
    name, _, body = _answer(response)
    query = case.query or {}
    number = re.fullmatch(r"/(\w+)/\$count", case.path)
    if number and number[1] in KEYS and response.status_code == 200 and not {"$filter", "$search"} & set(query):
        same = int(response.content) == len(KEYS[number[1]])
        assert same, f"{case.path} is {response.content}, SQL says {len(KEYS[number[1]])}"
        _compared("count_is_that_of_sql")
    whole = re.fullmatch(r"/\w+", case.path) and not {"$filter", "$search", "$apply"} & set(query)
    if name in KEYS and whole and "@odata.count" in body:
        same = body["@odata.count"] == len(KEYS[name])
        assert same, f"@odata.count of {name} is {body['@odata.count']}, SQL says {len(KEYS[name])}"
        _compared("count_is_that_of_sql")


@schemathesis.check
def errors_are_odata(ctx, response, case):
    if response.status_code >= 400 and case.method != "HEAD":
        error = response.json()["error"]
        assert error["code"] and error["message"], "an error without code or message"
        text = response.content.decode()
        assert TOKEN not in text and "SELECT" not in text, "an error tells too much"
