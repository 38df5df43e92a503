//! The line that the log has of each request for data: one for each, whatever becomes of it, with who
//! asked for what, and with no value that the client wrote.

use crate::asking::encoded;
use crate::program::Program;
use crate::secrets::forms;
use serde_json::Value;
use std::io::Read as _;
use std::time::{Duration, Instant};
use tests::{Client, Database, fixture};

/// More messages than are read ahead, so that their answer is a stream for as long as nobody reads it.
pub(crate) const MANY: &str = "
    INSERT INTO messages (id, content, account_id, inbox_id, conversation_id, message_type, status,
                          private, sender_type, sender_id, created_at, updated_at)
    SELECT 1000 + i, repeat('as many words ', 20), 1, 1, 1, 0, 0, false, 'User', 1, '2022-01-01', '2022-01-01'
    FROM generate_series(1, 60000) i";

pub(crate) async fn many() -> Database {
    let database = fixture::small().await;
    let client = database.connect().await;
    client.batch_execute(MANY).await.unwrap();
    database
}

/// The lines of the audit so far.
fn lines(program: &Program) -> Vec<Value> {
    let said = program.said();
    let parsed = said.lines().filter(|line| line.starts_with('{'));
    let parsed = parsed.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed.filter(|line| line["target"] == "audit").collect()
}

/// The line with this place, as soon as it is there.
#[track_caller]
fn line(program: &Program, place: usize) -> Value {
    let since = Instant::now();
    loop {
        if let Some(line) = lines(program).get(place) {
            return line.clone();
        }
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "no line {place} in: {}",
            program.said()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What is asked, and what the line says of it: user, accounts, set, query, rows, outcome.
const REQUESTS: &[(&str, &str, [&str; 4], u64, &str)] = &[
    (
        "KEY",
        "Label?$filter=title eq 'x' or id in (1,2)&$top=5&x=1",
        [
            "user 1",
            "1",
            "Label",
            "Label?$filter=title eq ? or id in (?,?)&$top=?",
        ],
        2,
        "complete",
    ),
    (
        "OTHER",
        "Inbox(4)",
        ["user 4", "2", "Inbox", "Inbox(?)"],
        1,
        "complete",
    ),
    (
        "KEY",
        "Conversation/1/messages/$count?$search=a \"b c\" NOT d",
        [
            "user 1",
            "1",
            "Message",
            "Conversation/?/messages/$count?$search=? AND ? AND NOT ?",
        ],
        1,
        "complete",
    ),
    (
        "KEY",
        "Message?$apply=filter(id gt 3)/topcount(2,id)/compute(length(content) as n)&$count=true",
        [
            "user 1",
            "1",
            "Message",
            "Message?$apply=filter(id gt ?)/topcount(?,id)/compute(length(content) as n)&$count=true",
        ],
        2,
        "complete",
    ),
    (
        "KEY",
        "Inbox?$expand=conversations($filter=id eq @p;$top=1)&@p=3&$select=name&$format=json",
        [
            "user 1",
            "1",
            "Inbox",
            "Inbox?$expand=conversations($filter=id eq @p;$top=?)&$select=name&$format=?&@p=?",
        ],
        3,
        "complete",
    ),
    (
        "KEY",
        "$all",
        ["user 1", "1", "$all", "$all"],
        // As many as the first set has.
        u64::MAX,
        "complete",
    ),
    // Nobody is there: an answer without a row.
    (
        "KEY",
        "Conversation(2)/assignee",
        ["user 1", "1", "User", "Conversation(?)/assignee"],
        0,
        "complete",
    ),
    (
        "KEY",
        "Label(4711)",
        ["user 1", "1", "Label", "Label(?)"],
        0,
        "ResourceNotFound",
    ),
    // What was not understood is not repeated.
    (
        "KEY",
        "Label?$filter=title eq x",
        ["", "", "", ""],
        0,
        "UnknownProperty",
    ),
    ("KEY", "Label?$filter=(", ["", "", "", ""], 0, "SyntaxError"),
    (
        "nobody",
        "Label",
        ["", "", "Label", "Label"],
        0,
        "Unauthorized",
    ),
    ("AGENT", "Label", ["", "", "Label", "Label"], 0, "Forbidden"),
    (
        "KEY",
        "Message?$filter=1 div (id sub 1) eq 1",
        [
            "user 1",
            "1",
            "Message",
            "Message?$filter=? div (id sub ?) eq ?",
        ],
        0,
        "InvalidOptionValue",
    ),
];

fn serve(database: &Database, words: &[&str]) -> (Program, Client) {
    let program = Program::serve(&database.connection_string(), words);
    program.wait_for("serving http://");
    let client = program.client();
    (program, client)
}

#[tokio::test]
async fn each_request_for_data_has_its_line() {
    let database = fixture::small().await;
    let (program, client) = serve(&database, &["--log-format=json"]);
    let get = |token: &str, path: &str| {
        let client = client.clone().token(token);
        client.get(&encoded(&format!("/v1.0/odata/{path}")))
    };
    for (place, (token, path, told, rows, outcome)) in REQUESTS.iter().enumerate() {
        let response = get(token, path);
        let line = line(&program, place);
        let text = |name: &str| line[name].as_str().unwrap_or("").to_owned();
        let found = ["user", "accounts", "set", "query"].map(text);
        assert_eq!(found, *told, "{path}");
        assert_eq!(text("outcome"), *outcome, "{path}: {}", response.text());
        if *rows < u64::MAX {
            assert_eq!(line["rows"], *rows, "{path}");
        }
        assert_eq!(line["bytes"], response.body.len() as u64, "{path}");
        assert_eq!(Some(&*text("request")), response.header("x-request-id"));
        assert!(line["milliseconds"].is_u64(), "{line}");
    }
    // Descriptions and what is no business of OData have none.
    for path in ["", "$metadata"] {
        get("KEY", path).expect(200);
    }
    client.get("/health/live").expect(200);
    client.get("/elsewhere").expect(404);
    let client = client.token("KEY");
    let head = client.request("HEAD", "/v1.0/odata/Label", &[]);
    assert_eq!(head.status, 200);
    let last = line(&program, REQUESTS.len());
    assert_eq!(
        (&last["outcome"], &last["bytes"]),
        (&"complete".into(), &0.into())
    );

    assert_eq!(lines(&program).len(), REQUESTS.len() + 1);
}

/// What the client of a stream does not see the end of: one that goes away, and one that is too slow.
#[tokio::test]
async fn an_answer_that_is_cut_has_a_line_that_says_why() {
    let database = many().await;
    let all = "/v1.0/odata/Message?$expand=sender";
    let whole = [("Prefer", "odata.maxpagesize=1000000")];
    let (program, client) = serve(&database, &["--log-format=json"]);
    let client = client.token("KEY");
    let mut stream = client.begin("GET", all, &whole);
    stream.read_exact(&mut [0; 100]).unwrap();
    drop(stream);
    let gone = line(&program, 0);
    assert_eq!(gone["outcome"], "cut", "{gone}");
    assert_eq!(gone["cause"], "the connection ended", "{gone}");
    let rows = gone["rows"].as_u64().unwrap();
    assert!(rows > 0 && rows < 60_000, "{gone}");

    let times = ["--stream-timeout=3s", "--statement-timeout=3s"];
    let (program, client) = serve(&database, &["--log-format=json", times[0], times[1]]);
    let client = client.token("KEY");
    let stream = client.begin("GET", all, &whole);
    let slow = line(&program, 0);
    assert_eq!(slow["cause"], "the stream time-out passed", "{slow}");
    assert_eq!(slow["query"], "Message?$expand=sender");
    drop(stream);
    // The lines of one request have its number.
    let warning = "it took longer than the stream time-out";
    let said = program.wait_for(warning);
    let number = slow["request"].as_str().unwrap();
    let mut lines_of_it = said.lines().filter(|line| line.contains(number));
    assert!(lines_of_it.any(|line| line.contains(warning)), "{said}");
    assert_eq!(lines(&program).len(), 1);
}

/// Every place of a URL that a value can stand in. `TEXT` is a text of its own in each, `NUMBER` a number.
const PLACES: [&str; 63] = [
    "Label?@p=TEXT",
    "Label/$count?$orderby=TEXT",
    "Label/$count?$expand=TEXT",
    "Label?$filter=title eq 'TEXT'",
    "Label?$filter=contains(title,'TEXT')",
    "Label?$filter=title in ('a','TEXT')",
    "Label?$filter=id eq NUMBER",
    "Label?$filter=id in (1,NUMBER)",
    "Label?$filter=id eq 0.NUMBER",
    "Label?$filter=matchesPattern(title,'TEXT')",
    "Label?$filter=matchesPattern(title,'(TEXT')",
    "Label?$filter=case(id eq 1:'TEXT',true:'b') eq title",
    "Label?$filter=cast('TEXT',Edm.Int32) eq 1",
    "Label?$filter=cast('NUMBER',Edm.Int64) eq id",
    "Label?$filter=title eq @p&@p='TEXT'",
    "Label?$filter=id eq @p&@p=NUMBER",
    "Label?$filter=id in @p&@p=[1,NUMBER]",
    "Label?$filter=title in @p&@p=[\"a\",\"TEXT\"]",
    "Label?$filter=title eq @p&@p={\"TEXT\":1}",
    "Label?$filter=conversations/any(c:c/uuid eq 'TEXT')",
    "Label?$filter=conversations/$count($filter=uuid eq 'TEXT') gt 0",
    "Label?$filter=id div (NUMBER sub NUMBER) eq 1",
    "Label?$orderby=concat(title,'TEXT')",
    "Label?$compute=concat(title,'TEXT') as c",
    "Label?$compute=id add NUMBER as c&$filter=c gt 1",
    "Label?$search=TEXT",
    "Label?$search=\"a TEXT\"",
    "Label?$search=NOT TEXT OR b",
    "Label(NUMBER)",
    "Label(id=NUMBER)",
    "Label/NUMBER",
    "Label/TEXT",
    "Label('TEXT')",
    "Conversation(1)/messages(NUMBER)",
    "Conversation(1)/messages/NUMBER/content",
    "Label/$filter(title eq 'TEXT')",
    "Label/$filter(@f)?@f=title eq 'TEXT'",
    "Label?$skiptoken=TEXT",
    "Label?$top=NUMBER",
    "Label?$skip=NUMBER",
    "Label?$format=application/json;TEXT=1",
    "Label?$format=TEXT",
    "$entity?$id=Label(NUMBER)",
    "$entity?$id=TEXT",
    "Label?$schemaversion=TEXT",
    "Label?custom=TEXT",
    "Label?TEXT=1",
    "Label?TEXT",
    "Label?$TEXT=1",
    "Label?@p=NUMBER",
    "Inbox?$expand=conversations($filter=uuid eq 'TEXT')",
    "Inbox?$expand=conversations($search=TEXT;$top=NUMBER)",
    "Inbox?$expand=conversations($levels=NUMBER)",
    "Label?$apply=filter(title eq 'TEXT')/groupby((title))",
    "Label?$apply=search(TEXT)/aggregate($count as n)",
    "Label?$apply=topcount(NUMBER,id)",
    "Label?$apply=compute(concat(title,'TEXT') as c)/groupby((c))",
    "$crossjoin(Label,Inbox)?$filter=Label/title eq 'TEXT'",
    "Label?$filter=TEXT eq 1",
    "Label?$filter=title eq 'TEXT",
    "Label?$select=TEXT",
    "Label?$filter=id eq duration'PTEXT'",
    "TEXT",
];

/// Headers that say a text or a number of the client's.
const HEADERS: [(&str, &str); 10] = [
    ("User-Agent", "TEXT"),
    ("Prefer", "TEXT"),
    ("Prefer", "odata.maxpagesize=NUMBER"),
    ("Accept", "application/json;TEXT=1"),
    ("Accept", "TEXT/*"),
    ("X-Custom", "TEXT"),
    ("Cookie", "session=TEXT"),
    ("If-Match", "\"TEXT\""),
    ("OData-MaxVersion", "TEXT"),
    ("X-Request-Id", "TEXT"),
];

#[tokio::test]
async fn no_value_of_a_request_is_in_any_log() {
    let database = fixture::small().await;
    let (mut logs, mut audited) = (String::new(), 0);
    for words in [
        &["--log-level=trace"][..],
        &["--log-level=trace", "--log-format=json"],
        &[
            "--log-level=actix_http=trace,actix_http::h1=trace,actix_web=trace,tokio_postgres=trace,trace",
        ],
    ] {
        let (program, client) = serve(&database, words);
        let client = client.token("KEY");
        let (mut understood, mut refused) = (0, 0);
        let mut ask = |path: &str, headers: &[(&str, &str)]| {
            let path = encoded(&format!("/v1.0/odata/{path}"));
            let response = client.get_with(&path, headers);
            match response.status {
                200 => understood += 1,
                _ => refused += 1,
            }
        };
        for (place, path) in PLACES.iter().enumerate() {
            ask(&marked(path, place), &[]);
        }
        for (place, (name, value)) in HEADERS.iter().enumerate() {
            ask("Label", &[(name, &marked(value, PLACES.len() + place))]);
        }
        assert!(
            understood > 35 && refused > 10,
            "{understood} and {refused}"
        );
        program.signal("TERM");
        let ended = program.end();
        audited += ended.stderr.matches("a request for data").count();
        logs += &ended.stderr;
        logs += &ended.stdout;
    }
    // What is told of them is told: the test does not look into an empty log.
    assert_eq!(audited, 3 * (PLACES.len() + HEADERS.len()), "{logs}");
    let mut found = Vec::new();
    for place in 0..PLACES.len() + HEADERS.len() {
        for marker in [text(place), number(place)] {
            for form in forms(&marker) {
                let line = logs.lines().find(|line| line.contains(&form));
                found.extend(line.map(|line| format!("place {place}: {line}")));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn marked(template: &str, place: usize) -> String {
    template
        .replace("TEXT", &text(place))
        .replace("NUMBER", &number(place))
}

fn text(place: usize) -> String {
    format!("MarkedTextQ{place:02}Zw")
}

fn number(place: usize) -> String {
    format!("7{place:02}31962058")
}
