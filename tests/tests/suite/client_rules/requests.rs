//! The rules of what a request may say: options, tokens, literals, methods.

use super::all;
use crate::asking::{HOST, get, ids, refusal, rows, small};

#[tokio::test]
async fn rule_05_names_of_options_are_decoded_and_a_plus_is_a_space_but_in_a_time() {
    let server = small().await;
    let first = "2021-11-23T01:00:00";
    let expected = ids(
        server,
        &format!("Message?$filter=created_at lt {first}%2B01:00"),
    );
    for query in [
        format!("$filter=created_at+lt+{first}+01:00"),
        format!("%24filter=created_at%20lt%20{first}+01:00"),
        format!("%24filter=created_at lt {first}%2B01%3A00"),
    ] {
        assert_eq!(
            ids(server, &format!("Message?{query}")),
            expected,
            "{query}"
        );
    }
}

#[tokio::test]
async fn rule_06_custom_options_are_taken_everywhere_and_unknown_ones_with_a_dollar_nowhere() {
    let server = small().await;
    for path in [
        "",
        "$metadata",
        "openapi.json",
        "Label",
        "Label(1)",
        "Label/$count",
        "Label(1)/title",
    ] {
        get(server, &format!("{path}?subscription-key=1&x=%C3%BC"), &[]).expect(200);
        let wrong = refusal(server, &format!("{path}?$unknown=1"));
        assert_eq!(wrong.0, 400, "{path}: {wrong:?}");
    }
}

#[tokio::test]
async fn rule_08_a_token_comes_in_four_ways_and_an_empty_one_is_none() {
    let server = small().await;
    let client = server.client();
    // Anyone and KEY.
    let basic = ("Authorization", "Basic YW55b25lOktFWQ==");
    let bearer = ("Authorization", "Bearer KEY");
    for header in [basic, bearer, ("apikey", "KEY")] {
        let response = client.get_with("/v1.0/odata/Label", &[HOST, header]);
        assert_eq!(response.status, 200, "{header:?}");
    }
    assert_eq!(
        client
            .get_with("/v1.0/odata/Label?apikey=KEY", &[HOST])
            .status,
        200
    );
    for path in ["", "$metadata", "openapi.json", "Label"] {
        let empty = ("Authorization", "Bearer");
        let response = client.get_with(&format!("/v1.0/odata/{path}"), &[HOST, empty]);
        assert_eq!(response.status, 401, "{path}");
        let schemes = all(&response, "www-authenticate");
        let schemes: Vec<_> = schemes
            .iter()
            .filter_map(|it| it.split(' ').next())
            .collect();
        assert_eq!(schemes, ["Basic", "Bearer"], "{path}");
    }
}

#[tokio::test]
async fn rule_11_what_power_query_folds_is_answered() {
    let server = small().await;
    let agent = ("User-Agent", "Microsoft.Data.Mashup");
    for filter in [
        "created_at ge 2021-01-01T00:00:00Z and created_at lt 2022-01-01T00:00:00Z",
        "startswith(content,'a') or endswith(content,'b') or contains(content,'c')",
        "indexof(content,'a') ge 0 and length(content) lt 9 and substring(content,1) ne 'x'",
        "tolower(content) eq 'a' or toupper(content) eq 'A' or trim(content) eq ''",
        "concat(content,'a') ne 'b' and not (content eq null)",
        "year(created_at) eq 2021 and month(created_at) ge 1 and day(created_at) le 31",
        "hour(created_at) lt 24 and minute(created_at) lt 60 and second(created_at) lt 60",
        "round(id div 2) ge 0 and floor(id) ge ceiling(0) and id mod 2 eq 0",
        "id add 1 gt id sub 1 and id mul 2 ge 0",
        "sender_type eq 'User' and (sender_id ne null)",
    ] {
        let path = format!("Message?$filter={filter}&$select=id&$orderby=id&$top=1000");
        assert_eq!(get(server, &path, &[agent]).status, 200, "{filter}");
    }
}

#[tokio::test]
async fn rule_16_literals_of_older_versions_are_taken() {
    let server = small().await;
    let entity = get(server, "Conversation(1)", &[]).expect(200).json();
    let uuid = entity["uuid"].as_str().unwrap();
    for path in [
        "Conversation(1L)",
        "Conversation(id=1L)",
        "Conversation(id=1)",
    ] {
        assert_eq!(get(server, path, &[]).expect(200).json(), entity, "{path}");
    }
    for filter in [
        "id eq 1L".to_owned(),
        "id eq 1d".to_owned(),
        "id eq 1f".to_owned(),
        "id eq 1m".to_owned(),
        format!("uuid eq guid'{uuid}'"),
        format!("uuid eq '{uuid}'"),
        format!(
            "TOLOWER(cast(uuid,Edm.String)) eq '{}'",
            uuid.to_lowercase()
        ),
    ] {
        assert_eq!(
            ids(server, &format!("Conversation?$filter={filter}")),
            [1],
            "{filter}"
        );
    }
    let expected = ids(server, "Message?$filter=created_at ge 2021-11-23T00:00:00Z");
    for literal in [
        "datetime'2021-11-23T00:00:00'",
        "datetimeoffset'2021-11-23T00:00:00Z'",
        "'2021-11-23T00:00:00Z'",
        "'2021-11-23T00:00:00'",
    ] {
        let filter = format!("Message?$filter=created_at ge {literal}");
        assert_eq!(ids(server, &filter), expected, "{literal}");
    }
}

#[tokio::test]
async fn rule_17_a_batch_is_refused_with_the_name_of_the_switch() {
    let server = small().await;
    let response = server
        .client()
        .request("POST", "/v1.0/odata/$batch", &[HOST]);
    assert_eq!(response.status, 405);
    assert_eq!(response.header("allow"), Some("GET, HEAD, OPTIONS"));
    let error = response.json().to_string();
    assert!(
        error.contains("groupId") && error.contains("$direct"),
        "{error}"
    );
}

#[tokio::test]
async fn rule_19_apply_groups_and_aggregates() {
    let server = small().await;
    let count = get(server, "Conversation/$count", &[]).expect(200);
    let count: i64 = count.text().parse().unwrap();
    let groups = rows(
        server,
        "Conversation?$apply=groupby((inbox/name),aggregate($count as n))",
    );
    assert!(groups.len() > 1);
    let sum: i64 = groups
        .iter()
        .map(|group| group["n"].as_i64().unwrap())
        .sum();
    assert_eq!(sum, count);
}
