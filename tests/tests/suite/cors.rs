//! Which pages of other origins may read answers: none, unless the operator names them.

use crate::asking::HOST;
use liveagent_odata::cors::Origin;
use tests::{Response, Server, fixture};

const PAGE: (&str, &str) = ("Origin", "https://bi.example");
const OTHER: (&str, &str) = ("Origin", "https://other.example");
const PREFLIGHT: [(&str, &str); 2] = [
    ("Access-Control-Request-Method", "GET"),
    (
        "Access-Control-Request-Headers",
        "apikey,authorization,odata-maxversion,prefer",
    ),
];

/// What a page may read without being told so (Fetch, CORS-safelisted response-header name), what is
/// for those on the way, and what this is about.
const ALWAYS: [&str; 15] = [
    "access-control-allow-origin",
    "access-control-expose-headers",
    "cache-control",
    "connection",
    "content-language",
    "content-length",
    "content-type",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "date",
    "referrer-policy",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

async fn server(origins: &[&str]) -> Server {
    let origins: Vec<Origin> = origins.iter().map(|it| it.parse().unwrap()).collect();
    Server::start(&*fixture::small_shared().await, |config| {
        config.cors_origins = origins;
    })
}

/// The headers of the protocol, by name.
fn told(response: &Response) -> Vec<(&str, &str)> {
    let headers = response.headers.iter();
    let headers = headers.map(|(name, value)| (&**name, &**value));
    let mut told: Vec<_> = headers
        .filter(|(name, _)| name.starts_with("access-"))
        .collect();
    told.sort_unstable();
    told
}

fn preflight(server: &Server, path: &str, page: (&str, &str)) -> Response {
    let headers = [&[HOST, page], &PREFLIGHT[..]].concat();
    server.client().request("OPTIONS", path, &headers)
}

#[tokio::test]
async fn without_configuration_no_page_is_told_anything() {
    let server = server(&[]).await;
    for path in [
        "/v1.0/odata/Label",
        "/v1.0/odata/",
        "/v1.0/odata/openapi.json",
        "/",
    ] {
        let asked = preflight(&server, path, PAGE);
        let options = server.client().request("OPTIONS", path, &[HOST]);
        assert_eq!(asked.status, 204, "{path}");
        let told_of = |response: &Response| {
            let headers = response.headers.iter();
            let headers = headers.filter(|(name, _)| name != "date" && name != "x-request-id");
            let mut headers: Vec<_> = headers.cloned().collect();
            headers.sort();
            headers
        };
        assert_eq!(told_of(&asked), told_of(&options), "{path}");
        assert_eq!(asked.header("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(told(&server.get_with(path, &[HOST, PAGE])), [], "{path}");
    }
}

#[tokio::test]
async fn a_page_of_an_origin_that_is_named_may_ask_and_read() {
    let server = server(&["https://third.example", "https://bi.example"]).await;
    let asked = preflight(&server, "/v1.0/odata/Label", PAGE);
    assert_eq!(
        (asked.status, asked.header("allow")),
        (204, Some("GET, HEAD, OPTIONS"))
    );
    assert_eq!(
        told(&asked),
        [
            (
                "access-control-allow-headers",
                "Accept, Accept-Charset, Accept-Language, Authorization, Content-Type, \
                 DataServiceVersion, If-Match, If-None-Match, Isolation, MaxDataServiceVersion, \
                 OData-Isolation, OData-MaxVersion, OData-Version, Prefer, X-CSRF-Token, \
                 X-Requested-With, apikey"
            ),
            ("access-control-allow-methods", "GET, HEAD, OPTIONS"),
            ("access-control-allow-origin", "https://bi.example"),
            ("access-control-max-age", "7200"),
        ]
    );
    // Whatever is answered, a refusal included: what it says is there for the page, each header of it.
    for (path, token, status, headers) in [
        (
            "Label?$top=1",
            fixture::KEY,
            200,
            &[("Prefer", "maxpagesize=1")][..],
        ),
        ("Label?$format=csv", fixture::KEY, 200, &[]),
        ("Label(1)/title/$value", fixture::KEY, 200, &[]),
        ("Label(999)", fixture::KEY, 404, &[]),
        ("Label?$filter=no", fixture::KEY, 400, &[]),
        ("Label", "nobody's", 401, &[]),
        ("Label", fixture::AGENT, 403, &[]),
        ("$metadata", fixture::KEY, 200, &[]),
        ("$metadata", fixture::KEY, 304, &[("If-None-Match", "*")]),
        ("openapi.json", fixture::KEY, 200, &[]),
        ("", fixture::KEY, 200, &[]),
    ] {
        let headers = [&[HOST, PAGE], headers].concat();
        let response = server
            .of(token)
            .get_with(&format!("/v1.0/odata/{path}"), &headers);
        assert_eq!(response.status, status, "{path}");
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://bi.example"), "{path}");
        let exposed = response.header("access-control-expose-headers").unwrap();
        let exposed: Vec<String> = exposed.split(", ").map(str::to_lowercase).collect();
        for (name, _) in &response.headers {
            let is_seen = exposed.contains(name) || ALWAYS.contains(&&**name);
            assert!(is_seen, "{path}: a page can't read '{name}'");
        }
        // Cookies and what a browser adds by itself are never asked for.
        assert_eq!(response.header("access-control-allow-credentials"), None);
    }
    let posted = server
        .client()
        .request("POST", "/v1.0/odata/$batch", &[HOST, PAGE]);
    assert_eq!((posted.status, told(&posted).len()), (405, 2));
    // Another page is told nothing, and no cache gives it what this one was told.
    for response in [
        preflight(&server, "/v1.0/odata/Label", OTHER),
        server.get_with("Label", &[HOST, OTHER]),
        server.get_with("Label", &[HOST]),
    ] {
        assert_eq!(told(&response), []);
        let mut vary = response.headers.iter().filter(|(name, _)| name == "vary");
        assert!(vary.any(|(_, value)| value == "Origin"));
    }
}

#[tokio::test]
async fn every_origin_is_a_star_without_credentials() {
    let server = server(&["*"]).await;
    for page in [PAGE, OTHER, ("Origin", "null")] {
        let asked = preflight(&server, "/v1.0/odata/Label", page);
        let read = server.get_with("Label", &[HOST, page]);
        for response in [asked, read] {
            assert_eq!(response.header("access-control-allow-origin"), Some("*"));
            assert_eq!(response.header("access-control-allow-credentials"), None);
        }
    }
    assert_eq!(told(&server.get_with("Label", &[HOST])), []);
}
