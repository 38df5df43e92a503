//! The same row is the same bytes: in its set, by key, expanded, in a page.

use crate::asking::{encoded, get, ids, pages, small};

/// An entity without the context before it.
fn bare(body: &str) -> String {
    let (_, rest) = body.split_once("\",").unwrap();
    format!("{{{rest}")
}

#[tokio::test]
async fn a_row_is_the_same_bytes_everywhere() {
    let server = small().await;
    for (set, expanded) in [
        ("Message", "Conversation?$expand=messages"),
        ("Conversation", "Inbox?$expand=conversations"),
        ("Inbox", "Conversation?$expand=inbox"),
        ("Label", "Conversation?$expand=labels"),
        ("User", "Inbox?$expand=members"),
        ("ReportingEvent", "Inbox?$expand=reporting_events"),
    ] {
        let whole = get(server, set, &[]).expect(200).body;
        let whole = String::from_utf8(whole).unwrap();
        let expanded = String::from_utf8(get(server, expanded, &[]).expect(200).body).unwrap();
        let mut inside = 0;
        let ids = ids(server, set);
        for (place, id) in ids.iter().enumerate() {
            let by_key = bare(get(server, &format!("{set}({id})"), &[]).expect(200).text());
            assert!(by_key.starts_with(&format!("{{\"id\":{id},")), "{by_key}");
            let with_bounds = |text: &str| text.contains(&by_key);
            assert!(
                with_bounds(&whole),
                "{set}({id}) in the set:\n{by_key}\n{whole}"
            );
            inside += usize::from(with_bounds(&expanded));
            let paged = get(
                server,
                &format!("{set}?$skip={place}&$orderby=id"),
                &[("Prefer", "maxpagesize=1")],
            );
            assert!(
                with_bounds(paged.expect(200).text()),
                "{set}({id}) in a page"
            );
            let filtered = get(
                server,
                &encoded(&format!("{set}?$filter=id eq {id}&$count=true")),
                &[],
            );
            assert!(
                with_bounds(filtered.expect(200).text()),
                "{set}({id}) filtered"
            );
            // What is selected is a part of it.
            let selected =
                get(server, &format!("{set}({id})?$select=id,created_at"), &[]).expect(200);
            let selected = bare(selected.text());
            let (_, created_at) = selected.split_once("\"created_at\":").unwrap();
            assert!(
                by_key.contains(created_at.trim_end_matches('}')),
                "{selected}"
            );
        }
        // Some rows hang on nothing that the caller sees.
        assert!(
            inside >= ids.len() / 2,
            "{set}: {inside} of {} are expanded",
            ids.len()
        );
        let in_pages = pages(
            server,
            &format!("{set}?$orderby=id"),
            &[("Prefer", "maxpagesize=2")],
        );
        assert_eq!(in_pages.iter().map(Vec::len).sum::<usize>(), ids.len());
    }
}
