//! The connection ends within an answer, at every k-th row.

use super::formats::{FORMS, Form};
use super::{World, is_cut, is_error, of, served};
use crate::program::Program;
use tests::proxy::{At, DATA_ROW, Fault, row};

const ROWS: usize = 1_500;
const EVERY: usize = 83;

#[tokio::test]
async fn an_answer_that_is_cut_at_any_row_is_not_whole() {
    let world = World::new(ROWS).await;
    let server = world.server(|_| {});
    let client = of(&server);
    type Kind = fn(At) -> Fault;
    let kinds: [(Kind, &[Form]); 3] = [
        (Fault::Cut, &FORMS),
        (Fault::Reset, &[Form::Json]),
        (Fault::HalfClose, &[Form::Json, Form::Csv]),
    ];
    for (kind, forms) in kinds {
        for form in forms.iter().copied() {
            let whole = form.ask(&client).expect(200);
            assert!(form.is_whole(&whole.body), "{form:?}");
            let mut cut = 0;
            for number in (0..ROWS as u64).step_by(EVERY).chain([ROWS as u64 - 1]) {
                // At its beginning, and within it.
                for byte in [0, 9] {
                    let at = At::Message {
                        tag: DATA_ROW,
                        number,
                        byte,
                    };
                    let before = server.service().interrupted();
                    world.proxy.set(kind(at));
                    let response = form.ask(&client);
                    assert!(world.proxy.hits() > 0, "{form:?}, {number}");
                    world.proxy.heal();
                    served(&client, "/v1.0/odata/Message(1)");
                    let begun = response.status == 200;
                    if begun {
                        is_cut(&response, form, &whole);
                        cut += 1;
                    } else {
                        is_error(&response, 503, true);
                    }
                    let counted = server.service().interrupted() - before;
                    assert_eq!(counted, u64::from(begun), "{form:?}, {number}");
                }
            }
            assert!(cut > ROWS / EVERY, "{form:?}: only {cut} had begun");
            let again = form.ask(&client).expect(200);
            // How gzip cuts its blocks depends on the time.
            assert!(form == Form::Gzip || again.body == whole.body, "{form:?}");
        }
    }
    assert!(server.status().open <= 4, "{:?}", server.status());
}

#[tokio::test]
async fn what_breaks_before_the_first_row_is_tried_once_more() {
    let world = World::new(100).await;
    // Of each kind there is one that is open: one that has to be opened is not tried twice. Another
    // HTTP thread would open its own.
    let server = world.server(|config| config.workers = Some(1));
    let client = of(&server);
    for path in [
        "Message",
        "Message?$format=csv",
        "Message(7)",
        "Conversation/$count",
        "Message?$apply=aggregate($count as n)",
    ] {
        let path = format!("/v1.0/odata/{path}");
        let whole = client.get(&path).expect(200);
        for fault in [
            Fault::Cut(At::Byte(0)),
            Fault::Reset(At::Byte(0)),
            Fault::HalfClose(At::Byte(0)),
            Fault::Cut(row(0)),
        ] {
            world.proxy.set_once(fault);
            let response = client.get(&path).expect(200);
            assert_eq!(response.body, whole.body, "{path}: {fault:?}");
            assert_eq!(world.proxy.hits(), 1, "{path}: {fault:?}");
            // Each time again: then it is said.
            world.proxy.set(fault);
            is_error(&client.get(&path), 503, true);
            world.proxy.heal();
            served(&client, &path);
        }
    }
}

/// Who asks for more than a page of the service's own has the first rows at once, but where a row may fail: that is an
/// error with its status while it can be.
#[tokio::test]
async fn a_long_page_begins_with_its_first_rows_unless_one_may_fail() {
    let world = World::new(ROWS).await;
    let server = world.server(|config| {
        config.workers = Some(1);
        config.settings.limits.page_size = 1_000;
    });
    let client = of(&server);
    for (query, page_size, begins) in [
        ("Message", 1_001, true),
        (
            "Message?$filter=id gt 0 and (private or not startswith(content,'x'))&$orderby=content desc",
            1_500,
            false,
        ),
        (
            "Message?$filter=id gt 0 and not (private or status in (7,8))&$orderby=content desc",
            1_500,
            true,
        ),
        ("Message?$search=message", 1_500, true),
        ("Message?$format=csv", 1_500, false),
        ("Message", 1_000, false),
        ("Message?$top=1000", 1_500, false),
        ("Message?$filter=1 div id lt 2", 1_500, false),
        (
            "Message?$compute=1 div id as part&$select=id,content,part",
            1_500,
            false,
        ),
        ("Message?$orderby=1 div id", 1_500, false),
        (
            "Message?$select=id,content&$expand=conversation($select=id;$expand=messages($top=1;$select=id))",
            1_500,
            false,
        ),
        (
            "Message?$apply=groupby((id,content,created_at,updated_at,status))",
            1_500,
            false,
        ),
    ] {
        let path = format!("/v1.0/odata/{query}");
        let prefer = format!("odata.maxpagesize={page_size}");
        let ask = || client.get_with(&path, &[("Prefer", &prefer)]);
        ask().expect(200);
        // More than the service reads at a time, and less than its chunk.
        world.proxy.set(Fault::Cut(row(100)));
        let response = ask();
        assert!(world.proxy.hits() > 0, "{query}");
        world.proxy.heal();
        served(&client, "/v1.0/odata/Message(1)");
        match begins {
            true => assert!(response.status == 200 && !response.complete, "{query}"),
            false => is_error(&response, 503, true),
        }
    }
}

#[tokio::test]
async fn a_row_that_fails_late_cuts_the_answer() {
    let world = World::new(110_000).await;
    let url = world.proxy.connection_string("postgres");
    let program = Program::serve(&url, &["--workers=2"]);
    program.wait_for("serving http://");
    let client = program.client().token("KEY");
    for form in FORMS {
        // That row divides by zero.
        let row = if form == Form::Json { 100_000 } else { 20_000 };
        let path = |id: u32| {
            let last = row + 5_000;
            format!("Message?$filter=id le {last} and 1 div (id sub {id}) ne 7&$orderby=id")
        };
        let response = form.ask_for(&client, &path(row));
        let whole = form.ask_for(&client, &path(900_000)).expect(200);
        is_cut(&response, form, &whole);
        assert!(!response.body.is_empty(), "{form:?}");
    }
    let said = program.wait_for("an answer was cut");
    let line = said
        .lines()
        .find(|line| line.contains("an answer was cut"))
        .unwrap();
    assert!(
        line.contains("reason=Data") && line.contains("rows=99999"),
        "{line}"
    );

    world.proxy.set(Fault::Cut(row(900)));
    is_cut_off(&Form::Json.ask(&client));
    world.proxy.heal();
    program.wait_for("reason=Lost rows=900");
}

fn is_cut_off(response: &tests::Response) {
    assert_eq!((response.status, response.complete), (200, false));
}
