//! The forms of an answer, and whether a body is a whole one of its form.

use serde::de::IgnoredAny;
use std::io::Read as _;
use tests::{Client, Response};

/// A form that an answer may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Gzip,
    NdJson,
    Csv,
    /// CSV of one column, where no field is missing when a line is.
    CsvOfOne,
}

pub(super) const FORMS: [Form; 5] = [
    Form::Json,
    Form::Gzip,
    Form::NdJson,
    Form::Csv,
    Form::CsvOfOne,
];

impl Form {
    /// Asks for all messages in this form.
    #[track_caller]
    pub(super) fn ask(self, client: &Client) -> Response {
        self.ask_for(client, "Message")
    }

    /// Asks for a collection in this form, in one page.
    #[track_caller]
    pub(super) fn ask_for(self, client: &Client, path: &str) -> Response {
        let separator = if path.contains('?') { '&' } else { '?' };
        let option = match self {
            Form::Json | Form::Gzip => "$count=true",
            Form::NdJson => "$format=application/x-ndjson",
            Form::Csv => "$format=csv",
            Form::CsvOfOne => "$format=csv&$select=content",
        };
        let coding = match self {
            Form::Gzip => "gzip",
            _ => "identity",
        };
        let path = format!("/v1.0/odata/{path}{separator}{option}");
        let headers = [
            ("Accept-Encoding", coding),
            ("Prefer", "odata.maxpagesize=1000000"),
        ];
        let mut response = client.get_with(&path, &headers);
        if response.status != 200 && response.header("content-encoding") == Some("gzip") {
            response.body = self.read(&response.body);
        }
        response
    }

    /// As much of a body as can be read, without its coding.
    pub(super) fn read(self, body: &[u8]) -> Vec<u8> {
        if self != Form::Gzip {
            return body.to_owned();
        }
        let mut plain = Vec::new();
        // What was read before the error stays.
        let _ = flate2::read::MultiGzDecoder::new(body).read_to_end(&mut plain);
        plain
    }

    /// Whether a reader that knows the form alone takes this for a whole answer.
    pub(super) fn is_whole(self, body: &[u8]) -> bool {
        match self {
            Form::Json => serde_json::from_slice::<IgnoredAny>(body).is_ok(),
            Form::Gzip => {
                let mut plain = Vec::new();
                let mut decoder = flate2::read::MultiGzDecoder::new(body);
                !body.is_empty() && decoder.read_to_end(&mut plain).is_ok()
            }
            Form::NdJson => {
                let lines = body.split(|byte| *byte == b'\n');
                let mut lines = lines.filter(|line| !line.is_empty());
                lines.all(|line| serde_json::from_slice::<IgnoredAny>(line).is_ok())
            }
            Form::Csv | Form::CsvOfOne => is_csv(body),
        }
    }
}

/// RFC 4180, section 2: as many fields in every line, and every quote closed.
fn is_csv(body: &[u8]) -> bool {
    let mut fields = 1;
    let mut expected = None;
    let mut is_quoted = false;
    let mut is_begun = false;
    for byte in body {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b',' if !is_quoted => fields += 1,
            b'\n' if !is_quoted => {
                if fields != *expected.get_or_insert(fields) {
                    return false;
                }
                (fields, is_begun) = (1, false);
                continue;
            }
            _ => {}
        }
        is_begun = true;
    }
    !is_quoted && (!is_begun || expected.is_none_or(|expected| expected == fields))
}

#[test]
fn what_is_whole_is_told_from_what_is_not() {
    for (form, body, whole) in [
        (Form::Json, "{\"value\":[1]}", true),
        (Form::Json, "{\"value\":[1", false),
        (Form::Gzip, "", false),
        (Form::NdJson, "{\"a\":1}\n{\"a\":2}\n", true),
        (Form::NdJson, "{\"a\":1}\n{", false),
        (Form::Csv, "a,b\r\n1,2\r\n", true),
        (Form::Csv, "a,b\r\n1,2", true),
        (Form::Csv, "a,b\r\n1,2\r\n1", false),
        (Form::Csv, "a,b\r\n1,\"2\r\n", false),
        (Form::Csv, "a,b\r\n1,\"\"\"2\r\n,\"\r\n", true),
        (Form::CsvOfOne, "a\r\n1\r\n", true),
        (Form::CsvOfOne, "a\r\n1\r\n\"", false),
    ] {
        assert_eq!(form.is_whole(body.as_bytes()), whole, "{form:?}: {body}");
    }
}
