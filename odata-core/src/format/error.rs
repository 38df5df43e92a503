//! An error to the body that a client reads (JSON Format 21.1).
//!
//! Many clients, Excel among them, show nothing but `message`; so the hint stands at its end, and
//! once more by itself in `innererror`, beside the position.

use super::escape::write_json_string;
use super::numeric::write_integer;
use crate::error::{Code, Error};

/// The body of an error response, in every version and whatever format was asked for.
pub fn error_body(error: &Error) -> Vec<u8> {
    let mut out = b"{\"error\":{".to_vec();
    match generic_message(error.code()) {
        Some(message) => {
            write_member(&mut out, "code", error.code().name());
            out.push(b',');
            match error.incident_number() {
                Some(incident) => write_member(
                    &mut out,
                    "message",
                    &format!("{message}; incident {incident:08x} in its log"),
                ),
                None => write_member(&mut out, "message", message),
            }
        }
        None => {
            write_members(&mut out, error);
            if !error.details().is_empty() {
                out.extend_from_slice(b",\"details\":");
                write_list(&mut out, b"[]", error.details(), |out, detail| {
                    out.push(b'{');
                    write_members(out, detail);
                    write_inner_error(out, detail);
                    out.push(b'}');
                });
            }
            write_inner_error(&mut out, error);
        }
    }
    out.extend_from_slice(b"}}");
    out
}

/// What a client is told of a fault that is not its own: nothing that could say more about the
/// service than that. 501 and 504 are about the request.
fn generic_message(code: Code) -> Option<&'static str> {
    match code {
        Code::Internal => Some("the service failed to answer this request"),
        Code::Unavailable => {
            Some("the service cannot read its data at the moment, try again later")
        }
        _ => None,
    }
}

fn write_members(out: &mut Vec<u8>, error: &Error) {
    write_member(out, "code", error.code().name());
    out.push(b',');
    match error.hint_text() {
        Some(hint) => write_member(out, "message", &format!("{}; {hint}", error.message())),
        None => write_member(out, "message", error.message()),
    }
    if let Some(target) = error.target_name() {
        out.push(b',');
        write_member(out, "target", target);
    }
}

fn write_inner_error(out: &mut Vec<u8>, error: &Error) {
    if error.span().is_none() && error.hint_text().is_none() {
        return;
    }
    out.extend_from_slice(b",\"innererror\":{");
    if let Some(span) = error.span() {
        out.extend_from_slice(b"\"position\":");
        write_integer(out, span.start);
        out.extend_from_slice(b",\"length\":");
        write_integer(out, span.len);
    }
    if let Some(hint) = error.hint_text() {
        if error.span().is_some() {
            out.push(b',');
        }
        write_member(out, "hint", hint);
    }
    out.push(b'}');
}

fn write_member(out: &mut Vec<u8>, name: &str, value: &str) {
    write_json_string(out, name);
    out.push(b':');
    write_json_string(out, value);
}

fn write_list<T>(
    out: &mut Vec<u8>,
    [open, close]: &[u8; 2],
    items: &[T],
    write: fn(&mut Vec<u8>, &T),
) {
    out.push(*open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(*close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Span;
    use serde_json::{Value, json};

    fn check(error: &Error, expect: &Value) {
        let body: Value = serde_json::from_slice(&error_body(error)).unwrap();
        assert_eq!(body, *expect);
    }

    fn unknown(name: &str, start: usize) -> Error {
        let message = format!("'Conversation' has no property '{name}'");
        Error::new(Code::UnknownProperty, message).at(Span::new(start, start + name.len()))
    }

    #[test]
    fn a_place_and_a_hint() {
        let error = unknown("inboxid", 4).target("$filter");
        let body = error_body(&error.clone().did_you_mean("inboxid", ["id", "inbox_id"]));
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "{\"error\":{\"code\":\"UnknownProperty\",\
             \"message\":\"'Conversation' has no property 'inboxid'; did you mean 'inbox_id'?\",\
             \"target\":\"$filter\",\
             \"innererror\":{\"position\":4,\"length\":7,\"hint\":\"did you mean 'inbox_id'?\"}}}"
        );
    }

    #[test]
    fn several_at_once() {
        let both = Error::all(vec![unknown("a", 0), unknown("b\"", 9).hint("try c")]);
        let error = both.unwrap().target("$select");
        check(
            &error,
            &json!({"error": {
                "code": "UnknownProperty",
                "message": "'Conversation' has no property 'a'",
                "target": "$select",
                "details": [
                    {
                        "code": "UnknownProperty",
                        "message": "'Conversation' has no property 'a'",
                        "target": "$select",
                        "innererror": {"position": 0, "length": 1},
                    },
                    {
                        "code": "UnknownProperty",
                        "message": "'Conversation' has no property 'b\"'; try c",
                        "target": "$select",
                        "innererror": {"position": 9, "length": 2, "hint": "try c"},
                    },
                ],
                "innererror": {"position": 0, "length": 1},
            }}),
        );
    }

    #[test]
    fn a_fault_of_the_service_says_nothing_about_it() {
        for code in Code::ALL {
            let error = Error::new(*code, "a secret")
                .target("a secret")
                .hint("a secret")
                .at(Span::new(0, 1));
            let text = String::from_utf8(error_body(&error)).unwrap();
            let generic = matches!(code, Code::Internal | Code::Unavailable);
            assert_eq!(!text.contains("a secret"), generic, "{text}");
            let body: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(body["error"]["code"], code.name());
            assert_ne!(body["error"]["message"], "");
        }
    }
}
