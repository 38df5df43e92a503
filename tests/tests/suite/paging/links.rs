//! Next links: what is in them, and that each is good for its request and its caller alone.

use crate::asking::{HOST, ROOT, get, id, pages, refusal, rows, small};
use serde_json::Value;
use tests::{Server, fixture};

/// The link behind the first page, and the token in it.
#[track_caller]
fn link(server: &Server, query: &str) -> (String, String) {
    let body = get(server, query, &[("Prefer", "maxpagesize=2")])
        .expect(200)
        .json();
    let link = body["@odata.nextLink"]
        .as_str()
        .unwrap_or_else(|| panic!("{query}: one page"))
        .to_owned();
    let (_, token) = link.split_once("$skiptoken=").unwrap();
    let token = token.split('&').next().unwrap().to_owned();
    (link, token)
}

#[tokio::test]
async fn a_link_survives_a_restart_and_needs_no_preference() {
    let database = fixture::small_shared().await;
    let first = Server::start(&database, |_| {});
    let query = "Message?$orderby=status desc,private&$select=id";
    let whole = rows(&first, query);
    let page = get(&first, query, &[("Prefer", "maxpagesize=3")])
        .expect(200)
        .json();
    drop(first);
    let second = Server::start(&database, |_| {});
    let link = page["@odata.nextLink"].as_str().unwrap();
    let rest = pages(&second, link, &[]);
    // The page size is that of the first page.
    assert!(rest.iter().all(|page| page.len() <= 3), "{rest:?}");
    let found: Vec<&Value> = page["value"]
        .as_array()
        .unwrap()
        .iter()
        .chain(rest.iter().flatten())
        .collect();
    assert_eq!(found, whole.iter().collect::<Vec<_>>());
    // Another wish counts from then on.
    let more = get(&second, link, &[("Prefer", "maxpagesize=5")]).expect(200);
    assert_eq!(more.header("preference-applied"), Some("maxpagesize=5"));
    assert_eq!(more.rows().len(), 5);
}

#[tokio::test]
async fn a_token_is_good_for_its_request_and_its_caller_alone() {
    let server = small().await;
    let refused = (400, "InvalidOptionValue".to_owned());
    let (next, token) = link(server, "Message?$orderby=content&$filter=id gt 0");
    assert_eq!(get(server, &next, &[]).status, 200);

    // Any change of it.
    for place in (0..token.len()).step_by(token.len() / 16) {
        let other = if &token[place..=place] == "A" {
            "B"
        } else {
            "A"
        };
        let tampered = format!("{}{other}{}", &token[..place], &token[place + 1..]);
        assert_eq!(
            refusal(server, &next.replace(&token, &tampered)),
            refused,
            "{place} of {token}"
        );
    }
    for other in [
        "",
        "x",
        "AAAA",
        &token[1..],
        &token[..token.len() - 1],
        &format!("{token}A"),
        "%F0%9F%98%80",
        "0",
    ] {
        assert_eq!(
            refusal(server, &next.replace(&token, other)),
            refused,
            "{other}"
        );
    }

    // Another request.
    for other in [
        "Message?$orderby=content&$filter=id gt 1",
        "Message?$orderby=content desc&$filter=id gt 0",
        "Message?$orderby=content",
        "Message?$filter=id gt 0",
        "Message?$orderby=content&$filter=id gt 0&$skip=1",
        "Message?$orderby=content&$filter=id gt 0&$top=3",
        "Message?$orderby=content&$filter=id gt 0&$search=a",
        "Inbox(1)/messages?$orderby=content&$filter=id gt 0",
        "Label?$orderby=title&$filter=id gt 0",
    ] {
        assert_eq!(
            refusal(server, &format!("{other}&$skiptoken={token}")),
            refused,
            "{other}"
        );
    }

    // Another caller, even one who may see the row.
    let path = next.strip_prefix(ROOT).unwrap();
    let other = server
        .of(fixture::OTHER)
        .get_with(&format!("/v1.0/odata/{path}"), &[HOST]);
    assert_eq!(
        (other.status, other.json()["error"]["code"].as_str()),
        (400, Some("InvalidOptionValue"))
    );
    assert_eq!(
        server
            .client()
            .get_with(&format!("/v1.0/odata/{path}"), &[HOST])
            .status,
        401
    );

    // The same request, written in another way, is the same request.
    let spelled = format!("Message?ORDERBY=content&filter=id%20GT%200&$skiptoken={token}");
    assert_eq!(get(server, &spelled, &[]).status, 200);
    // Without a value it is malformed, whatever was answered to the same request before.
    for malformed in ["$skiptoken", "skiptoken", "$$skiptoken=x", "$%73kiptoken"] {
        let query = format!("Message?ORDERBY=content&filter=id%20GT%200&{malformed}");
        assert_eq!(get(server, &query, &[]).status, 400, "{malformed}");
    }
    let twice = format!("{next}&$skiptoken={token}");
    assert_eq!(refusal(server, &twice), (400, "DuplicateOption".to_owned()));
}

#[tokio::test]
async fn the_token_of_the_url_stands_in_the_links_and_no_other() {
    let server = small().await;
    let first = |url: &str, headers: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = [HOST, ("Prefer", "maxpagesize=1")]
            .iter()
            .chain(headers)
            .copied()
            .collect();
        let body = server.client().get_with(url, &headers).expect(200).json();
        body["@odata.nextLink"].as_str().unwrap().to_owned()
    };
    let url = "/v1.0/odata/Label?$select=id&subscription-key=7";
    let bearer = [("Authorization", "Bearer KEY")];
    let kept = first(&format!("{url}&apikey=KEY"), &[]);
    assert!(
        kept.contains("apikey=KEY") && kept.contains("subscription-key=7"),
        "{kept}"
    );
    let path = kept.strip_prefix("http://127.0.0.1").unwrap();
    assert_eq!(server.client().get_with(path, &[HOST]).rows().len(), 1);
    for headers in [
        &bearer[..],
        &[("apikey", "KEY")],
        &[("Authorization", "Basic eDpLRVk=")],
    ] {
        let link = first(url, headers);
        assert!(
            !link.contains("KEY") && link.contains("subscription-key=7"),
            "{link}"
        );
    }
    // Where it came twice, the header is the one to come again.
    let both = first(&format!("{url}&apikey=KEY"), &bearer);
    assert!(!both.contains("KEY"), "{both}");
}

#[tokio::test]
async fn links_are_short() {
    let server = small().await;
    for query in [
        "Message",
        "Message?$orderby=content desc",
        "Message?$orderby=content desc,sender/name,conversation/uuid,inbox/name desc,content_attributes,created_at,updated_at,status",
        "Conversation?$orderby=additional_attributes,custom_attributes desc,cognigy_session_id,identifier,uuid,created_at,inbox/name,assignee/email",
        "Message?$orderby=concat(content,content),concat(content,'x') desc,concat('y',content)",
    ] {
        let mut url = query.to_owned();
        let mut found = 0;
        loop {
            let body = get(server, &url, &[("Prefer", "maxpagesize=1")])
                .expect(200)
                .json();
            found += body["value"].as_array().unwrap().len();
            let Some(link) = body["@odata.nextLink"].as_str() else {
                break;
            };
            let own = crate::asking::encoded(query).len() + ROOT.len();
            assert!(
                link.len() <= own + 900,
                "{query}: {} characters: {link}",
                link.len() - own
            );
            url = link.to_owned();
        }
        assert_eq!(found, rows(server, query).len(), "{query}");
    }
}

#[tokio::test]
async fn a_long_text_stays_out_and_its_row_must_stay_as_it_is() {
    let database = fixture::small().await;
    let client = database.connect().await;
    let server = Server::start(&database, |_| {});
    let prefer = [("Prefer", "maxpagesize=1")];
    // Row 18 has the only long text. Its page's link holds its key and a hash.
    let query = "Message?$orderby=content desc,id&$filter=id ge 17&$select=id";
    let first = get(&server, query, &prefer).expect(200).json();
    assert_eq!(id(&first["value"][0]), 17);
    let second = get(&server, first["@odata.nextLink"].as_str().unwrap(), &prefer)
        .expect(200)
        .json();
    assert_eq!(id(&second["value"][0]), 18);
    assert_eq!(second.get("@odata.nextLink"), None);

    let query = "Message?$orderby=content,id&$filter=id ge 17&$select=id";
    let first = get(&server, query, &prefer).expect(200).json();
    assert_eq!(id(&first["value"][0]), 18);
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert_eq!(id(&get(&server, link, &[]).rows()[0]), 17);
    // Another column of it may change.
    client
        .execute("UPDATE messages SET status = 2 WHERE id = 18", &[])
        .await
        .unwrap();
    assert_eq!(id(&get(&server, link, &[]).rows()[0]), 17);
    let gone = (410, "Gone".to_owned());
    client
        .execute(
            "UPDATE messages SET content = content || '!' WHERE id = 18",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(refusal(&server, link), gone);
    client
        .execute("DELETE FROM messages WHERE id = 18", &[])
        .await
        .unwrap();
    assert_eq!(refusal(&server, link), gone);
    let body = get(&server, link, &[]);
    assert!(body.text().contains("start again"), "{}", body.text());
    // A short text's row may go: the link holds all that it needs.
    let (link, _) = self::link(&server, "Message?$orderby=content desc,id");
    let whole = rows(&server, "Message?$orderby=content desc,id");
    let last = id(&whole[1]);
    client
        .execute(&format!("DELETE FROM messages WHERE id = {last}"), &[])
        .await
        .unwrap();
    let rest: Vec<Value> = pages(&server, &link, &[]).into_iter().flatten().collect();
    assert_eq!(rest, whole[2..]);
}

/// The row that a link with a hash continues from is found again; what `$apply` makes of rows that hang on an entity is
/// made once more.
#[tokio::test]
async fn long_texts_lead_on_wherever_their_rows_hang() {
    let database = fixture::small().await;
    let client = database.connect().await;
    let longer = "UPDATE messages SET content = content || repeat('x', 2000);
         UPDATE users SET name = name || repeat('x', 2000);
         UPDATE conversations SET identifier = id || repeat('x', 2000),
         custom_attributes = jsonb_build_object('long', id || repeat('x', 2000)),
         additional_attributes = jsonb_build_object('long', id || repeat('x', 2000))";
    client.batch_execute(longer).await.unwrap();
    let server = Server::start(&database, |_| {});
    let digits = "7".repeat(130);
    let numbers =
        format!("Message?$apply=groupby((id))/compute(id mul {digits} as big)&$orderby=big desc");
    for query in [
        &*numbers,
        "Message?$apply=groupby((content_attributes))",
        "Conversation?$apply=groupby((custom_attributes))",
        "Conversation?$apply=groupby((id,additional_attributes))&$orderby=additional_attributes,id",
        "Inbox(1)/messages?$orderby=$it/content desc",
        "Inbox(1)/messages?$orderby=id gt $these/aggregate(id with average),content",
        "Inbox(1)/messages?$compute=$these/$count as n&$orderby=n,content",
        "Inbox(1)/messages?$orderby=$root/Inbox(1)/name,content",
        "Inbox(1)/conversations?$orderby=messages/any(m:m/id gt 3),identifier desc",
        "Inbox(1)/messages?$apply=groupby((rollup(sender/name,content)),aggregate($count as n))",
        "Inbox(1)/messages?$apply=topcount(5,id)&$orderby=content",
        "Inbox(1)/messages/$filter(id gt 2)?$apply=groupby((content))",
        "Inbox(1)/conversations?$apply=groupby((identifier),aggregate(messages/id with max as m))",
        "Inbox(1)/conversations?$apply=join(messages as m)/groupby((m/content,identifier))",
        "$crossjoin(Inbox,Conversation)?$orderby=Conversation/identifier desc",
        "Inbox(1)/messages?$orderby=content desc",
        "Inbox(1)/messages?$orderby=sender/name,conversation/identifier desc",
        "Inbox(1)/conversations?$orderby=identifier",
        "Inbox(1)/conversations?$apply=groupby((identifier))",
        "Conversation(1)/messages?$apply=concat(groupby((content)),aggregate($count as n))",
        "Message?$apply=groupby((sender_id,content),aggregate($count as n))",
        "Inbox(1)/messages?$apply=groupby((sender_id,content),aggregate($count as n))",
        "User(1)/sent_messages?$apply=groupby((content))",
        "Conversation(1)/inbox/messages?$apply=groupby((content))",
        "Conversation(1)/messages?$apply=groupby((sender/name))&$orderby=sender/name desc",
        "Conversation(1)/messages?$apply=filter(id gt 0)/compute(concat(content,'y') as long)&$orderby=long",
        "Conversation(1)/inbox/messages?$apply=groupby((content),aggregate($count as n))/filter(n gt 0)/compute(n add 1 as more)",
    ] {
        let whole = rows(&server, query);
        let paged: Vec<Value> = pages(&server, query, &[("Prefer", "maxpagesize=1")])
            .into_iter()
            .flatten()
            .collect();
        assert!(whole.len() > 1, "{query}");
        assert_eq!(paged, whole, "{query}");
    }
}
