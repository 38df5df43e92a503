//! What Excel and Power BI need besides an answer: a log that tells why a refresh reads all of a
//! collection, and a refusal that says what to paste.

use crate::asking::{HOST, small};
use crate::program::Program;
use tests::fixture;

const MASHUP: (&str, &str) = (
    "User-Agent",
    "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
);

#[tokio::test]
async fn a_refused_request_of_power_query_is_a_warning() {
    let database = fixture::small_shared().await;
    let program = Program::serve(&database.connection_string(), &["--log-level=info"]);
    program.wait_for("serving http://");
    let client = program.client();
    let ask = |path: &str, headers: &[(&str, &str)]| {
        let key = ("apikey", fixture::KEY);
        let headers = [&[HOST, key], headers].concat();
        client
            .get_with(&format!("/v1.0/odata/{path}"), &headers)
            .status
    };
    // Another client's mistakes are its own, and who has no token yet is asked for one.
    assert_eq!(ask("Label?$filter=marker eq 1", &[]), 400);
    assert_eq!(ask("Label?$filter=secret eq 1&$top=1000", &[MASHUP]), 400);
    assert_eq!(ask("Label?$top=1", &[MASHUP]), 200);
    let path = "Label/$filter(nothing%20eq%20'marker')";
    assert_eq!(ask(path, &[]), 400);
    program.wait_for("Microsoft.Data.Mashup");
    let log = program.said();
    let warnings: Vec<&str> = log
        .lines()
        .filter(|line| line.contains("refused"))
        .collect();
    let [warning] = warnings.as_slice() else {
        panic!("one refusal is expected: {log}");
    };
    assert!(
        warning.contains("UnknownProperty") && warning.contains("$filter"),
        "{warning}"
    );
    assert!(!log.contains("secret") && !log.contains("marker"), "{log}");
}

#[tokio::test]
async fn a_refusal_says_what_to_paste() {
    let server = small().await;
    let response = server
        .client()
        .get_with("/v1.0/odata/Label", &[HOST, MASHUP]);
    assert_eq!(response.status, 401);
    let message = "paste the collection's URL, or use Basic with the token as password";
    assert!(response.text().contains(message), "{}", response.text());
    assert!(response.text().contains("'?apikey="), "{}", response.text());
}
