//! The README's seventh collection: its very text, compiled, served and asked.

use crate::own_model::Served;
use expect_test::{Expect, expect};
use liveagent_odata::entities;
use tests::fixture;
use tests::readme::{TEAM, Team};

#[test]
fn the_readme_shows_this_text() {
    let readme = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md"));
    assert!(
        readme.contains(&format!("```rust\n{TEAM}```")),
        "README.md does not show tests/src/readme/team.rs"
    );
    assert!(TEAM.lines().count() <= 15, "{} lines", TEAM.lines().count());
}

#[tokio::test]
async fn a_seventh_collection_is_served() {
    let database = fixture::small_shared().await;
    // Its line in the model.
    let model = entities::model().with::<Team>();
    let served = Served::start(&database, model, &[("ONE", &[1]), ("TWO", &[2])]);
    let check =
        |token: &str, path: &str, expected: Expect| expected.assert_eq(&served.answer(token, path));
    check(
        "ONE",
        "Team",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Team","value":[{"id":1,"name":"sales"},{"id":2,"name":"repair"}]}"#]],
    );
    check(
        "TWO",
        "Team",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Team","value":[{"id":3,"name":"books"}]}"#]],
    );
    check(
        "TWO",
        "Team(1)",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"there is no such Team, or none that you may see"}}"#]],
    );
    check(
        "ONE",
        "Team(2)/name/$value",
        expect![[r#"
        200
        repair"#]],
    );
    check(
        "ONE",
        "Team?$filter=conversations/any(c:c/status eq 2)&$select=name",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Team(name)","value":[{"@odata.id":"http://127.0.0.1/odata/Team(2)","name":"repair"}]}"#]],
    );
    check(
        "ONE",
        "Team?$expand=conversations($select=id;$orderby=id desc)&$orderby=name",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Team(conversations(id))","value":[{"id":2,"name":"repair","conversations":[{"id":6},{"id":4}]},{"id":1,"name":"sales","conversations":[{"id":3},{"id":1}]}]}"#]],
    );
    check(
        "ONE",
        "Team(1)/conversations?$select=id&$count=true",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Conversation(id)","value":[{"id":1},{"id":3}],"@odata.count":2}"#]],
    );
    check(
        "ONE",
        "Team?$apply=groupby((name))",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Team(name)","value":[{"@odata.id":null,"name":"repair"},{"@odata.id":null,"name":"sales"}]}"#]],
    );
    let metadata = served.answer("ONE", "$metadata");
    let (_, team) = metadata.split_once("<EntityType Name=\"Team\">").unwrap();
    let (team, _) = team.split_once("</EntityType>").unwrap();
    // Without its indentation, which is not the business of this test.
    let lines: Vec<&str> = team.trim().lines().map(str::trim).collect();
    expect![[r#"
        <Key>
        <PropertyRef Name="id"/>
        </Key>
        <Property Name="id" Type="Edm.Int64" Nullable="false">
        <Annotation Term="Core.Description" String="Unique team ID."/>
        </Property>
        <Property Name="name" Type="Edm.String" Nullable="false">
        <Annotation Term="Core.Description" String="Its name."/>
        </Property>
        <NavigationProperty Name="conversations" Type="Collection(LiveAgent.Conversation)">
        <Annotation Term="Core.Description" String="The conversations that are assigned to it."/>
        </NavigationProperty>
        <Annotation Term="Core.Description" String="A group of agents."/>"#]]
    .assert_eq(&lines.join("\n"));
}
