//! Behind a proxy: every URL of an answer is one that the client can reach. That all of an answer have
//! one root is a rule of the client; here it is the right one.

use crate::asking::small;
use tests::{Response, Server, fixture};

/// What has URLs of each kind: contexts, ids, links, next links of the whole and of what is expanded.
const PATHS: [&str; 7] = [
    "",
    "Inbox?$select=name",
    "Inbox(1)?$expand=conversations&$format=application/json;odata.metadata=full",
    "Inbox(1)/conversations/$ref",
    "Message?$expand=conversation($expand=messages)",
    "$crossjoin(Inbox,Label)?$count=true",
    "$all",
];

/// Asks for all of it in pages, and for the URLs behind the next links.
#[track_caller]
fn check(server: &Server, headers: &[(&str, &str)], root: &str) {
    let all = [headers, &[("Prefer", "odata.maxpagesize=2")]].concat();
    let mut links = 0;
    for path in PATHS {
        let mut target = format!("/v1.0/odata/{path}");
        for _ in 0..3 {
            let response = server.get_with(&target, &all).expect(200);
            let urls = urls(&response);
            assert!(!urls.is_empty(), "{target}");
            for url in &urls {
                assert!(url.starts_with(root), "{target}: {url} is not of {root}");
            }
            let body = response.json();
            let Some(next) = body["@odata.nextLink"].as_str() else {
                break;
            };
            links += 1;
            target = format!("/v1.0/odata/{}", next.strip_prefix(root).unwrap());
        }
    }
    assert!(links > 6, "{links} next links");
}

/// The values of control information that are URLs.
fn urls(response: &Response) -> Vec<String> {
    let values = response.text().split("\":\"").skip(1);
    let values = values.filter_map(|rest| rest.split('"').next());
    let urls = values.filter(|value| value.contains("/v1.0/odata/"));
    urls.map(str::to_owned).collect()
}

#[tokio::test]
async fn urls_are_those_that_the_client_can_reach() {
    let database = fixture::small_shared().await;
    let trusting = Server::start(&database, |config| {
        let hosts = &mut config.settings.hosts;
        hosts.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let host = ("Host", "10.0.0.7:8080");
    for (headers, root) in [
        (vec![host], "http://10.0.0.7:8080/v1.0/odata/"),
        (
            vec![host, ("X-Forwarded-Proto", "https")],
            "https://10.0.0.7:8080/v1.0/odata/",
        ),
        (
            vec![
                host,
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "bi.example"),
                ("X-Forwarded-Port", "443"),
            ],
            "https://bi.example/v1.0/odata/",
        ),
        (
            vec![
                host,
                ("X-Forwarded-Proto", "https"),
                ("X-Forwarded-Host", "bi.example"),
                ("X-Forwarded-Port", "8443"),
            ],
            "https://bi.example:8443/v1.0/odata/",
        ),
        (
            vec![
                host,
                ("Forwarded", "for=1.2.3.4;proto=https;host=bi.example"),
            ],
            "https://bi.example/v1.0/odata/",
        ),
    ] {
        check(&trusting, &headers, root);
    }
    // Nobody else is believed.
    let forged = [
        host,
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil.example"),
    ];
    check(small().await, &forged, "http://10.0.0.7:8080/v1.0/odata/");
    let public = Server::start(&database, |config| {
        config.settings.hosts.public_url = Some("https://bi.example/chat".to_owned());
    });
    check(&public, &forged, "https://bi.example/chat/v1.0/odata/");
}

/// The URL that a client has, as the service gets it.
fn behind(url: &str, root: &str, seen: &str) -> String {
    let rest = url.strip_prefix(root);
    let rest = rest.unwrap_or_else(|| panic!("{url} is not of {root}"));
    format!("{seen}{rest}")
}

/// A path before the service's own: the proxy takes it away, or leaves it there. Links have it either way,
/// and lead back.
#[tokio::test]
async fn a_prefix_is_in_every_url_whether_the_proxy_keeps_it_or_not() {
    let database = fixture::small_shared().await;
    let public = Server::start(&database, |config| {
        config.settings.hosts.public_url = Some("https://bi.example/chat".to_owned());
    });
    let forwarding = Server::start(&database, |config| {
        config.settings.hosts.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    let root = "https://bi.example/chat/v1.0/odata/";
    let told: &[(&str, &str)] = &[
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "bi.example"),
        ("X-Forwarded-Prefix", "/chat"),
    ];
    for (server, seen, headers) in [
        (&public, "/v1.0/odata/", &[][..]),
        (&public, "/chat/v1.0/odata/", &[][..]),
        (&forwarding, "/v1.0/odata/", told),
    ] {
        let paged = [headers, &[("Prefer", "odata.maxpagesize=2")]].concat();
        for path in PATHS {
            let mut target = format!("{seen}{path}");
            for _ in 0..3 {
                let response = server.get_with(&target, &paged).expect(200);
                let urls = urls(&response);
                assert!(!urls.is_empty(), "{target}");
                for url in &urls {
                    behind(url, root, seen);
                }
                let next = response.json()["@odata.nextLink"]
                    .as_str()
                    .map(str::to_owned);
                let Some(next) = next else { break };
                target = behind(&next, root, seen);
            }
        }
        // The documents, without a token, and what they lead to.
        let client = server.client();
        let metadata = client
            .get_with(&format!("{seen}$metadata"), headers)
            .expect(200);
        assert!(metadata.text().contains("<EntityType Name=\"Label\">"));
        let openapi = client
            .get_with(&format!("{seen}openapi.json"), headers)
            .expect(200);
        let url = openapi.json()["servers"][0]["url"].clone();
        assert_eq!(url, root.trim_end_matches('/'));
        // An id by its path alone is one of this host, as the client sees it.
        for id in [
            "https://bi.example/chat/v1.0/odata/Label(1)",
            "/chat/v1.0/odata/Label(1)",
            "Label(1)",
        ] {
            let entity = server.get_with(&format!("{seen}$entity?$id={id}"), headers);
            assert_eq!(entity.expect(200).json()["id"], 1, "{id}");
        }
        // The page asks for its root beside itself.
        let page = seen.trim_end_matches("v1.0/odata/");
        let page = client.get_with(page, headers).expect(200);
        assert!(page.text().contains(r#""root":"/v1.0/odata/""#));
    }
    // A prefix that is not this one's is no path of the service.
    for path in [
        "/other/v1.0/odata/",
        "/chatter/v1.0/odata/",
        "/chat",
        "/chat/chat/v1.0/odata/",
    ] {
        assert_eq!(public.client().get(path).status, 404, "{path}");
    }
    assert_eq!(forwarding.client().get("/chat/v1.0/odata/").status, 404);
}
