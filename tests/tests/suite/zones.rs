//! Clocks: the zone of the service, of the database's role and of its server don't matter, nor in which
//! style the server writes dates.

use crate::program::Program;
use tests::{Response, fixture};

/// What has times in it, reads them, compares them, takes them apart, and pages by them.
const REQUESTS: [&str; 12] = [
    "Message",
    "Message(1)",
    "Message(1)/created_at",
    "Message(1)/created_at/$value",
    "Message?$filter=created_at ge 2021-11-23T00:00:00Z",
    "Message?$filter=created_at ge 2021-11-23T05:45:00%2B05:45&$orderby=created_at desc",
    "Message?$filter=created_at le '2021-11-23T00:00:00'",
    "Message?$compute=hour(created_at) as h,date(created_at) as d,time(created_at) as t&$select=h,d,t",
    "Message?$filter=day(created_at) eq 23 and hour(created_at) lt 6",
    "Message?$apply=groupby((conversation_id),aggregate(created_at with max as last))",
    "Message?$filter=created_at lt now()&$count=true",
    "Conversation?$orderby=snoozed_until&$format=csv",
];

/// The answers of the program with these variables.
fn answers(database: &str, zone: &[(&str, &str)]) -> Vec<Response> {
    let variables = [&[("DATABASE_URL", database)][..], zone].concat();
    let words = ["serve", "--listen", "127.0.0.1:0"];
    let program = Program::start(&words, &variables);
    program.wait_for("serving http://");
    let client = program.client().token("KEY").with("Host", "127.0.0.1");
    let get = |path: &&str| {
        let mut response = client.get(&format!("/v1.0/odata/{path}")).expect(200);
        response.headers.clear();
        response
    };
    let first: Vec<Response> = REQUESTS.iter().map(get).collect();
    // And a walk by times.
    let page = client.get_with(
        "/v1.0/odata/Message?$orderby=created_at&$select=id,created_at",
        &[("Prefer", "maxpagesize=7")],
    );
    let link = page.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let (_, path) = link.split_once("127.0.0.1").unwrap();
    let mut second = client.get(path).expect(200);
    second.headers.clear();
    // A link is sealed anew each time.
    second.body = second.json()["value"].to_string().into_bytes();
    first.into_iter().chain([second]).collect()
}

#[tokio::test]
async fn zones_and_styles_of_dates_change_no_answer() {
    let database = fixture::small().await;
    let client = database.connect().await;
    let url = database.connection_string();
    let expected = answers(&url, &[("TZ", "UTC")]);
    for zone in [
        "Asia/Kathmandu",
        "America/New_York",
        "Pacific/Apia",
        ":nowhere",
    ] {
        assert_eq!(
            answers(&url, &[("TZ", zone), ("PGTZ", zone)]),
            expected,
            "{zone}"
        );
    }
    let name = database.name();
    for settings in [
        &[
            "timezone = 'America/New_York'",
            "datestyle = 'SQL, DMY'",
            "intervalstyle = 'sql_standard'",
        ][..],
        &[
            "timezone = 'Asia/Kathmandu'",
            "datestyle = 'German'",
            "extra_float_digits = '-15'",
        ],
        &[
            "timezone = 'Australia/Lord_Howe'",
            "bytea_output = 'escape'",
            "lc_numeric = 'C'",
            "xmloption = 'document'",
        ],
    ] {
        for setting in settings {
            client
                .batch_execute(&format!("ALTER DATABASE {name} SET {setting}"))
                .await
                .unwrap();
        }
        assert_eq!(
            answers(&url, &[("TZ", "Asia/Kathmandu")]),
            expected,
            "{settings:?}"
        );
        client
            .batch_execute(&format!("ALTER DATABASE {name} RESET ALL"))
            .await
            .unwrap();
    }
}
