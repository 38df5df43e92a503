//! CSV: what has a form in it, and what says that it has none.

use crate::asking::{answer, get, refusal, small};
use expect_test::{Expect, expect};
use serde_json::Value;
use tests::{Server, fixture};

#[track_caller]
fn check(server: &Server, path: &str, expected: Expect) {
    expected.assert_eq(&answer(server, path).replace('\r', ""));
}

#[tokio::test]
async fn columns_are_what_is_selected_and_expanded() {
    let server = small().await;
    check(
        server,
        "Conversation?$format=csv&$filter=id le 2&$select=id,inbox&$expand=assignee($select=name),messages/$count",
        expect![[r#"
            200
            id,assignee/name,messages/$count
            1,Ruth,4
            2,,3
        "#]],
    );
    // A line is never empty, since readers skip those, and one that was cut has an open quote.
    check(
        server,
        "Label?$format=csv&$select=description",
        expect![[r#"
            200
            description
            "the parcel took too long"
            ""
            ""
            ""
        "#]],
    );
    check(
        server,
        "Label?$format=csv&$select=description,color&$top=2",
        expect![[r#"
            200
            description,color
            the parcel took too long,red
            ,blue
        "#]],
    );
}

#[tokio::test]
async fn what_has_no_form_is_said_to_have_none() {
    let server = small().await;
    for path in [
        "Conversation?$expand=inbox/$ref",
        "Conversation?$select=id&$expand=inbox($select=id;$expand=members)",
        "Conversation?$expand=messages/$ref",
        "Conversation?$select=inbox",
        "Conversation?$select=LiveAgent.*",
        "$crossjoin(Label,Inbox)",
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let refused = refusal(server, &format!("{path}{separator}$format=csv"));
        assert_eq!(refused, (501, "NotImplemented".to_owned()), "{path}");
        assert_eq!(get(server, path, &[]).status, 200, "{path}");
    }
    check(
        server,
        "Conversation?$select=inbox&$format=csv",
        expect![[r#"
            501
            {"error":{"code":"NotImplemented","message":"CSV without a column is not implemented by this service; select a structural property, or ask for JSON","target":"$select","innererror":{"hint":"select a structural property, or ask for JSON"}}}"#]],
    );
    check(
        server,
        "Conversation?$expand=inbox/$ref&$format=csv",
        expect![[r#"
            501
            {"error":{"code":"NotImplemented","message":"an expanded reference in CSV is not implemented by this service; expand the entity itself, or ask for JSON","target":"$expand","innererror":{"hint":"expand the entity itself, or ask for JSON"}}}"#]],
    );
}

#[tokio::test]
async fn formulas_are_escaped_for_those_who_ask() {
    let server = small().await;
    let path = "Label?$top=1&$select=id,a,b,c,d&$compute='=1' as a,' %2B1' as b,'＝1' as c,-1 as d";
    let csv = |format: &str| answer(server, &format!("{path}&$format={format}")).replace('\r', "");
    expect![[r#"
        200
        id,a,b,c,d
        1,'=1,' +1,'＝1,-1
    "#]]
    .assert_eq(&csv("text/csv;formulas=escape"));
    expect![[r#"
        200
        id,a,b,c,d
        1,=1, +1,＝1,-1
    "#]]
    .assert_eq(&csv("text/csv"));
}

/// Lines have no pages, since nothing in them could lead on: by default settings, where JSON gives a
/// page of 10,000, they give everything.
#[tokio::test]
async fn lines_are_all_that_there_are() {
    let database = fixture::small().await;
    let client = database.connect().await;
    client
        .batch_execute(
            "INSERT INTO labels (id, title, account_id, created_at, updated_at)
             SELECT 1000 + n, 'label ' || n, 1, now(), now() FROM generate_series(1, 25000) n",
        )
        .await
        .unwrap();
    let server = Server::start(&database, |_| {});
    let expected: Vec<i64> = (1001..=26_000).collect();
    let filter = "$filter=id gt 1000";
    let count = get(&server, &format!("Label/$count?{filter}"), &[]).expect(200);
    assert_eq!(count.text(), "25000");
    let page = get(&server, &format!("Label?$select=id&{filter}"), &[]).expect(200);
    let page = page.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 10_000);
    assert!(page["@odata.nextLink"].is_string());

    let csv = get(&server, &format!("Label?$format=csv&{filter}"), &[]).expect(200);
    let mut lines = csv.text().lines();
    assert!(lines.next().unwrap().starts_with("id,title,"));
    let id = |line: &str| line.split(',').next().unwrap().parse().unwrap();
    assert_eq!(lines.map(id).collect::<Vec<i64>>(), expected);

    let lines = get(&server, &format!("Label?$format=ndjson&{filter}"), &[]).expect(200);
    let id = |line: &str| {
        serde_json::from_str::<Value>(line).unwrap()["id"]
            .as_i64()
            .unwrap()
    };
    assert_eq!(lines.text().lines().map(id).collect::<Vec<i64>>(), expected);
    // A page size is a wish for pages.
    let wish = [("Prefer", "odata.maxpagesize=10")];
    let lines = get(
        &server,
        &format!("Label?$format=ndjson&$select=id&{filter}"),
        &wish,
    );
    assert_eq!(lines.expect(200).text().lines().count(), 25_000);
}
