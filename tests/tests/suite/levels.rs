//! `$levels`: what is expanded again is what the same URL with the items written out gives.

use crate::asking::{HOST, complete, encoded, small};
use crate::own_model::Served;
use expect_test::{Expect, expect};
use odata_core::ODataEntity;
use odata_core::edm::Model;
use odata_core::service::Settings;
use serde_json::Value;
use tests::Database;

/// A part of a machine, made of parts.
#[derive(ODataEntity)]
#[odata(table = "parts", entity_set = "Parts")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Part {
    #[odata(key)]
    id: i64,
    name: String,
    whole_id: Option<i64>,
    maker_id: Option<i64>,
    /// What it is a part of.
    #[odata(foreign_key = whole_id)]
    whole: Option<Box<Part>>,
    /// What it is made of.
    #[odata(foreign_key = whole_id)]
    parts: Vec<Part>,
    /// Who makes it.
    #[odata(foreign_key = maker_id)]
    maker: Option<Maker>,
}

/// Who makes parts.
#[derive(ODataEntity)]
#[odata(table = "makers", entity_set = "Makers")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Maker {
    #[odata(key)]
    id: i64,
    name: String,
    /// What it makes.
    #[odata(foreign_key = maker_id)]
    parts: Vec<Part>,
}

/// Two trees of three parts in each, five levels high, and two parts that hold each other.
const TABLES: &str = "
    CREATE TABLE makers (id bigint PRIMARY KEY, name text NOT NULL);
    INSERT INTO makers VALUES (1, 'Ada'), (2, 'Bo');
    CREATE TABLE parts (id bigint PRIMARY KEY, name text NOT NULL, whole_id bigint, maker_id bigint);
    INSERT INTO parts
        SELECT i, 'part ' || i, CASE WHEN i > 3 THEN (i - 1) / 3 END, CASE WHEN i % 4 > 0 THEN 1 + i % 2 END
        FROM generate_series(2, 363) i;
    INSERT INTO parts VALUES (1001, 'hen', 1002, 1), (1002, 'egg', 1001, 2);
    CREATE INDEX ON parts (whole_id);";

async fn served(array: u64) -> (Database, Served) {
    let database = Database::empty().await;
    let client = database.connect().await;
    client.batch_execute(TABLES).await.unwrap();
    let model = Model::new("Works").with::<Part>().with::<Maker>();
    let mut settings = Settings::default();
    settings.limits.expand_page_size = array;
    let served = Served::start_with(&database, model, &[("reader", &[])], settings);
    assert_eq!(served.findings(), [], "the model fits");
    (database, served)
}

#[track_caller]
fn json(served: &Served, path: &str) -> Value {
    let answer = served.answer("reader", path);
    let body = answer.strip_prefix("200\n");
    let body = body.unwrap_or_else(|| panic!("{path}: {answer}"));
    serde_json::from_str(body).unwrap()
}

/// A body with every array whole.
#[track_caller]
fn whole(served: &Served, path: &str, links: &mut usize) -> Value {
    let follow = |link: &str| {
        let answer = served.follow("reader", link);
        let body = answer.strip_prefix("200\n");
        serde_json::from_str(body.unwrap_or_else(|| panic!("{link}: {answer}"))).unwrap()
    };
    complete(&follow, json(served, path), links)
}

#[tokio::test]
async fn levels_are_the_items_written_out() {
    let (_database, served) = served(1000).await;
    let (_other, small_arrays) = served_small().await;
    for (levels, written) in [
        (
            "Parts(2)?$expand=parts($levels=1;$top=3)",
            "Parts(2)?$expand=parts($top=3)",
        ),
        (
            "Parts(2)?$expand=parts($levels=2;$top=3)",
            "Parts(2)?$expand=parts($top=3;$expand=parts($top=3))",
        ),
        (
            "Parts?$expand=parts($levels=3;$top=3)&$filter=id lt 9",
            "Parts?$expand=parts($top=3;$expand=parts($top=3;$expand=parts($top=3)))&$filter=id lt 9",
        ),
        // As deep as the service goes, in any spelling.
        (
            "Parts(2)?$expand=parts($levels=max;$select=id;$top=2)",
            "Parts(2)?$expand=parts($levels=4;$select=id;$top=2)",
        ),
        (
            "Parts(2)?$expand=parts(levels=MAX;$select=id;$top=2)",
            "Parts(2)?$expand=parts($select=id;$top=2;$expand=parts($select=id;$top=2;$expand=parts(\
             $select=id;$top=2;$expand=parts($select=id;$top=2))))",
        ),
        (
            "Parts(200)?$expand=whole($levels=3)",
            "Parts(200)?$expand=whole($expand=whole($expand=whole))",
        ),
        (
            "Parts(200)?$expand=whole($levels=max;$select=name;$compute=id mul 2 as twice)",
            "Parts(200)?$expand=whole($select=name;$compute=id mul 2 as twice;$expand=whole($select=name;\
             $compute=id mul 2 as twice;$expand=whole($select=name;$compute=id mul 2 as twice;\
             $expand=whole($select=name;$compute=id mul 2 as twice))))",
        ),
        // Every option holds at each level.
        (
            "Parts(2)?$expand=parts($levels=2;$filter=id mod 3 ne 0;$orderby=id desc;$top=2;$count=true;\
             $select=id,twice;$compute=id mul 2 as twice)",
            "Parts(2)?$expand=parts($filter=id mod 3 ne 0;$orderby=id desc;$top=2;$count=true;\
             $select=id,twice;$compute=id mul 2 as twice;$expand=parts($filter=id mod 3 ne 0;\
             $orderby=id desc;$top=2;$count=true;$select=id,twice;$compute=id mul 2 as twice))",
        ),
        (
            "Parts(2)?$expand=parts($levels=2;$top=3;$expand=maker($select=name),whole/$ref)",
            "Parts(2)?$expand=parts($top=3;$expand=maker($select=name),whole/$ref,\
             parts($top=3;$expand=maker($select=name),whole/$ref))",
        ),
        (
            "Parts(2)?$expand=parts($levels=2;$filter=id gt @p;$top=3)&@p=7",
            "Parts(2)?$expand=parts($filter=id gt 7;$top=3;$expand=parts($filter=id gt 7;$top=3))",
        ),
        // A property of another type leads into the recursion; one that leads nowhere ends it.
        (
            "Makers?$expand=parts($levels=2;$top=3)",
            "Makers?$expand=parts($top=3;$expand=parts($top=3))",
        ),
        (
            "Parts(2)?$expand=maker($levels=3)",
            "Parts(2)?$expand=maker",
        ),
        (
            "Parts(2)?$expand=maker($levels=max)",
            "Parts(2)?$expand=maker",
        ),
        (
            "Parts(2)?$expand=maker($expand=parts($levels=2;$top=1))",
            "Parts(2)?$expand=maker($expand=parts($top=1;$expand=parts($top=1)))",
        ),
        // A star takes all that is related, and all that is related to it.
        ("Makers?$expand=*($levels=1)", "Makers?$expand=*"),
        (
            "Parts(4)?$expand=*($levels=2)",
            "Parts(4)?$expand=whole($expand=*),parts($expand=*),maker($expand=*)",
        ),
        (
            "Parts(4)?$expand=*($levels=2),maker($select=name)",
            "Parts(4)?$expand=whole($expand=*),parts($expand=*),maker($select=name)",
        ),
        (
            "Parts(4)?$expand=*($levels=max)",
            "Parts(4)?$expand=*($levels=2)",
        ),
        (
            "Makers(1)?$expand=*($levels=max)",
            "Makers(1)?$expand=*($levels=3)",
        ),
        // What leads back to itself ends where the levels do.
        (
            "Parts(1001)?$expand=whole($levels=max;$select=name)",
            "Parts(1001)?$expand=whole($select=name;$expand=whole($select=name;$expand=whole($select=name;\
             $expand=whole($select=name))))",
        ),
    ] {
        let wanted = whole(&served, written, &mut 0);
        assert_eq!(whole(&served, levels, &mut 0), wanted, "{levels}");
        // The links of arrays that are cut go on with the levels that are left.
        assert_eq!(whole(&small_arrays, levels, &mut 0), wanted, "{levels}");
    }
}

async fn served_small() -> (Database, Served) {
    served(1).await
}

#[tokio::test]
async fn a_link_has_the_levels_that_are_left() {
    let (_database, served) = served(2).await;
    let check = |path: &str, member: &str, expected: Expect| {
        let link = json(&served, path)[member].as_str().unwrap().to_owned();
        let (before, _) = link.split_once("$skiptoken=").unwrap();
        expected.assert_eq(before);
    };
    check(
        "Parts(2)?$expand=parts($levels=3;$select=id;$orderby=id desc)",
        "parts@odata.nextLink",
        expect![
            "http://127.0.0.1/odata/Parts(2)/parts?$select=id&$orderby=id%20desc&$expand=parts($levels=2;$select=id;$orderby=id%20desc)&"
        ],
    );
    check(
        "Parts(2)?$expand=*($levels=2)",
        "parts@odata.nextLink",
        expect!["http://127.0.0.1/odata/Parts(2)/parts?$expand=*($levels=1)&"],
    );
    check(
        "Parts(2)?$expand=parts($levels=1)",
        "parts@odata.nextLink",
        expect!["http://127.0.0.1/odata/Parts(2)/parts?"],
    );
    let mut links = 0;
    let path = "Parts(2)?$select=id&$expand=parts($levels=3;$select=id)";
    let found = whole(&served, path, &mut links).to_string();
    assert_eq!(found.matches("\"id\"").count(), 1 + 3 + 9 + 27);
    assert!(links > 9, "{links}");
}

#[tokio::test]
async fn the_context_says_with_a_plus_that_it_goes_on() {
    let (_database, served) = served(1000).await;
    let client = served.client("reader");
    for (path, old, new) in [
        (
            "Parts(2)?$expand=parts($levels=2)",
            "Parts/$entity",
            "Parts(parts+())/$entity",
        ),
        (
            "Parts(2)?$expand=parts($levels=1)",
            "Parts/$entity",
            "Parts(parts())/$entity",
        ),
        (
            "Parts?$expand=whole($levels=max;$select=id)&$top=1",
            "Parts(whole+(id))",
            "Parts(whole+(id))",
        ),
        (
            "Parts?$select=id,parts&$expand=parts($levels=3;$select=id,name;$expand=maker)&$top=1",
            "Parts(id,parts,parts+(id,name))",
            "Parts(id,parts,parts+(id,name,maker()))",
        ),
        (
            "Makers?$expand=*($levels=2)&$select=id",
            "Makers(id)",
            "Makers(id,parts(whole(),parts(),maker()))",
        ),
        (
            "Parts(2)?$expand=parts/$ref,maker",
            "Parts/$entity",
            "Parts(maker())/$entity",
        ),
    ] {
        for (version, name, fragment) in [("4.0", "@odata.context", old), ("4.01", "@context", new)]
        {
            let response = client.get_with(
                &format!("/odata/{}", encoded(path)),
                &[HOST, ("OData-MaxVersion", version)],
            );
            let body = response.expect(200).json();
            let expected = format!("http://127.0.0.1/odata/$metadata#{fragment}");
            assert_eq!(body[name], expected, "{path}");
        }
    }
}

#[tokio::test]
async fn levels_are_bounded_as_what_they_stand_for() {
    let (_database, served) = served(1000).await;
    let code = |path: &str| {
        let answer = served.answer("reader", path);
        let (status, body) = answer.split_once('\n').unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        format!("{status} {}", body["error"]["code"].as_str().unwrap_or(""))
    };
    for (path, expected) in [
        ("Parts?$expand=parts($levels=4)", "200 "),
        ("Parts?$expand=parts($levels=5)", "400 LimitExceeded"),
        (
            "Parts?$expand=parts($levels=18446744073709551615)",
            "400 LimitExceeded",
        ),
        ("Parts?$expand=maker($levels=99)", "200 "),
        ("Parts?$expand=*($levels=3)", "400 LimitExceeded"),
        (
            "Parts?$expand=maker($expand=parts($levels=4))",
            "400 LimitExceeded",
        ),
        ("Parts?$expand=maker($expand=parts($levels=max))", "200 "),
        // What is nested counts at each level: four of them would be twenty items, or five levels.
        (
            "Parts?$expand=parts($levels=4;$expand=maker,whole($expand=maker,whole))",
            "400 LimitExceeded",
        ),
        (
            "Parts?$expand=parts($levels=max;$expand=maker,whole($expand=maker,whole))",
            "200 ",
        ),
        (
            "Parts?$expand=parts($levels=max),whole($levels=max),maker($expand=parts($levels=max))",
            "200 ",
        ),
        ("Parts?$expand=parts($levels=0)", "400 InvalidOptionValue"),
        (
            "Parts?$expand=parts/$ref($levels=2)",
            "400 OptionNotAllowed",
        ),
        (
            "Parts?$expand=parts($levels=2;$expand=parts)",
            "400 DuplicateOption",
        ),
        ("Parts?$levels=2", "400 OptionNotAllowed"),
    ] {
        assert_eq!(code(path), expected, "{path}");
    }
    // Arrays inside arrays share the product: 1,000, 10, 1, 1.
    let body = json(&served, "Parts(2)?$expand=parts($levels=4)");
    let inner = &body["parts"][0]["parts"][0];
    assert_eq!(inner["parts"].as_array().unwrap().len(), 1);
    assert!(inner["parts@odata.nextLink"].is_string());
}

#[tokio::test]
async fn live_agent_has_no_recursion_but_takes_the_option() {
    let server = small().await;
    for levels in ["1", "2", "max"] {
        let path = format!("Inbox?$expand=conversations($levels={levels})");
        let body = crate::asking::get(server, &path, &[]).expect(200).json();
        let plain = crate::asking::get(server, "Inbox?$expand=conversations", &[]);
        assert_eq!(body, plain.expect(200).json(), "{path}");
    }
    let body = crate::asking::get(server, "Message(1)?$expand=*($levels=2)", &[]);
    let body = body.expect(200).json();
    assert!(body["conversation"]["inbox"]["id"].is_i64(), "{body}");
}
