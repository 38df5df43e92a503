//! The row that a next link reads again, where a sort value is too long for it: it is made of the caller's rows alone.

use super::{A, B, load, rooted};
use serde_json::Value;
use tests::{Client, Database, Server};

/// All accounts have the same long texts, of which a row of the result says how many there are: one made of others'
/// rows, too, would be another.
const LONG: &str = "UPDATE messages SET content = repeat('the same for all ', 20) || id % 3";

const REQUESTS: &[&str] = &[
    "Message?$apply=groupby((content),aggregate($count as n))&$orderby=n",
    "Message?$apply=groupby((content),aggregate(id with min as m,id with max as n))&$orderby=n desc,m",
    "Message?$apply=groupby((rollup(content,status)),aggregate($count as n))&$orderby=n desc",
    "Message?$apply=concat(groupby((content),aggregate($count as n)),aggregate($count as n))&$orderby=n",
    "Message?$apply=filter(id gt 0)/groupby((content),aggregate($count as n))/compute(n add 1 as more)&$orderby=more",
    "Message?$apply=groupby((content,sender_type),aggregate($count as n))&$orderby=n",
    "Conversation?$apply=join(messages as m)/groupby((m/content),aggregate($count as n))&$orderby=n",
    "Inbox({}1)/messages?$apply=groupby((content),aggregate($count as n))&$orderby=n",
    "Conversation({}3)/messages?$apply=groupby((content),aggregate($count as n))&$orderby=n",
    "$crossjoin(Message,Label)?$apply=groupby((Message/content),aggregate($count as n))&$orderby=n",
];

fn rows(client: &Client, url: &str, prefer: &str) -> (Vec<Value>, Option<String>) {
    let answer = client.get_with(&rooted(url), &[("Prefer", prefer)]);
    assert_eq!(answer.status, 200, "{url}: {}", answer.text());
    let mut answer = answer.json();
    let next = answer["@odata.nextLink"].as_str();
    let next = next.map(|next| next[next.find("/v1.0").unwrap()..].to_owned());
    let Value::Array(rows) = answer["value"].take() else {
        panic!("{url} has no rows");
    };
    (rows, next)
}

#[tokio::test]
async fn what_a_next_link_reads_again_is_the_callers() {
    let database = Database::from_template("wall copy", load).await;
    database.connect().await.batch_execute(LONG).await.unwrap();
    let server = Server::start(&database, |_| {});
    let mut pages = 0;
    for caller in [A, B] {
        let client = server.of(caller.token);
        let base = (caller.keys.0 / 10).to_string();
        for request in REQUESTS {
            let request = request.replace("{}", &base);
            let (whole, _) = rows(&client, &request, "maxpagesize=1000");
            let (mut found, mut next) = (Vec::new(), Some(request.clone()));
            while let Some(url) = next {
                let (page, link) = rows(&client, &url, "maxpagesize=1");
                pages += usize::from(link.is_some());
                found.extend(page);
                next = link;
            }
            assert_eq!(found, whole, "{request}");
        }
    }
    assert!(pages > 2 * REQUESTS.len(), "{pages}");
}
