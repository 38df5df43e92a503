//! Pages: all of them are the whole, wherever and whenever they are asked for.

mod links;

use crate::asking::{get, id, pages, refusal, rows, small};
use serde_json::Value;
use tests::{Server, fixture};

/// Queries whose pages must be the whole: nulls, ties, both directions, mixed ones, paths,
/// expressions, special values, implicit orders.
const QUERIES: [&str; 34] = [
    "Message",
    "Conversation",
    "ReportingEvent",
    "User",
    "Message?$orderby=id desc",
    "Message?$orderby=status",
    "Message?$orderby=status desc",
    "Message?$orderby=status,private desc",
    "Message?$orderby=status desc,private desc,id",
    "Message?$orderby=content",
    "Message?$orderby=content desc",
    "Message?$orderby=content desc,id",
    "Message?$orderby=created_at&$filter=created_at ge 2021-11-23T00:00:00Z",
    "Message?$filter=created_at ge 2021-11-23T00:00:00Z and created_at lt 2021-11-24T00:00:00Z",
    "Message?$orderby=sender/name",
    "Message?$orderby=sender/name desc,id",
    "Message?$orderby=conversation/assignee/name desc,status",
    "Message?$orderby=conversation/created_at,inbox/name desc",
    "Message?$orderby=length(content) desc",
    "Message?$orderby=id mod 3,id mod 2 desc",
    "Message?$orderby=message_type eq 1 desc",
    "Message?$orderby=content_attributes",
    "Message?$search=e&$orderby=private,id desc",
    "Conversation?$orderby=snoozed_until",
    "Conversation?$orderby=snoozed_until desc,additional_attributes",
    "Conversation?$orderby=messages/$count desc,uuid desc",
    "Conversation?$orderby=uuid desc&$expand=messages($top=1)",
    "ReportingEvent?$orderby=value",
    "ReportingEvent?$orderby=value desc",
    "ReportingEvent?$orderby=event_start_time desc,event_end_time",
    "Inbox(1)/messages?$orderby=sender_type desc",
    "Conversation(1)/messages",
    "Label(1)/conversations?$orderby=created_at desc",
    "Conversation?$compute=id mod 2 as odd&$orderby=odd desc,id",
];

#[tokio::test]
async fn all_pages_are_the_whole() {
    let database = fixture::small_shared().await;
    // The pages come from two services in turn, neither of which served the page before.
    let servers = [
        Server::start(&database, |_| {}),
        Server::start(&database, |_| {}),
    ];
    let whole_server = small().await;
    for query in QUERIES {
        let whole = rows(whole_server, query);
        for size in [1, 2, 5] {
            let prefer = format!("odata.maxpagesize={size}");
            let (mut found, mut number, mut url) = (Vec::new(), 0, query.to_owned());
            loop {
                let response = get(&servers[number % 2], &url, &[("Prefer", &prefer)]);
                assert_eq!(response.status, 200, "{url}: {}", response.text());
                let mut body = response.json();
                let link = body["@odata.nextLink"].take();
                let page = std::mem::take(body["value"].as_array_mut().unwrap());
                assert!(page.len() <= size, "{query}: a page of {}", page.len());
                found.extend(page);
                number += 1;
                assert!(number <= whole.len() + 1, "{query}: the pages have no end");
                match link.as_str() {
                    Some(link) => url = link.to_owned(),
                    None => break,
                }
            }
            assert_eq!(found, whole, "{query} in pages of {size}");
        }
    }
}

#[tokio::test]
async fn an_index_behind_the_account_orders_the_rows_of_one_account() {
    let database = fixture::small().await;
    let owner = database.connect().await;
    // The later the id, the earlier; two each have the same time.
    let sql = "CREATE INDEX ON messages (account_id, updated_at); DROP INDEX index_messages_on_created_at;
        CREATE INDEX ON messages (account_id, created_at);
        UPDATE messages SET created_at = '2022-01-01'::timestamp - id / 2 * interval '1 hour',
            updated_at = '2022-01-01'::timestamp - id / 2 * interval '1 hour'";
    owner.batch_execute(sql).await.unwrap();
    let by_one = [("Prefer", "maxpagesize=1")];
    let query =
        |property: &str| format!("Message?$select=id&$filter={property} ge 2000-01-01T00:00:00Z");
    let created = query("created_at");
    let walk = |server: &Server, query: &str| -> Vec<i64> {
        let pages = pages(server, query, &by_one);
        pages.iter().flatten().map(id).collect()
    };

    let server = Server::start(&database, |_| {});
    let by_key: Vec<i64> = rows(&server, "Message?$select=id&$orderby=id")
        .iter()
        .map(id)
        .collect();
    let mut by_time = by_key.clone();
    by_time.sort_by_key(|id| (-id / 2, *id));
    assert_ne!(by_time, by_key);
    assert_eq!(walk(&server, &created), by_time);
    // Whoever changes a message moves it in this order.
    assert_eq!(walk(&server, &query("updated_at")), by_key);

    // The index gives no order of two accounts' rows.
    let first = get(&server, &created, &by_one).json();
    let sql = "UPDATE account_users SET role = 1 WHERE account_id = 2 AND user_id = 2;
        UPDATE access_tokens SET owner_id = 2 WHERE token = 'KEY';
        UPDATE account_users SET role = 1 WHERE account_id = 1 AND user_id = 2";
    owner.batch_execute(sql).await.unwrap();
    let server = Server::start(&database, |_| {});
    let of_both = walk(&server, &created);
    assert!(of_both.len() > by_key.len(), "{of_both:?}");
    assert!(of_both.is_sorted(), "{of_both:?}");
    // A walk that began in another order goes on in it.
    let link = |answer: &Value| answer["@odata.nextLink"].as_str().unwrap().to_owned();
    let mut rest = walk(&server, &link(&first));
    rest.retain(|id| by_key.contains(id));
    assert_eq!(rest, by_time[1..]);
    let of_both = get(&server, &created, &by_one).json();
    owner
        .batch_execute("UPDATE account_users SET role = 0 WHERE account_id = 2 AND user_id = 2")
        .await
        .unwrap();
    let server = Server::start(&database, |_| {});
    assert_eq!(walk(&server, &created), by_time);
    assert_eq!(walk(&server, &link(&of_both)), by_key[1..]);
    let rubbish = format!("{created}&$skiptoken=rubbish");
    assert_eq!(
        refusal(&server, &rubbish),
        (400, "InvalidOptionValue".to_owned())
    );

    // Nothing else is continued in an order that is not served.
    owner
        .batch_execute("DROP INDEX messages_account_id_created_at_idx")
        .await
        .unwrap();
    let server = Server::start(&database, |_| {});
    assert_eq!(walk(&server, &created), by_key);
    let refused = get(&server, &link(&first), &by_one).expect(410);
    assert!(refused.text().contains("the order"), "{}", refused.text());
}

#[tokio::test]
async fn top_and_skip_span_the_pages_and_the_count_stands_on_the_first() {
    let server = small().await;
    for (query, expected) in [
        (
            "Message?$orderby=id&$skip=4&$top=7",
            (5..=11).collect::<Vec<i64>>(),
        ),
        ("Message?$orderby=id&$top=3", vec![1, 2, 3]),
        ("Message?$orderby=id&$top=6", (1..=6).collect()),
        ("Message?$orderby=id&$skip=13", vec![14, 17, 18]),
        (
            "Message?$orderby=id desc&$skip=1&$top=4",
            vec![17, 14, 13, 12],
        ),
        ("Message?$top=0", vec![]),
        ("Message?$skip=100", vec![]),
        // There are never so many.
        (
            "Message?$orderby=id&$skip=13&$top=99999999999999999999",
            vec![14, 17, 18],
        ),
        (
            "Message?$filter=id gt 14&$top=9223372036854775808",
            vec![17, 18],
        ),
        ("Conversation(1)/messages?$skip=1&$top=2", vec![2, 3]),
    ] {
        let pages = pages(server, query, &[("Prefer", "maxpagesize=3")]);
        let found: Vec<i64> = pages.iter().flatten().map(id).collect();
        assert_eq!(found, expected, "{query}");
        let needed = expected.len().div_ceil(3).max(1);
        assert_eq!(pages.len(), needed, "{query}: no page is empty");
    }
    for path in [
        "Message?$format=csv&$top=99999999999999999999",
        "Message?$format=ndjson&$top=9223372036854775807",
        "Conversation?$expand=messages($top=99999999999999999999)",
        "Message?$apply=groupby((id))&$top=99999999999999999999",
    ] {
        get(server, path, &[]).expect(200);
    }
    let prefer = [("Prefer", "maxpagesize=3")];
    let first = get(
        server,
        "Message?$count=true&$skip=2&$top=5&$filter=id lt 11",
        &prefer,
    )
    .expect(200)
    .json();
    assert_eq!(first["@odata.count"], 10);
    let second = get(server, first["@odata.nextLink"].as_str().unwrap(), &prefer)
        .expect(200)
        .json();
    assert_eq!(
        (second.get("@odata.count"), second.get("@odata.nextLink")),
        (None, None)
    );
    assert_eq!(second["value"].as_array().unwrap().len(), 2);
    for (query, count) in [
        ("Message?$count=true&$top=0", 16),
        ("Message?$count=true&$skip=100", 16),
        ("Message?$count=true&$filter=false", 0),
        ("Conversation(1)/messages?$count=true&$top=1", 4),
        ("Inbox(3)/messages?$count=true", 0),
        ("Message?$count=false", -1),
    ] {
        let body = get(server, query, &[]).expect(200).json();
        assert_eq!(
            body["@odata.count"].as_i64().unwrap_or(-1),
            count,
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_stream_has_its_count_before_its_rows_and_its_link_behind_them() {
    let server = small().await;
    let streams = [
        (
            "application/json;odata.streaming=true",
            "4.0",
            "\"@odata.count\":",
        ),
        (
            "application/json;streaming=true;metadata=none;IEEE754Compatible=true",
            "4.01",
            "\"@count\":\"",
        ),
    ];
    for query in QUERIES.into_iter().chain([
        "Message?$filter=false",
        "Message?$top=0",
        "Message?$top=3",
        "Message?$skip=2&$top=5",
        "Message?$skip=100",
        "Message?$skip=100&$top=0",
        "Conversation(1)/messages?$top=1",
        "Conversation(1)/messages?$skip=4",
        "Inbox(3)/messages",
        "Message/$ref",
        "Message?$apply=groupby((status),aggregate($count as n))",
        "Message?$apply=filter(false)/groupby((status))",
    ]) {
        let separator = if query.contains('?') { '&' } else { '?' };
        let query = format!("{query}{separator}$count=true");
        for prefer in ["maxpagesize=3", "maxpagesize=100"] {
            let plain = get(server, &query, &[("Prefer", prefer)])
                .expect(200)
                .json();
            for (accept, version, name) in streams {
                let asked = [
                    ("Accept", accept),
                    ("OData-MaxVersion", version),
                    ("Prefer", prefer),
                ];
                let response = get(server, &query, &asked).expect(200);
                let text = response.text();
                let place =
                    |part: &str| text.find(part).unwrap_or_else(|| panic!("{query}: {text}"));
                let count = place(name);
                let digits = text[count + name.len()..].split(|c: char| !c.is_ascii_digit());
                let told = digits.into_iter().next().unwrap();
                assert_eq!(told, plain["@odata.count"].to_string(), "{query}");
                assert!(count < place("\"value\":["), "{query}: {text}");
                let (_, tail) = text.rsplit_once(']').unwrap();
                assert_eq!(
                    tail.contains("nextLink\":"),
                    plain.get("@odata.nextLink").is_some(),
                    "{query}"
                );
                let rows = response.json()["value"].as_array().unwrap().len();
                assert_eq!(rows, plain["value"].as_array().unwrap().len(), "{query}");
            }
        }
    }
    // Where it is known without a word of SQL more, it stands there for everyone.
    for query in [
        "Message?$top=0",
        "Message?$filter=false",
        "Message?$skip=100",
    ] {
        let response = get(server, &format!("{query}&$count=true"), &[]);
        let text = response.text();
        assert!(text.find("@odata.count") < text.find("\"value\""), "{text}");
    }
}

#[tokio::test]
async fn the_size_of_a_page_has_its_bounds() {
    let database = fixture::small_shared().await;
    let server = Server::start(&database, |config| {
        config.settings.limits.page_size = 5;
        config.settings.limits.max_page_size = 7;
    });
    for (prefer, size, applied) in [
        (None, 5, None),
        (Some("maxpagesize=2"), 2, Some("maxpagesize=2")),
        (Some("maxpagesize=6"), 6, Some("maxpagesize=6")),
        // More than there may be: what is applied is said.
        (Some("maxpagesize=100"), 7, Some("maxpagesize=7")),
        (
            Some("maxpagesize=99999999999999999999"),
            7,
            Some("maxpagesize=7"),
        ),
        (Some("maxpagesize=0"), 5, None),
    ] {
        let headers: Vec<(&str, &str)> = prefer
            .map(|prefer| ("Prefer", prefer))
            .into_iter()
            .collect();
        let response = get(&server, "Message?$select=id", &headers).expect(200);
        assert_eq!(response.header("preference-applied"), applied, "{prefer:?}");
        let pages = pages(&server, "Message?$select=id", &headers);
        assert_eq!(pages[0].len(), size, "{prefer:?}");
        assert_eq!(pages.iter().map(Vec::len).sum::<usize>(), 16, "{prefer:?}");
    }
    // '$top' larger than a page doesn't lift it.
    assert_eq!(pages(&server, "Message?$top=12", &[])[0].len(), 5);
    assert_eq!(
        pages(&server, "Message?$top=12", &[])
            .iter()
            .map(Vec::len)
            .sum::<usize>(),
        12
    );
}
