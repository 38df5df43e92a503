"""pandas: read_csv and json_normalize, over requests for the pages of JSON."""

import urllib.error
import urllib.parse

import pandas
import requests
from harness import NAMED, PAGE, SPRING, TOKEN, URL, family, like, refused, run, same

session = requests.Session()
session.headers["Authorization"] = f"Bearer {TOKEN}"

# Read as they are: to pandas a column with gaps is one of floats otherwise.
TYPES = {"assignee_id": "Int64", "account_id": "Int64", "status": "Int64", "id": "Int64"}


def csv(path, **options):
    """The way of a notebook: the URL, with the key in it, straight into read_csv."""
    query = {f"${name}": value for name, value in options.items()} | {"$format": "csv", "apikey": TOKEN}
    # Only what is empty is missing: 'NA' may be somebody's name.
    return pandas.read_csv(
        f"{URL}{path}?{urllib.parse.urlencode(query)}", dtype=TYPES, keep_default_na=False, na_values=[""]
    )


def get(path, **options):
    response = session.get(path if path.startswith(URL) else URL + path, params={f"${k}": v for k, v in options.items()})
    if not response.ok:
        raise Exception(response.status_code, response.text)
    return response.json()


def plain(frame):
    """A frame as SQL has it: what is missing is null."""
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


def rows(expected):
    conversations = expected["conversations"]
    by_csv = csv("Conversation", orderby="id")
    # The service writes "" for an empty text and nothing for null; read_csv takes both for missing.
    same(like(conversations, plain(by_csv)), [{k: None if v == "" else v for k, v in row.items()} for row in conversations])
    same(str(pandas.to_datetime(by_csv.created_at).dt.tz), "UTC")
    by_json = pandas.DataFrame(get("Conversation", orderby="id")["value"]).astype({"assignee_id": "Int64"})
    same(like(conversations, plain(by_json)), conversations)


def pages(expected):
    messages, frames = expected["messages"], []
    answer = get("Message", select=",".join(messages[0]))
    frames.append(pandas.DataFrame(answer["value"]))
    while link := answer.get("@odata.nextLink"):
        answer = get(link)
        frames.append(pandas.DataFrame(answer["value"]))
    frame = pandas.concat(frames, ignore_index=True)
    assert len(frame) > PAGE
    same(like(messages, plain(frame)), messages)
    # CSV has no pages: one stream, to the last row.
    same(list(csv("Message", select="id", orderby="id").id), [message["id"] for message in messages])


def filtered(expected):
    same(list(csv("Conversation", filter=SPRING, orderby="id").id), expected["resolved_in_spring"])
    same(list(csv("User", filter=NAMED).id), expected["named"])


def expand(expected):
    answer = get("Conversation", filter="id le 60", orderby="id", expand="inbox,messages")
    same(family(answer["value"]), expected["expanded"])
    # One row for each message, with what its conversation says.
    flat = pandas.json_normalize(answer["value"], "messages", ["id", ["inbox", "name"]], meta_prefix="conversation.")
    same(sorted(flat.id), sorted(id for row in expected["expanded"] for id in row["messages"]))


def count(expected):
    same(get("Message", filter="message_type eq 0", count="true", top=0)["@odata.count"], expected["incoming"])
    same(get("Message/$count", filter="message_type eq 0"), expected["incoming"])


def error(expected):
    def told(read):
        try:
            read()
        except urllib.error.HTTPError as error:
            raise Exception(error.code, error.read().decode()) from None

    refused(lambda: told(lambda: csv("Conversation", filter="colour eq 1")), "colour", 400)
    refused(lambda: get(f"Conversation({expected['stranger']})"), "no such Conversation", 404)


run(
    "pandas",
    {
        "metadata": "reads no metadata",
        "rows": rows,
        "pages": pages,
        "filter": filtered,
        "expand": expand,
        "count": count,
        "error": error,
    },
)
