//! Keys: what is somebody else's is not there.

use super::{A, B, BOTH, Caller, as_small_and_as_large, told, world};
use liveagent_odata::entities::model;
use std::time::{Duration, Instant};
use tests::Server;

/// A key of each set that the caller may not see although it exists, and one that nobody has. The
/// ranges of keys tell nothing in them.
fn absent(caller: Caller, set: &str) -> [String; 2] {
    let foreign = caller.keys.1 + 3;
    [format!("{set}({foreign})"), format!("{set}(55000003)")]
}

#[tokio::test]
async fn foreign_keys_answer_as_absent_ones() {
    let server = Server::start(&*world().await, |_| {});
    for caller in [A, B] {
        for entity in model().entity_types {
            let set = entity.entity_set;
            let mut tails = vec![
                String::new(),
                "?$select=id".to_owned(),
                "/$ref".to_owned(),
                "?$expand=*".to_owned(),
            ];
            for property in entity.properties {
                tails.push(format!("/{}", property.name));
                tails.push(format!("/{}/$value", property.name));
            }
            for navigation in entity.navigation_properties {
                let name = navigation.name;
                tails.push(format!("/{name}"));
                tails.push(format!("/{name}/$ref"));
                tails.push(format!("?$expand={name}"));
                if navigation.many {
                    tails.push(format!("/{name}/$count"));
                    tails.push(format!("/{name}?$count=true"));
                    tails.push(format!("/{name}({})", caller.keys.0 + 3));
                    tails.push(format!("/{name}?$apply=aggregate($count as n)"));
                } else {
                    tails.push(format!("/{name}/id"));
                }
            }
            let [foreign, gone] = absent(caller, set);
            for tail in tails {
                let ask = |key: &str| {
                    let since = Instant::now();
                    let answer = server.get_as(caller.token, &format!("{key}{tail}"));
                    // Which of the two it is can't be told by time: both end with a step.
                    let is_even = since.elapsed() >= Duration::from_millis(2);
                    assert!(answer.status != 404 || is_even, "{key}{tail}");
                    answer
                };
                let (foreign, gone) = (ask(&foreign), ask(&gone));
                assert_eq!(foreign.status, 404, "{set}{tail}: {}", foreign.text());
                assert_eq!(told(&foreign), told(&gone), "{set}{tail}");
                // Only the key is wrong.
                let own = ask(&format!("{set}({})", caller.keys.0 + 3));
                let secret = entity
                    .properties
                    .iter()
                    .any(|property| property.secret && tail.contains(property.name));
                assert!(
                    secret || matches!(own.status, 200 | 204 | 404),
                    "{set}{tail}: {} {}",
                    own.status,
                    own.text()
                );
            }
        }
    }
}

/// Navigation from an own row to a foreign one: to nothing, as from one whose key is gone.
#[tokio::test]
async fn navigation_to_foreign_rows_leads_to_nothing() {
    let server = Server::start(&*world().await, |_| {});
    // Message 6 stands in a conversation of the other account, message 2 in one that is gone.
    // Conversation 3 is assigned to nobody there is, conversation 7 to a user of the other account.
    for caller in [A, B] {
        let key = |n: u32| caller.keys.0 + n;
        for (foreign, gone, tail) in [
            (
                format!("Message({})", key(6)),
                format!("Message({})", key(2)),
                "/conversation",
            ),
            (
                format!("Message({})", key(6)),
                format!("Message({})", key(2)),
                "/conversation/identifier",
            ),
            (
                format!("Message({})", key(6)),
                format!("Message({})", key(2)),
                "/conversation/messages",
            ),
            (
                format!("Message({})", key(6)),
                format!("Message({})", key(2)),
                "/conversation/messages/$count",
            ),
            (
                format!("Message({})", key(5)),
                format!("Message({})", key(1)),
                "/inbox",
            ),
            (
                format!("Conversation({})", key(7)),
                format!("Conversation({})", key(3)),
                "/assignee",
            ),
            (
                format!("Conversation({})", key(7)),
                format!("Conversation({})", key(3)),
                "/assignee/name",
            ),
        ] {
            let foreign = server.get_as(caller.token, &format!("{foreign}{tail}"));
            let gone = server.get_as(caller.token, &format!("{gone}{tail}"));
            assert!(
                matches!(foreign.status, 204 | 404),
                "{tail}: {}",
                foreign.text()
            );
            assert_eq!(told(&foreign), told(&gone), "{tail}");
        }
    }
}

/// The token of the query travels with the link; another's does not open it.
#[tokio::test]
async fn a_next_link_opens_for_its_token_alone() {
    let server = Server::start(&*world().await, |_| {});
    for path in [
        "Message?$orderby=content desc",
        "Conversation?$expand=messages($top=1)",
        "User?$select=name",
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        let url = format!("/v1.0/odata/{path}{mark}apikey=KEY");
        let page = server
            .client()
            .get_with(&url, &[("Prefer", "odata.maxpagesize=2")])
            .expect(200);
        let link = super::next(&page).expect("there are more");
        server.client().get(&link).expect(200);
        for other in ["OTHER", "BOTH", "HALF"] {
            let stolen = server
                .client()
                .get(&link.replace("apikey=KEY", &format!("apikey={other}")));
            assert_eq!(stolen.status, 400, "{}", stolen.text());
            assert!(stolen.text().contains("$skiptoken"), "{}", stolen.text());
        }
        let bearer = server.get_as("OTHER", &link.replace("apikey=KEY", ""));
        assert_eq!(bearer.status, 400, "{}", bearer.text());
    }
}

/// A failure over a row would tell of it: there is none over rows that the caller may not see.
#[tokio::test]
async fn foreign_rows_do_not_fail_either() {
    let server = Server::start(&*world().await, |_| {});
    for (caller, number) in [(A, 873_654_103), (B, 264_197_503), (BOTH, 591_836_703)] {
        for failing in [
            // The sign_in_count of a foreign user, the display_id of a foreign conversation.
            format!("User?$filter=1 div (sign_in_count sub {number}) eq 7"),
            format!("User/$count?$filter=1 div (sign_in_count sub {number}) eq 7"),
            format!("User?$orderby=1 div (sign_in_count sub {number})"),
            format!(
                "User?$apply=filter(1 mod (sign_in_count sub {number}) eq 7)/aggregate($count as n)"
            ),
            format!(
                "User?$apply=groupby((sign_in_count))/filter(1 div (sign_in_count sub {number}) eq 7)"
            ),
            format!(
                "User?$apply=groupby((sign_in_count))/compute(1 div (sign_in_count sub {number}) as q)/filter(q eq 7)"
            ),
            format!(
                "User?$compute=1 div (sign_in_count sub {number}) as q&$filter=q eq 7&$select=q"
            ),
            "User?$filter=sign_in_count mul 5000000000 mul 5000000000 lt 0 and name eq 'nobody'"
                .to_owned(),
            format!("Conversation?$filter=1 div (display_id sub {number}) eq 7"),
            format!(
                "Conversation?$filter=assignee/sign_in_count ne 5 and 1 div (display_id sub {number}) eq 7"
            ),
            format!("Conversation?$filter=1 div (assignee/sign_in_count sub {number}) eq 7"),
            format!(
                "Conversation?$filter=inbox/members/any(u: 1 div (u/sign_in_count sub {number}) eq 7)"
            ),
            format!(
                "Conversation?$apply=groupby((display_id))/filter(1 div (display_id sub {number}) eq 7)"
            ),
            format!("Message?$filter=1 div (conversation/display_id sub {number}) eq 7"),
            format!(
                "Message?$filter=conversation/reporting_events/any(e: 1 div (e/conversation/display_id sub {number}) eq 7)"
            ),
            format!("Inbox?$filter=conversations/all(c: 1 div (c/display_id sub {number}) ne 7)"),
            format!("Inbox?$expand=conversations($filter=1 div (display_id sub {number}) eq 7)"),
            format!(
                "Inbox?$filter=substring(name,0,{number} sub channel_id) eq 'x' and channel_id lt 0"
            ),
        ] {
            let response = server.get_as(caller.token, &failing);
            assert_eq!(
                response.status,
                200,
                "{} {failing}: {}",
                caller.token,
                response.text()
            );
        }
        // It does fail over an own one.
        let own = caller.keys.0 + 3;
        let url = format!("Message?$filter=1 div (id sub {own}) eq 7");
        let failed = server.get_as(caller.token, &url);
        assert_eq!(failed.status, 400, "{}", failed.text());
    }
}

/// What fails over a row with this key, over what hangs on it, or is compared with it. Keys are alike in every set.
const FAILING: &[&str] = &[
    "User?$filter=id eq {} and id mul @p mul @p mul @p mul @p gt 0&@p={nines}",
    "User?$filter=id eq {} and assigned_conversations/$count($filter=1 div (id sub id) eq 1) eq 1",
    "User?$filter=id eq {} and assigned_conversations/any(c: 1 div (c/id sub c/id) eq 1)",
    "User?$filter=id eq {} and assigned_conversations/all(c: 1 div (c/id sub c/id) eq 1)",
    "User?$filter=id eq {} and sent_messages/aggregate(case(id gt 0:1.7e308) with sum) gt 0",
    "User?$apply=filter(id eq {})/join(assigned_conversations as c,compute(1 div (id sub id) as x))",
    "Conversation?$filter=assignee/id eq {} and assignee/assigned_conversations/$count($filter=1 div (id sub id) eq 1) eq 1",
    "Message?$filter=sender/id eq {} and sender/sent_messages/aggregate(case(id gt 0:1.7e308) with sum) gt 0",
    "$crossjoin(User,Conversation)?$filter=User/id eq {} and User/id eq Conversation/assignee_id and 1 div (Conversation/id sub Conversation/id) eq 1",
    // What reads no row is evaluated when the first one asks.
    "User?$filter=id eq {} and created_at lt (maxdatetime() add duration'PT1M')",
    "Message?$filter=id eq {} and created_at lt (maxdatetime() add duration'PT1M')",
    "ReportingEvent?$filter=id eq {} and created_at lt (maxdatetime() add duration'PT1M')",
    "Conversation?$filter=assignee_id eq {} and assignee/created_at lt (maxdatetime() add duration'PT1M')",
    "Message?$filter=id eq {} and message_type lt $root/Conversation/$count($filter=1 div (id sub id) eq 1)",
    "Message?$filter=id eq {} and inbox_id lt $these/aggregate(1 div (id sub id) with max)",
    "User?$filter=id eq {} and sign_in_count lt $these/aggregate(1 div (id sub id) with max)",
    "User?$filter=id eq {} and assigned_conversations/aggregate(maxdatetime() add duration'PT1M' with max) ne null",
    "User?$apply=topsum(1,1 div (id sub id))/filter(id eq {} and sign_in_count lt $these/aggregate(sign_in_count with max))",
    "User?$apply=topsum(1,case(id gt 0:1.7e308))/filter(id eq {} and sign_in_count lt $these/aggregate(sign_in_count with max))",
];

/// An error over somebody else's row, or over what hangs on it, would tell that it is there.
#[tokio::test]
async fn nothing_fails_that_foreign_rows_have_a_part_in() {
    let world = world().await;
    for server in as_small_and_as_large(&world) {
        for (caller, foreign) in [(A, B), (B, A)] {
            for failing in FAILING {
                let ask = |key: u32| {
                    let url = failing.replace("{}", &key.to_string());
                    let url = url.replace("{nines}", &"9".repeat(33_000));
                    (server.get_as(caller.token, &url), url)
                };
                for n in 1..=8 {
                    let (response, url) = ask(foreign.keys.0 + n);
                    assert_eq!(response.status, 200, "{url}: {}", response.text());
                    let rows = &response.json()["value"];
                    assert_eq!(rows.as_array().map(Vec::len), Some(0), "{url}");
                }
                let fails = (1..=8).any(|n| ask(caller.keys.0 + n).0.status == 400);
                assert!(fails, "{failing}");
            }
        }
    }
}

/// Nor does what hangs on a foreign entity: it is not there.
#[tokio::test]
async fn nothing_fails_that_hangs_on_a_foreign_entity() {
    let world = world().await;
    let failing = [
        "?$compute=1 div (id sub id) as x",
        "?$compute=(maxdatetime() add duration'PT1M') as x",
        "?$filter=1 div (id sub id) eq 7",
        "?$orderby=1 div (id sub id)",
        "?$filter=messages/any(m: 1 div (m/id sub m/id) eq 7)",
        "?$expand=messages($compute=1 div (id sub id) as x)",
        "?$apply=aggregate(id with sum as s)/compute(1 div (s sub s) as x)",
        "?$apply=groupby((id))/filter(1 div (id sub id) eq 7)",
    ];
    for server in as_small_and_as_large(&world) {
        for (caller, foreign) in [(A, B), (B, A)] {
            let (own, foreign, gone) = (caller.keys.0, foreign.keys.0, caller.keys.0 + 900);
            let behind = (1..=3).map(|n| format!("Inbox({})/members({{}})", own + n));
            for path in std::iter::once("User({})".to_owned()).chain(behind) {
                let conversations = |user: u32| {
                    format!(
                        "{}/assigned_conversations",
                        path.replace("{}", &user.to_string())
                    )
                };
                for failing in failing {
                    let ask = |user| server.get_as(caller.token, &(conversations(user) + failing));
                    let absent = ask(gone);
                    assert_eq!(absent.status, 404, "{}", absent.text());
                    for n in 1..=8 {
                        assert_eq!(
                            told(&ask(foreign + n)),
                            told(&absent),
                            "{path}, {n}: {failing}"
                        );
                    }
                    let fails = (1..=8).any(|n| ask(own + n).status == 400);
                    assert!(fails || path != "User({})", "{failing}");
                }
                // One of them.
                for (user, n) in (1..=8).flat_map(|user| (1..=40).map(move |n| (user, n))) {
                    let one = format!("{}({})", conversations(foreign + user), own + n);
                    let response = server.get_as(caller.token, &(one.clone() + failing[0]));
                    assert_eq!(response.status, 404, "{one}: {}", response.text());
                }
            }
            // On the way to a foreign one.
            for conversation in (1..=40).map(|n| format!("Conversation({})", own + n)) {
                let assignee = format!("{conversation}/assignee");
                if server.get_as(caller.token, &assignee).status == 200 {
                    continue;
                }
                let url = format!("{assignee}/assigned_conversations{}", failing[0]);
                let response = server.get_as(caller.token, &url);
                assert_eq!(response.status, 404, "{url}: {}", response.text());
            }
        }
    }
}
