"""curl: the token as the password of Basic, the query by -G and --data-urlencode, pages by their links."""

import json
import subprocess

from harness import NAMED, PAGE, SPRING, TOKEN, URL, family, like, refused, run, same


class Refused(Exception):
    pass


def curl(path, **options):
    url = path if path.startswith(URL) else URL + path
    arguments = [f"--data-urlencode=${name}={value}" for name, value in options.items()]
    ran = subprocess.run(
        ["curl", "--silent", "--show-error", "--globoff", "--compressed", "--fail-with-body", "--get"]
        + ["--user", f"any:{TOKEN}", *[part for option in arguments for part in option.split("=", 1)], url],
        capture_output=True,
        text=True,
    )
    if ran.returncode != 0:
        raise Refused(ran.stdout, ran.stderr)
    return ran.stdout


def read(path, **options):
    return json.loads(curl(path, **options))


def ids(answer):
    return [row["id"] for row in answer["value"]]


def rows(expected):
    same(like(expected["conversations"], read("Conversation", orderby="id")["value"]), expected["conversations"])
    # NDJSON: a row a line.
    lines = curl("Conversation", format="application/x-ndjson", orderby="id").splitlines()
    same(like(expected["conversations"], map(json.loads, lines)), expected["conversations"])


def pages(expected):
    messages, found = expected["messages"], []
    answer = read("Message", select=",".join(messages[0]))
    found += answer["value"]
    while link := answer.get("@odata.nextLink"):
        answer = read(link)
        found += answer["value"]
    assert len(found) > PAGE
    same(like(messages, found), messages)


def filtered(expected):
    same(ids(read("Conversation", filter=SPRING, orderby="id")), expected["resolved_in_spring"])
    same(ids(read("User", filter=NAMED)), expected["named"])


def expand(expected):
    answer = read("Conversation", filter="id le 60", orderby="id", expand="inbox,messages")
    same(family(answer["value"]), expected["expanded"])


def count(expected):
    same(int(curl("Message/$count", filter="message_type eq 0")), expected["incoming"])
    same(read("Message", filter="message_type eq 0", count="true", top=0)["@odata.count"], expected["incoming"])


def error(expected):
    refused(lambda: curl("Conversation", filter="colour eq 1"), "colour", "400")
    refused(lambda: curl(f"Conversation({expected['stranger']})"), "no such Conversation", "404")


run(
    "curl",
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
