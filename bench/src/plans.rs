//! How PostgreSQL runs the statements of typical requests: its plans as a golden file.

use crate::Failed;
use crate::floor::{Translator, explain, explain_generic};
use crate::world::World;
use odata_core::edm::{PgType, PrimitiveType, Scope};
use odata_core::plan::{Bound, OrderItem, Page};
use odata_core::sql::Plans;

/// A request: whose, which, and behind which row its page starts.
struct Request {
    accounts: &'static [i64],
    url: &'static str,
    after: Option<Last>,
}

/// The row behind which a page starts, in whichever order the service chooses: its key, and a time of
/// it in microseconds since 2000.
#[derive(Clone, Copy)]
struct Last {
    id: i32,
    time: i64,
}

const LAST: Last = Last {
    id: 500_000,
    time: 802_400_000_000_000,
};

const ONE: &[i64] = &[1];
const SMALL: &[i64] = &[2];
const FIVE: &[i64] = &[3, 4, 5, 6, 7];

const fn first(accounts: &'static [i64], url: &'static str) -> Request {
    Request {
        accounts,
        url,
        after: None,
    }
}

const fn next(accounts: &'static [i64], url: &'static str) -> Request {
    Request {
        accounts,
        url,
        after: Some(LAST),
    }
}

const REQUESTS: &[Request] = &[
    first(ONE, "Message(500000)"),
    first(ONE, "Message"),
    next(ONE, "Message"),
    next(SMALL, "Message"),
    next(FIVE, "Message"),
    first(
        ONE,
        "Message?$top=5000&$select=id,message_type,created_at,conversation_id",
    ),
    first(ONE, "Conversation(50000)/messages"),
    first(FIVE, "Conversation(50000)/messages"),
    first(ONE, "Inbox(3)/messages"),
    next(ONE, "Inbox(3)/messages"),
    first(ONE, "Message?$filter=conversation_id in (1,2,3,4,5,6,7)"),
    first(
        ONE,
        "Message?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-06-02T00:00:00Z",
    ),
    next(
        ONE,
        "Message?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-07-01T00:00:00Z",
    ),
    next(ONE, "Message?$orderby=created_at"),
    first(ONE, "Message?$filter=message_type eq 0&$count=true&$top=10"),
    first(SMALL, "Message"),
    first(SMALL, "Message?$top=100"),
    first(FIVE, "Message"),
    first(
        SMALL,
        "Message?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-06-02T00:00:00Z",
    ),
    first(
        ONE,
        "Message?$filter=updated_at ge 2025-06-01T00:00:00Z and updated_at lt 2025-06-02T00:00:00Z",
    ),
    next(ONE, "Message?$filter=updated_at ge 2025-01-01T00:00:00Z"),
    first(
        ONE,
        "Conversation?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-06-02T00:00:00Z",
    ),
    next(
        ONE,
        "Conversation?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-07-01T00:00:00Z",
    ),
    next(
        FIVE,
        "Conversation?$filter=created_at ge 2025-06-01T00:00:00Z",
    ),
    first(
        ONE,
        "Conversation?$filter=updated_at ge 2025-06-01T00:00:00Z and updated_at lt 2025-06-02T00:00:00Z",
    ),
    first(
        ONE,
        "ReportingEvent?$filter=created_at ge 2025-06-01T00:00:00Z and created_at lt 2025-06-02T00:00:00Z",
    ),
    first(ONE, "Conversation?$orderby=assignee_id&$top=100"),
    first(
        ONE,
        "Message?$filter=contains(content,'order 4242')&$top=10",
    ),
    first(ONE, "Message?$search=4242&$top=10"),
    first(ONE, "Conversation?$top=100&$expand=messages($top=5)"),
    first(ONE, "Conversation?$filter=inbox/name eq 'Inbox 3'&$top=100"),
    first(
        ONE,
        "Conversation?$filter=messages/any(m: m/message_type eq 3)&$top=100",
    ),
    first(ONE, "Message?$expand=inbox($select=name)&$top=100"),
    first(ONE, "Message/$count"),
    first(
        ONE,
        "Message?$apply=groupby((inbox_id,message_type),aggregate($count as n))",
    ),
];

/// Requests that look for a text, as it is and without regard to case.
const TEXTS: &[Request] = &[
    first(
        ONE,
        "Message?$filter=contains(content,'order 4242')&$top=10",
    ),
    first(ONE, "Message?$search=4242&$top=10"),
];

/// What serves them, each one: an index has a collation, as the condition has.
const TRIGRAMS: &[&str] = &[
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ON messages USING gin (content gin_trgm_ops)",
    "CREATE INDEX ON messages USING gin (content COLLATE \"und-x-icu\" gin_trgm_ops)",
];

/// The plans of all requests, with the indexes that every Chatwoot has and with those that `check`
/// recommends besides; those that look for a text with indexes of trigrams.
///
/// The indexes stay in `world`, so that is a copy.
pub(crate) async fn all(world: &World) -> Result<String, Failed> {
    let client = world.client().await?;
    let mut text = String::new();
    let recommended = Translator::new(world).await?.recommended_indexes();
    let recommended: Vec<&str> = recommended.iter().map(String::as_str).collect();
    for (title, statements, requests) in [
        ("the indexes that every Chatwoot has", &[][..], REQUESTS),
        (
            "the indexes that `check` recommends",
            &recommended,
            REQUESTS,
        ),
        ("indexes of trigrams", TRIGRAMS, TEXTS),
    ] {
        text.push_str(&format!("# With {title}\n"));
        for statement in statements {
            client.batch_execute(statement).await?;
            text.push_str(&format!("{statement}\n"));
        }
        // The catalogue has a say in the order of pages.
        let translator = Translator::new(world).await?;
        for request in requests {
            let (data, _) = translator.plan(request.url)?;
            let scope = Scope::of(request.accounts.to_vec());
            let page = page(request, &data.within(&scope).query.order);
            let statement = translator.page(request.url, request.accounts, &page)?;
            text.push_str(&format!("\n> {}  ({})\n", request.url, whose(request)));
            let plan = explain(&client, &statement).await?;
            text.push_str(&plan);
            if statement.plans == Plans::Auto {
                let generic = explain_generic(&client, &statement).await?;
                text.push_str("  for any values\n");
                text.push_str(&generic);
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// Whose rows it asks for, and which page of them.
fn whose(request: &Request) -> String {
    let accounts: Vec<String> = request.accounts.iter().map(i64::to_string).collect();
    let plural = if accounts.len() == 1 { "" } else { "s" };
    let behind = request.after.map_or("", |_| "; a later page");
    format!("account{plural} {}{behind}", accounts.join(", "))
}

/// Its page, by the order in which the service gives it.
fn page(request: &Request, order: &[OrderItem]) -> Page {
    let bounds = |last: Last| {
        let items = order.iter().map(|item| match item.expr.ty {
            Some(PrimitiveType::DateTimeOffset) => Bound {
                ty: PgType::Timestamp,
                value: Some(last.time.to_be_bytes().to_vec()),
            },
            _ => Bound {
                ty: PgType::Int4,
                value: Some(last.id.to_be_bytes().to_vec()),
            },
        });
        items.collect()
    };
    Page {
        after: request.after.map(bounds),
        ..Page::first(10_000)
    }
}

/// Compares the plans with the golden file, or writes it.
pub(crate) fn check(found: &str) -> Result<(), Failed> {
    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/plans.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(GOLDEN, found)?;
        return Ok(());
    }
    let known = std::fs::read_to_string(GOLDEN)?;
    let mut other = 0;
    for (place, (found, known)) in found.lines().zip(known.lines()).enumerate() {
        if found != known {
            other += 1;
            println!("{}:\n- {known}\n+ {found}", place + 1);
        }
    }
    if other > 0 || found.lines().count() != known.lines().count() {
        return Err(
            "the plans are others than those of bench/plans.txt (UPDATE_EXPECT=1 writes it)".into(),
        );
    }
    println!("the plans are those of bench/plans.txt");
    Ok(())
}
