//! `$compute`: properties of the request's own, selected, filtered and sorted by.

use crate::asking::{answer, get, ids, refusal, small};
use expect_test::{Expect, expect};

#[track_caller]
fn check(server: &tests::Server, path: &str, expected: Expect) {
    expected.assert_eq(&answer(server, path));
}

#[tokio::test]
async fn computed_properties_stand_in_the_rows() {
    let server = small().await;
    check(
        server,
        "Label?$compute=id mul 2 as twice&$select=id,twice&$top=2",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,twice)","value":[{"id":1,"twice@odata.type":"#Int64","twice":2},{"id":2,"twice@odata.type":"#Int64","twice":4}]}"##]],
    );
    check(
        server,
        "Label(1)?$compute=length(title) as size&$select=size",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(size)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Label(1)","size@odata.type":"#Int32","size":13}"##]],
    );
    check(
        server,
        "Label(1)?$compute=length(title) as size&$select=id",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id)/$entity","id":1}"#]],
    );
    check(
        server,
        "Label(6)?$compute=length(title) as size,toupper(color) as loud&$select=id,size,loud",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,size,loud)/$entity","id":6,"size@odata.type":"#Int32","size":null,"loud":"GREY"}"##]],
    );
    check(
        server,
        "Message(3)?$compute=sender/name as who,year(created_at) as y,private eq false as open&$select=id,who,y,open",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Message(id,who,y,open)/$entity","id":3,"who":"Ruth","y@odata.type":"#Int32","y":2021,"open":true}"##]],
    );
    check(
        server,
        "Label(2)?$compute=id div 2 as half,id divby 4 as quarter,1.5 as fixed&$select=half,quarter,fixed",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(half,quarter,fixed)/$entity","@odata.id":"http://127.0.0.1/v1.0/odata/Label(2)","half@odata.type":"#Int64","half":1,"quarter@odata.type":"#Decimal","quarter":0.50000000000000000000,"fixed@odata.type":"#Decimal","fixed":1.5}"##]],
    );
    check(
        server,
        "Label(2)?$compute=id divby 0 as more,-id divby 0 as less,(id sub id) divby 0 as neither&$select=id,more,less,neither",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Label(id,more,less,neither)/$entity","id":2,"more@odata.type":"#Decimal","more":"INF","less@odata.type":"#Decimal","less":"-INF","neither@odata.type":"#Decimal","neither":"NaN"}"##]],
    );
    check(
        server,
        "Conversation(1)?$compute=messages/$count as n&$select=id,n",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,n)/$entity","id":1,"n@odata.type":"#Int64","n":4}"##]],
    );
    check(
        server,
        "Conversation(1)?$select=id&$expand=inbox($compute=length(name) as size;$select=size)",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/v1.0/odata/$metadata#Conversation(id,inbox(size))/$entity","id":1,"inbox":{"@odata.id":"http://127.0.0.1/v1.0/odata/Inbox(1)","size@odata.type":"#Int32","size":8}}"##]],
    );
}

#[tokio::test]
async fn computed_properties_filter_and_sort() {
    let server = small().await;
    for (query, expected) in [
        (
            "Label?$compute=id mul 2 as twice&$filter=twice gt 4",
            &[3, 6][..],
        ),
        (
            "Label?$compute=id mul 2 as twice&$orderby=twice desc",
            &[6, 3, 2, 1],
        ),
        // A word of $compute, in any case as the grammar has it; that of $apply has one spelling.
        (
            "Label?$compute=id mul 2 AS twice&$filter=twice gt 4",
            &[3, 6],
        ),
        (
            "Label?$compute=id mul 2 As twice,id aS x&$filter=twice gt 4",
            &[3, 6],
        ),
        (
            "Label?$apply=compute(id mul 2 as AS)&$filter=AS gt 4",
            &[3, 6],
        ),
        (
            "Label?$compute=length(title) as size&$orderby=size,id",
            &[6, 3, 2, 1],
        ),
        (
            "Label?$compute=length(title) as size&$filter=size eq null",
            &[6],
        ),
        (
            "Label?$compute=id add 1 as a,a add 1 as b&$filter=b eq 4",
            &[2],
        ),
        (
            "Conversation?$compute=messages/$count as n&$filter=n gt 3",
            &[1],
        ),
    ] {
        assert_eq!(ids(server, query), expected, "{query}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let server = small().await;
    for (query, code) in [
        ("Label?$compute=id as title", "InvalidOptionValue"),
        ("Label?$compute=id as x,id as x", "InvalidOptionValue"),
        ("Label?$compute=id add 1", "SyntaxError"),
        ("Label?$compute=nothing as x", "UnknownProperty"),
        ("Label?$compute=conversations as x", "TypeMismatch"),
        ("Label?$compute=id as x&$filter=y eq 1", "UnknownProperty"),
        (
            "Label/$count?$compute=id as x&$filter=z eq 1",
            "OptionNotAllowed",
        ),
    ] {
        let (status, found) = refusal(server, query);
        assert_eq!((status, &*found), (400, code), "{query}");
    }
}

/// `INF`, `-INF` and `NaN` are texts in JSON: where `$metadata` doesn't tell that they are numbers,
/// control information does (JSON Format 4.5.3).
#[tokio::test]
async fn numbers_that_are_texts_tell_their_type() {
    let server = small().await;
    let compute = "ReportingEvent?$filter=id le 2&$compute=value div 0 as z,-value div 0 as y,(value div 0) mul 0 as x,value mul 2 as w&$select=z,y,x,w";
    let apply = "ReportingEvent?$apply=filter(id le 2)/compute(value div 0 as z)/groupby((id),aggregate(z with max as m))";
    for path in [compute, apply] {
        for (level, version) in [
            ("none", "4.0"),
            ("minimal", "4.0"),
            ("minimal", "4.01"),
            ("full", "4.0"),
        ] {
            let accept = format!("application/json;odata.metadata={level}");
            let headers = [("Accept", &*accept), ("OData-MaxVersion", version)];
            let rows = get(server, path, &headers).expect(200).json()["value"].take();
            for row in rows.as_array().unwrap() {
                for (name, value) in row.as_object().unwrap() {
                    let is_special = value.as_str().is_some_and(|text| {
                        ["INF", "-INF", "NaN"].contains(&text) && !name.contains('@')
                    });
                    let prefix = if version == "4.0" { "odata." } else { "" };
                    let hash = if version == "4.0" { "#" } else { "" };
                    let told = &row[&format!("{name}@{prefix}type")];
                    let case = format!("{path} {level} {version}: {row}");
                    if !is_special || level == "none" {
                        assert_ne!(*told, format!("{hash}Double"), "{case}");
                    } else {
                        assert_eq!(*told, format!("{hash}Double"), "{case}");
                    }
                }
            }
            assert!(rows.to_string().contains("\"INF\""), "{path}: {rows}");
        }
    }
}

#[tokio::test]
async fn a_word_of_apply_has_one_spelling() {
    let server = small().await;
    check(
        server,
        "Label?$apply=compute(id mul 2 AS twice)",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected an operator, or 'as' and a name, found 'AS'; 'as' is in lower case here","target":"$apply","innererror":{"position":23,"length":2,"hint":"'as' is in lower case here"}}}"#]],
    );
}
