"""schemathesis: makes requests up from the OpenAPI document, and holds each answer against it and, by
schemathesis_hooks.py, against SQL.

The document is the service's own, openapi.json below the root.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import requests
from harness import TOKEN, URL, run, same

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parent / ".work"
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "20"))

CHECKS = {
    "rows": ["response_schema_conformance", "content_type_conformance", "rows_are_those_of_sql"],
    "count": ["count_is_that_of_sql"],
    "error": ["no_fault_of_the_server", "status_code_conformance", "unsupported_method", "ignored_auth", "errors_are_odata"],
}


def document():
    answer = requests.get(URL + "openapi.json")
    answer.raise_for_status()
    return answer.json()


def fuzz():
    file, report = WORK / "schemathesis.json", WORK / "schemathesis-report.json"
    file.write_text(json.dumps(openapi))
    report.unlink(missing_ok=True)
    # It remembers what failed and begins with that: each run is to be judged by itself.
    shutil.rmtree(WORK / ".schemathesis", ignore_errors=True)
    subprocess.run(
        [pathlib.Path(sys.executable).parent / "schemathesis", "run", file, "--url", URL.rstrip("/")]
        + ["--header", f"Authorization: Bearer {TOKEN}", "--checks", ",".join(sum(CHECKS.values(), []))]
        + ["--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "1"]
        + ["--continue-on-failure", "--no-color", "--report", "json", "--report-json-path", report],
        cwd=WORK,
        env=os.environ | {"SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"), "PYTHONPATH": str(HERE)},
    )
    return json.loads(report.read_text())


def metadata(expected):
    sets = [path[1:] for path in openapi["paths"] if path.count("/") == 1 and path[1:].isalpha()]
    same(sorted(sets), sorted(expected["columns"]))


# What a failure is called in the report, and the feature that it is one of.
FEATURE = {
    "JsonSchemaError": "rows",
    "MissingContentType": "rows",
    "UndefinedContentType": "rows",
    "MalformedJson": "rows",
}


def found(feature):
    """The failures of a feature; what is not named above and no check of ours is an error."""

    def own(failure):
        for name, checks in CHECKS.items():
            if any(check in failure["title"] for check in checks):
                return name
        return FEATURE.get(failure["type"], "error")

    return [f"{failure['title']}: {failure['operations']}" for failure in report["failures"] if own(failure) == feature]


def judge(feature):
    def body(_):
        # The checks against SQL wrote down how often they compared.
        compared = (WORK / "schemathesis-compared").read_text().split()
        assert report["operations"]["tested"] == report["operations"]["total"] > 0, report["operations"]
        assert report["errors"] == [], report["errors"]
        assert compared.count("rows_are_those_of_sql") > 100, "hardly a row was met"
        assert compared.count("count_is_that_of_sql") > 0, "no count was met"
        same(found(feature), [])

    return body


openapi = document()
(WORK / "schemathesis-compared").write_text("")
report = fuzz()
made_up = "requests are made up: what rows they must have is not known beforehand"
run(
    "schemathesis",
    {
        "metadata": metadata,
        "rows": judge("rows"),
        "pages": "follows no next link",
        "filter": made_up,
        "expand": made_up,
        "count": judge("count"),
        "error": judge("error"),
    },
)
