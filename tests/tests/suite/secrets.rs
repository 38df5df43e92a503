//! A token is in no log, at no level, in no form, whatever becomes of its request.

use crate::program::Program;
use std::collections::BTreeSet;
use tests::{Database, fixture};

const TOKEN: &str = "tok/en+s3cret==ü";
const UNKNOWN: &str = "unk/nown+s3cret==ü";

/// The forms in which a text may stand in a log.
pub(crate) fn forms(text: &str) -> BTreeSet<String> {
    let bytes = text.as_bytes();
    let encode = |plain: fn(u8) -> bool, hex: fn(u8) -> String| -> String {
        bytes
            .iter()
            .map(|byte| {
                if plain(*byte) {
                    char::from(*byte).to_string()
                } else {
                    hex(*byte)
                }
            })
            .collect()
    };
    let upper = |byte: u8| format!("%{byte:02X}");
    let lower = |byte: u8| format!("%{byte:02x}");
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric();
    let mut forms = BTreeSet::from([
        text.to_owned(),
        encode(unreserved, upper),
        encode(unreserved, lower),
        encode(|byte| byte.is_ascii_graphic(), upper),
        encode(|byte| byte.is_ascii_graphic() && byte != b'+', upper),
        encode(|_| false, upper),
        encode(|_| false, lower),
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        text.escape_default().to_string(),
        format!("{bytes:?}").trim_matches(['[', ']']).to_owned(),
        bytes.escape_ascii().to_string(),
    ]);
    // Base64 depends on what stands before: the middle of each of the three.
    for before in 0..3 {
        let mut shifted = vec![b'x'; before];
        shifted.extend_from_slice(bytes);
        let digits = base64(&shifted);
        forms.insert(digits[4..digits.len() - 4].to_owned());
    }
    // Parts of it tell too.
    forms.insert("s3cret".to_owned());
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let chunk = |chunk: &[u8]| {
        let bits = chunk
            .iter()
            .fold(0u32, |bits, byte| bits << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        let digits: String = (0..=chunk.len())
            .map(|i| char::from(DIGITS[(bits >> (18 - 6 * i)) as usize & 63]))
            .collect();
        format!("{digits:=<4}")
    };
    bytes.chunks(3).map(chunk).collect()
}

/// Every way to send a token, as headers and query.
fn ways(token: &str) -> Vec<(Vec<(&'static str, String)>, String)> {
    let hex: String = token.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let partly = token
        .replace('/', "%2F")
        .replace('+', "%2b")
        .replace('ü', "%C3%BC");
    vec![
        (
            vec![("Authorization", format!("Bearer {token}"))],
            String::new(),
        ),
        (vec![("apikey", token.to_owned())], String::new()),
        (
            vec![(
                "Authorization",
                format!("Basic {}", base64(format!("user:{token}").as_bytes())),
            )],
            String::new(),
        ),
        (vec![], format!("apikey={hex}")),
        (vec![], format!("%61pikey={partly}")),
        (
            vec![("Authorization", format!("Bearer {token}"))],
            format!("apikey={hex}"),
        ),
        // Wrong ones: two that differ, a scheme that is none, a broken one, a wrong name.
        (
            vec![("Authorization", "Bearer other".to_owned())],
            format!("apikey={hex}"),
        ),
        (
            vec![("Authorization", format!("Digest {token}"))],
            String::new(),
        ),
        (
            vec![("Authorization", format!("Basic {token}"))],
            String::new(),
        ),
        (vec![("Authorization", token.to_owned())], String::new()),
        (vec![], format!("apikey={hex}%ff")),
        (vec![], format!("ApiKey={hex}")),
        (vec![], format!("$apikey={hex}&apikey={hex}")),
    ]
}

#[tokio::test]
async fn no_token_is_in_any_log() {
    let database: Database = fixture::small().await;
    let client = database.connect().await;
    client
        .execute(
            "UPDATE access_tokens SET token = $1 WHERE token = 'KEY'",
            &[&TOKEN],
        )
        .await
        .unwrap();
    let mut logs = String::new();
    for words in [
        &["--log-level=trace"][..],
        &["--log-level=trace", "--log-format=json"],
        &[
            "--log-level=tokio_postgres=trace,actix_http=trace,actix_web=trace,deadpool=trace,rustls=trace,odata_core=trace,trace",
        ],
    ] {
        let program = Program::serve(&database.connection_string(), words);
        program.wait_for("serving http://");
        let client = program.client();
        let mut statuses = BTreeSet::new();
        for token in [TOKEN, UNKNOWN] {
            for (headers, query) in ways(token) {
                let headers: Vec<(&str, &str)> = headers
                    .iter()
                    .map(|(name, value)| (*name, &**value))
                    .collect();
                for path in [
                    "",
                    "/",
                    "/Inbox",
                    // No `?` before the options.
                    "/Inbox&",
                    "/Inbox(1)&",
                    "/Inbox(1)/&",
                    "/Inbox/1&x=1",
                    "/Inbox%3F",
                    "/Message?$filter=id div 0 eq 1",
                    "/Message?$orderby=content&$top=5",
                    "/Nothing",
                    "/Message?$filter=(",
                    "/Message(1)/content",
                    "/$batch",
                ] {
                    let mark = match path {
                        path if path.contains(['?', '&']) => "&",
                        path if path.ends_with("%3F") => "",
                        _ => "?",
                    };
                    let prefer =
                        [headers.clone(), vec![("Prefer", "odata.maxpagesize=2")]].concat();
                    let response =
                        client.get_with(&format!("/v1.0/odata{path}{mark}{query}"), &prefer);
                    statuses.insert(response.status);
                    // An answer has it in a next link alone, if the URL had it.
                    let text = response.text().replace("\"@odata.nextLink\"", "\n");
                    let shown = forms(token)
                        .iter()
                        .any(|form| text.lines().next().unwrap_or("").contains(&**form));
                    assert!(!shown, "{path} {query}: {}", response.text());
                }
            }
        }
        assert!(
            [200, 400, 401, 404]
                .iter()
                .all(|status| statuses.contains(status)),
            "{statuses:?}"
        );
        // Statements that fail, with the token among their parameters.
        let owner = database.connect().await;
        owner
            .batch_execute("ALTER TABLE access_tokens RENAME TO gone")
            .await
            .unwrap();
        for token in ["fresh-s3cret-1", "fresh-s3cret-2"] {
            client.clone().token(token).get("/v1.0/odata/Inbox");
        }
        owner
            .batch_execute("ALTER TABLE gone RENAME TO access_tokens")
            .await
            .unwrap();
        program.signal("TERM");
        let ended = program.end();
        assert!(
            ended.stderr.len() > 1_000,
            "it says something at trace: {}",
            ended.stderr
        );
        logs += &ended.stderr;
        logs += &ended.stdout;
    }
    for token in [TOKEN, UNKNOWN, "fresh-s3cret-1"] {
        for form in forms(token) {
            let line = logs.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "{form}");
        }
    }
}

/// The test would see one: it is found in each form.
#[test]
fn the_forms_are_found() {
    for log in [
        "GET /?apikey=tok%2Fen%2Bs3cret%3D%3D%C3%BC",
        "parameters: [\"tok/en+s3cret==ü\"]",
        "authorization: \"Bearer tok/en+s3cret==\\xc3\\xbc\"",
    ] {
        assert!(
            forms(TOKEN).iter().any(|form| log.contains(&**form)),
            "{log}"
        );
    }
    let basic = base64(format!("user:{TOKEN}").as_bytes());
    assert!(
        forms(TOKEN).iter().any(|form| basic.contains(&**form)),
        "{basic}"
    );
    assert_eq!(base64(b"user:abc"), "dXNlcjphYmM=");
}
