//! Hostile URLs end in an error after bounded work, on a small stack, in a debug build.

use super::super::parse;
use crate::error::Code;
use crate::limits::Limits;

/// Limits of length out of the way, so that the parser itself has to hold.
fn long() -> Limits {
    Limits { url_bytes: 16 * 1024 * 1024, option_bytes: 16 * 1024 * 1024, ..Limits::default() }
}

/// Parses on three quarters of a worker's 2 MiB of stack, and expects an error of this code.
#[track_caller]
fn check(query: &str, code: Code) {
    let query = query.to_owned();
    let result = std::thread::Builder::new()
        .stack_size(1536 * 1024)
        .spawn(move || parse("/M", &query, &long()).map(drop))
        .unwrap()
        .join()
        .unwrap();
    let error = result.unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    let is_whole = error.code() == Code::UriTooLong || error.message().contains("'options'");
    assert_eq!(error.span().is_none(), is_whole, "{error}");
    // Nothing was read on behind the place where the limit was reached.
    if let (Code::LimitExceeded, Some(span)) = (code, error.span()) {
        assert!((span.start as usize) < MANY / 4, "{error} at {span:?}");
    }
}

const MANY: usize = 100_000;

#[test]
fn deep_nesting() {
    for (left, inner, right) in [
        ("(", "a", ")"),
        ("not ", "a", ""),
        ("not(", "a", ")"),
        ("-", "a", ""),
        ("- ", "a", ""),
        ("a/any(x:", "a", ")"),
        ("a/all(x:a/any(y:", "a", "))"),
        ("a/$filter(", "a", ")"),
        ("a/$count($filter=", "a", ")"),
        ("f(", "a", ")"),
        ("M.f(p=", "a", ")"),
        ("case(", "a", ":1)"),
        ("case(true:", "a", ")"),
        ("cast(", "a", ",T)"),
        ("isof(", "a", ",T)"),
        ("[", "1", "]"),
        ("{\"a\":", "1", "}"),
        ("a in (", "1", ")"),
        ("a/aggregate(", "a with sum", ")"),
        ("1 or 1 and 1 eq 1 gt 1 add 1 mul 1 in (", "1", ")"),
        ("1 or 1 and 1 eq 1 gt 1 add 1 mul -case(1 eq 1:1,a/any(x:", "1", "):1)"),
    ] {
        let text = format!("{}{inner}{}", left.repeat(MANY), right.repeat(MANY));
        check(&format!("$filter={text}"), Code::LimitExceeded);
        let open = left.repeat(MANY / 10);
        check(&format!("$orderby={open}"), Code::LimitExceeded);
    }
}

#[test]
fn deep_options() {
    check(&format!("$expand={}", "a($expand=".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$select={}", "a($select=".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$search={}", "(".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$search={}a", "NOT ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$apply={}", "concat(".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$apply={}", "groupby((a),".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$apply=filter({}a)", "(".repeat(MANY)), Code::LimitExceeded);
}

#[test]
fn long_chains() {
    check(&format!("$filter={}1", "1 add ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter={}1", "1 add ".repeat(70)), Code::LimitExceeded);
    check(&format!("$filter={}1", "1 in ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter={}a", "a and ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter={}a", "a or b and ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=a{}", "/a".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=a in ({}1)", "1,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=a in [{}1]", "1,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=a eq '{}'", "x".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=a eq '{}'", "''".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter=f({}1)", "1,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$orderby={}a", "a,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$select={}a", "a,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$expand={}a", "a,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$compute={}a as b", "a as b,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$search={}a", "a ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$search={}a", "a OR ".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$apply={}identity", "identity/".repeat(MANY)), Code::LimitExceeded);
    check(&"a=1&".repeat(MANY), Code::LimitExceeded);
    check(&format!("$filter=case({}1:1)", "1 gt 10:20,".repeat(MANY)), Code::LimitExceeded);
    check(&format!("$filter={}", "é".repeat(MANY)), Code::SyntaxError);
    check(&format!("$filter=a{}b", " ".repeat(MANY)), Code::SyntaxError);
    check(&format!("$filter=a eq \"{}", "\\\"".repeat(MANY)), Code::SyntaxError);
    check(&format!("$filter=a eq '{}", "''".repeat(MANY)), Code::SyntaxError);
}

#[test]
fn the_url_itself() {
    let long = "x".repeat(Limits::default().url_bytes);
    let error = parse("/M", &long, &Limits::default()).unwrap_err();
    assert_eq!(error.code(), Code::UriTooLong);
    let path = "/a".repeat(20);
    let error = parse(&path, "", &Limits::default()).unwrap_err();
    assert_eq!(error.code(), Code::LimitExceeded);
    assert!(error.message().contains("'path_segments'"), "{error}");
}

/// The deepest and widest tree that the limits allow passes, and is dropped, on a small stack.
#[test]
fn what_the_limits_allow() {
    let depth = Limits::default().depth;
    for (left, inner, right) in [("(", "a", ")"), ("not ", "a", ""), ("f(", "a", ")")] {
        let text = format!("{}{inner}{}", left.repeat(depth - 1), right.repeat(depth - 1));
        parse("/M", &format!("$filter={text}"), &Limits::default()).unwrap();
    }
    let chain = format!("$filter={}1", "1 add ".repeat(depth - 1));
    parse("/M", &chain, &Limits::default()).unwrap();
    let list = "1,".repeat(Limits::default().list_items - 1);
    parse("/M", &format!("$filter=a in ({list}1)"), &Limits::default()).unwrap();
}
