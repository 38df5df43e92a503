//! Random requests: none shows its caller anything of another account, and none feels when all that
//! is not its caller's is changed (`docs/wall.md`).

use std::hash::{DefaultHasher, Hash, Hasher};

use super::generate::{Generator, Request, Tally};
use super::inspect::inspect;
use super::otherwise::OTHERWISE;
use super::{A, B, Caller, as_small_and_as_large, load, rooted, told};
use serde_json::Value;
use tests::{Database, Response, Server};

/// The seed of the random queries: `TEST_SEED`.
pub(super) fn seed() -> u64 {
    std::env::var("TEST_SEED").map_or(1, |text| text.parse().unwrap())
}

/// How many of them: `TEST_QUERIES`.
pub(super) fn queries() -> usize {
    std::env::var("TEST_QUERIES").map_or(2_000, |text| text.parse().unwrap())
}

/// So many are asked before their answers are looked at.
const ROUND: usize = 250;

/// Of each thing that there is to ask for, one request in so many has it at least.
const ONE_IN: usize = 2_000;

/// An answer as its caller was told it, to be compared with a later one.
fn print_of(response: &Response) -> u64 {
    let mut hasher = DefaultHasher::new();
    told(response).hash(&mut hasher);
    hasher.finish()
}

/// Whether an answer has nothing of the time of day in it.
fn lasts(request: &Request) -> bool {
    !request.url.contains("now(")
}

fn ask(server: &Server, caller: Caller, requests: &[Request]) -> Vec<Response> {
    let client = server.of(caller.token);
    super::in_parts(requests, |request| {
        let page = request.page.map(|page| format!("odata.maxpagesize={page}"));
        let headers: Vec<_> = page.iter().map(|page| ("Prefer", page.as_str())).collect();
        client.get_with(&rooted(&request.url), &headers)
    })
}

/// The links to more rows in an answer: of the collection, and some of those inside of its rows.
fn links(response: &Response) -> (Option<Request>, Vec<Request>) {
    fn nested(value: &Value, links: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value.as_str() {
                        Some(link) if name.ends_with("@odata.nextLink") => links.push(link.into()),
                        _ => nested(value, links),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| nested(item, links)),
            _ => {}
        }
    }
    let request = |link: &str| {
        let path = link.find("/v1.0/").expect("a next link is absolute");
        let url = link[path..].to_owned();
        Request { url, page: None }
    };
    let Ok(value) = serde_json::from_slice::<Value>(&response.body) else {
        return (None, Vec::new());
    };
    let next = value["@odata.nextLink"].as_str().map(request);
    let mut inside = Vec::new();
    nested(&value["value"], &mut inside);
    let inside = inside.iter().take(2).map(|link| request(link)).collect();
    (next, inside)
}

#[tokio::test]
async fn random_queries_show_nothing_and_feel_nothing_of_others() {
    let database = Database::from_template("wall copy", load).await;
    let servers = as_small_and_as_large(&database);
    let mut generator = Generator::new(seed(), A.keys.0, B.keys.0);
    let mut tally = Tally::default();
    // What A asked of each, and what was told.
    let mut asked: [Vec<(Request, u64)>; 2] = Default::default();
    for round in 0..queries().div_ceil(ROUND) {
        let (server, asked) = (&servers[round % 2], &mut asked[round % 2]);
        let size = ROUND.min(queries() - round * ROUND);
        let requests: Vec<Request> = (0..size).map(|_| generator.request()).collect();
        for caller in [A, B] {
            let answers = ask(server, caller, &requests);
            let mut more = Vec::new();
            for (request, answer) in requests.iter().zip(&answers) {
                inspect(caller, &request.url, answer);
                tally.answer(&request.url, answer);
                let (next, nested) = links(answer);
                generator.census.note_links(next.iter().len(), nested.len());
                more.extend(next.into_iter().chain(nested));
            }
            let further = ask(server, caller, &more);
            for (link, answer) in more.iter().zip(&further) {
                assert_eq!(answer.status, 200, "{}: {}", link.url, answer.text());
                inspect(caller, &link.url, answer);
            }
            if caller.token == A.token {
                let requests = requests.iter().chain(&more).cloned();
                let prints = answers.iter().chain(&further).map(print_of);
                asked.extend(requests.zip(prints).filter(|(request, _)| lasts(request)));
            }
        }
    }
    generator.census.print();
    tally.print();
    tally.check();
    let rare = generator.census.rare(queries() / ONE_IN);
    assert!(rare.is_empty(), "too rarely asked for: {rare:#?}");

    // Everything of the others and every secret is another one now.
    let client = database.connect().await;
    client.batch_execute(OTHERWISE).await.unwrap();
    let parts = asked.iter().zip(&servers);
    let parts =
        parts.flat_map(|(asked, server)| asked.chunks(ROUND).map(move |part| (part, server)));
    for (part, server) in parts {
        let requests: Vec<Request> = part.iter().map(|(request, _)| request.clone()).collect();
        let answers = ask(server, A, &requests);
        for ((request, before), after) in part.iter().zip(&answers) {
            let url = &request.url;
            assert_eq!(*before, print_of(after), "{url} is now {}", after.text());
        }
    }
}
