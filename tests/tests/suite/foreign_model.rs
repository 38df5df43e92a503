//! A library's model: string and composite keys, no scope, every primitive type, a set with a name of
//! its own. odata-core serves it alone.

use crate::own_model::Served;
use expect_test::{Expect, expect};
use odata_core::ODataEntity;
use odata_core::edm::{DateTime, Decimal, Json, Model, NaiveDate, NaiveTime, TimeDelta, Utc, Uuid};
use serde_json::Value;
use tests::Database;

/// A place where books stand.
#[derive(ODataEntity)]
#[odata(table = "branches", entity_set = "Branches")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Branch {
    /// A short name, such as `O'Neil/1`.
    #[odata(key)]
    code: String,
    /// The books that stand here.
    #[odata(foreign_key = BranchCode)]
    copies: Vec<Copy>,
}

/// One copy of a book.
#[derive(ODataEntity)]
#[odata(table = "copies", entity_set = "Copies")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Copy {
    #[odata(key)]
    isbn: String,
    #[odata(key)]
    number: i16,
    #[odata(name = "BranchCode", column = "branch")]
    branch_code: Option<String>,
    #[odata(searchable)]
    title: Option<String>,
    pages: Option<i32>,
    bytes: Option<i64>,
    weight: Option<f32>,
    rating: Option<f64>,
    price: Option<Decimal>,
    lent: Option<bool>,
    printed: Option<NaiveDate>,
    opens: Option<NaiveTime>,
    loan: Option<TimeDelta>,
    bought_at: Option<DateTime<Utc>>,
    tag: Option<Uuid>,
    cover: Option<Vec<u8>>,
    extra: Option<Json>,
    #[odata(foreign_key = BranchCode)]
    branch: Option<Branch>,
    /// Its loans.
    #[odata(foreign_key(copy_isbn, copy_number))]
    loans: Vec<Loan>,
}

/// A loan, by a key of three parts of three types.
#[derive(ODataEntity)]
#[odata(table = "loans", entity_set = "Loans")]
#[allow(dead_code, reason = "the struct is a declaration")]
struct Loan {
    #[odata(key)]
    copy_isbn: String,
    #[odata(key)]
    copy_number: i16,
    #[odata(key)]
    day: NaiveDate,
    #[odata(foreign_key(copy_isbn, copy_number))]
    copy: Option<Copy>,
}

const TABLES: &str = r#"
    CREATE TABLE branches (code text PRIMARY KEY);
    INSERT INTO branches VALUES ('main'), ('O''Neil/1'), ('ü &?#%+'), ('');
    CREATE TABLE copies (
        isbn varchar(20), number int2, branch text, title text, pages int4, bytes int8, weight float4,
        rating float8, price numeric(12, 3), lent bool, printed date, opens time, loan interval,
        bought_at timestamptz, tag uuid, cover bytea, extra jsonb, PRIMARY KEY (isbn, number));
    INSERT INTO copies VALUES
        ('978-0', 1, 'main', 'Emma', 474, 9007199254740993, 0.1, 4.5, 12.5, true, '1815-12-23',
         '09:30:00.25', '14 days 02:00:00.5', '2021-11-23 10:00:00+02', '89f20666-e17d-427c-9283-268ba7870283',
         '\x00ff10', '{"a": 1}'),
        ('978-0', 2, 'O''Neil/1', 'Emma', -1, -9223372036854775808, -1e-30, 'NaN', -0.001, false, '0001-01-01',
         '00:00:00', '-1 day', '1969-12-31 23:59:59.999999+00', NULL, '', '[]'),
        ('978-1', 1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
        ('x''y', -3, 'gone', 'ü', 0, 0, 3.4028235e38, 'Infinity', 999999999.999, NULL, '9999-12-31',
         '23:59:59.999999', '0', 'infinity', '00000000-0000-0000-0000-000000000000', '\x01', '"text"');
    CREATE TABLE loans (copy_isbn varchar(20), copy_number int2, day date, PRIMARY KEY (copy_isbn, copy_number, day));
    INSERT INTO loans VALUES ('978-0', 1, '2021-01-01'), ('978-0', 1, '2021-02-01'), ('978-0', 2, '2021-01-01'),
        ('nothing', 1, '2021-01-01');
"#;

async fn served() -> (Database, Served) {
    let database = Database::empty().await;
    database
        .connect()
        .await
        .batch_execute(TABLES)
        .await
        .unwrap();
    let model = Model::new("Library")
        .with::<Branch>()
        .with::<Copy>()
        .with::<Loan>();
    let served = Served::start(&database, model, &[("reader", &[])]);
    (database, served)
}

#[tokio::test]
async fn every_type_is_read_written_and_found_again() {
    let (_database, served) = served().await;
    assert_eq!(served.findings(), [], "the model fits");
    let check = |path: &str, expected: Expect| expected.assert_eq(&served.answer("reader", path));
    check(
        "",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata","value":[{"name":"Branches","kind":"EntitySet","url":"Branches"},{"name":"Copies","kind":"EntitySet","url":"Copies"},{"name":"Loans","kind":"EntitySet","url":"Loans"}]}"#]],
    );
    check(
        "Copies(isbn='978-0',number=1)",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies/$entity","isbn":"978-0","number":1,"BranchCode":"main","title":"Emma","pages":474,"bytes":9007199254740993,"weight":0.1,"rating":4.5,"price":12.500,"lent":true,"printed":"1815-12-23","opens":"09:30:00.250000","loan":"P14DT2H0.5S","bought_at":"2021-11-23T08:00:00.000000Z","tag":"89f20666-e17d-427c-9283-268ba7870283","cover":"AP8Q","extra":"{\"a\": 1}"}"#]],
    );
    check(
        "Copies(isbn='978-0',number=2)",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies/$entity","isbn":"978-0","number":2,"BranchCode":"O'Neil/1","title":"Emma","pages":-1,"bytes":-9223372036854775808,"weight":-1e-30,"rating":"NaN","price":-0.001,"lent":false,"printed":"0001-01-01","opens":"00:00:00.000000","loan":"-P1D","bought_at":"1969-12-31T23:59:59.999999Z","tag":null,"cover":"","extra":"[]"}"#]],
    );
    check(
        "Copies(isbn='978-1',number=1)",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies/$entity","isbn":"978-1","number":1,"BranchCode":null,"title":null,"pages":null,"bytes":null,"weight":null,"rating":null,"price":null,"lent":null,"printed":null,"opens":null,"loan":null,"bought_at":null,"tag":null,"cover":null,"extra":null}"#]],
    );
    check(
        "Copies(number=-3,isbn='x''y')",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies/$entity","isbn":"x'y","number":-3,"BranchCode":"gone","title":"ü","pages":0,"bytes":0,"weight":3.4028235e38,"rating":"INF","price":999999999.999,"lent":null,"printed":"9999-12-31","opens":"23:59:59.999999","loan":"PT0S","bought_at":null,"tag":"00000000-0000-0000-0000-000000000000","cover":"AQ","extra":"\"text\""}"#]],
    );
    let key = "$select=isbn,number";
    for literal in [
        "title eq 'ü'",
        "pages eq -1",
        "bytes eq 9007199254740993",
        "bytes eq -9223372036854775808",
        "weight lt 0",
        "rating eq 4.5",
        "rating eq INF",
        "price eq 12.5",
        "price lt 0",
        "price gt 999999999.9985",
        "lent",
        "lent eq false",
        "printed eq 1815-12-23",
        "year(printed) eq 9999",
        "opens eq 09:30:00.25",
        "hour(opens) eq 23",
        "loan eq duration'P14DT2H0.5S'",
        "loan lt duration'PT0S'",
        "bought_at eq 2021-11-23T08:00:00Z",
        "bought_at lt 1970-01-01T00:00:00Z",
        "tag eq 89f20666-e17d-427c-9283-268ba7870283",
        "cover eq binary'AP8Q'",
        "extra eq '[]'",
        "branch/code eq 'main'",
    ] {
        let body = served.answer("reader", &format!("Copies?{key}&$filter={literal}"));
        let found = body.matches("\"isbn\"").count();
        assert!(body.starts_with("200") && found == 1, "{literal}: {body}");
    }
}

#[tokio::test]
async fn keys_of_texts_and_of_several_parts() {
    let (_database, served) = served().await;
    let check = |path: &str, expected: Expect| expected.assert_eq(&served.answer("reader", path));
    check(
        "Branches",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches","value":[{"code":""},{"code":"O'Neil/1"},{"code":"main"},{"code":"ü &?#%+"}]}"#]],
    );
    check(
        "Branches/$ref",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Collection($ref)","value":[{"@odata.id":"http://127.0.0.1/odata/Branches('')"},{"@odata.id":"http://127.0.0.1/odata/Branches('O''Neil%2F1')"},{"@odata.id":"http://127.0.0.1/odata/Branches('main')"},{"@odata.id":"http://127.0.0.1/odata/Branches('%C3%BC%20&%3F%23%25+')"}]}"#]],
    );
    check(
        "Branches('main')/copies?$select=number",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies(number)","value":[{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=1)","number":1}]}"#]],
    );
    check(
        "Branches('O''Neil%2F1')/copies?$select=number",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies(number)","value":[{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=2)","number":2}]}"#]],
    );
    check(
        "Branches('')",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches/$entity","code":""}"#]],
    );
    check(
        "Branches('%C3%BC%20%26%3F%23%25%2B')",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches/$entity","code":"ü &?#%+"}"#]],
    );
    check(
        "Branches(@code)?@code='O''Neil/1'",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches/$entity","code":"O'Neil/1"}"#]],
    );
    check(
        "Branches('none')",
        expect![[r#"
        404
        {"error":{"code":"ResourceNotFound","message":"there is no such Branch, or none that you may see"}}"#]],
    );
    check(
        "Branches(1)",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"the key 'code' is Edm.String, found Edm.Int32; text stands in single quotes: '1'","target":"Branches(1)","innererror":{"position":10,"length":1,"hint":"text stands in single quotes: '1'"}}}"#]],
    );
    check(
        "Copies(isbn='978-0')",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected the key of 'Copy': (isbn=..,number=..)","target":"Copies(isbn='978-0')","innererror":{"position":1,"length":6}}}"#]],
    );
    check(
        "Copies('978-0')",
        expect![[r#"
            400
            {"error":{"code":"SyntaxError","message":"expected the key of 'Copy': (isbn=..,number=..)","target":"Copies('978-0')","innererror":{"position":1,"length":6}}}"#]],
    );
    check(
        "Copies(isbn='978-0',number='1')",
        expect![[r#"
            400
            {"error":{"code":"TypeMismatch","message":"the key 'number' is Edm.Int16, found Edm.String; write it without quotes: 1","target":"Copies(isbn='978-0',number='1')","innererror":{"position":28,"length":3,"hint":"write it without quotes: 1"}}}"#]],
    );
    check(
        "Copies(isbn='978-0',number=1)/loans",
        expect![[r#"
        200
        {"@odata.context":"http://127.0.0.1/odata/$metadata#Loans","value":[{"copy_isbn":"978-0","copy_number":1,"day":"2021-01-01"},{"copy_isbn":"978-0","copy_number":1,"day":"2021-02-01"}]}"#]],
    );
    check(
        "Copies(isbn='978-0',number=1)/loans(copy_isbn='978-0',copy_number=1,day=2021-02-01)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Loans/$entity","copy_isbn":"978-0","copy_number":1,"day":"2021-02-01"}"#]],
    );
    check(
        "Loans(copy_isbn='978-0',copy_number=2,day=2021-01-01)/copy/branch/code",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches('O''Neil/1')/code","value":"O'Neil/1"}"#]],
    );
    check(
        "Loans?$expand=copy($select=title;$expand=branch)&$orderby=day desc",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Loans(copy(title))","value":[{"copy_isbn":"978-0","copy_number":1,"day":"2021-02-01","copy":{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=1)","title":"Emma","branch":{"code":"main"}}},{"copy_isbn":"nothing","copy_number":1,"day":"2021-01-01","copy":null},{"copy_isbn":"978-0","copy_number":2,"day":"2021-01-01","copy":{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=2)","title":"Emma","branch":{"code":"O'Neil/1"}}},{"copy_isbn":"978-0","copy_number":1,"day":"2021-01-01","copy":{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=1)","title":"Emma","branch":{"code":"main"}}}]}"#]],
    );
    check(
        "Branches?$expand=copies($select=number;$expand=loans/$count)&$filter=copies/any(c:c/loans/$count gt 1)",
        expect![[r#"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Branches(copies(number))","value":[{"code":"main","copies":[{"@odata.id":"http://127.0.0.1/odata/Copies(isbn='978-0',number=1)","number":1,"loans@odata.count":2}]}]}"#]],
    );
    check(
        "Copies?$apply=search(emma)/groupby((title),aggregate(pages with sum as pages_in_all,$count as n))",
        expect![[r##"
            200
            {"@odata.context":"http://127.0.0.1/odata/$metadata#Copies(title,pages_in_all,n)","value":[{"@odata.id":null,"title":"Emma","pages_in_all@odata.type":"#Decimal","pages_in_all":473,"n@odata.type":"#Decimal","n":2}]}"##]],
    );
    // Links lead back to the rows that they are of.
    for url in served
        .answer("reader", "Branches/$ref")
        .split('"')
        .filter(|text| text.starts_with("http") && text.contains("/odata/Branches("))
    {
        let body = served.follow("reader", url);
        assert!(body.starts_with("200"), "{url}: {body}");
    }
    assert!(served.answer("stranger", "Copies").starts_with("401"));
}

#[tokio::test]
async fn pages_by_keys_of_several_parts() {
    let (_database, served) = served().await;
    for query in [
        "Copies",
        "Copies?$orderby=printed desc",
        "Loans?$orderby=copy/title desc,day",
        "Branches?$orderby=code desc",
        "Copies?$orderby=price",
        "Copies?$orderby=loan desc",
        "Copies?$orderby=weight",
        "Copies?$orderby=tag desc",
        "Copies?$orderby=opens",
    ] {
        let rows = |text: &str| -> (Vec<Value>, Option<String>) {
            let (status, body) = text.split_once('\n').unwrap();
            assert_eq!(status, "200", "{query}: {body}");
            let mut body: Value = serde_json::from_str(body).unwrap();
            let next = body["@odata.nextLink"].as_str().map(str::to_owned);
            let Value::Array(rows) = body["value"].take() else {
                panic!("{query}: no rows");
            };
            (rows, next)
        };
        let (whole, _) = rows(&served.answer("reader", query));
        let client = served.client("reader");
        let first = client.get_with(
            &format!("/odata/{}", crate::asking::encoded(query)),
            &[crate::asking::HOST, ("Prefer", "maxpagesize=1")],
        );
        let (mut found, mut next) = rows(&format!("{}\n{}", first.status, first.text()));
        while let Some(url) = next {
            let (more, link) = rows(&served.follow("reader", &url));
            assert!(more.len() == 1 && found.len() < whole.len(), "{query}");
            found.extend(more);
            next = link;
        }
        assert_eq!(found, whole, "{query}");
        assert_eq!(whole.len(), 4, "{query}");
    }
}

/// `$it` in the options of a collection is named by its key on the links, whatever characters that has.
#[tokio::test]
async fn links_name_an_entity_by_a_key_of_any_characters() {
    let (database, served) = served().await;
    let more = "INSERT INTO copies (isbn, number, branch)
        SELECT isbn, n, code FROM branches, generate_series(7, 9) AS n, (VALUES ('a'), ('b')) AS b (isbn)
        WHERE code = 'ü &?#%+'
        UNION ALL SELECT 'c', n, 'O''Neil/1' FROM generate_series(7, 9) AS n";
    database.connect().await.batch_execute(more).await.unwrap();
    let path = "Branches?$expand=copies($filter=BranchCode eq $it/code;$select=isbn,number)";
    let first = served.client("reader").get_with(
        &format!("/odata/{}", crate::asking::encoded(path)),
        &[crate::asking::HOST, ("Prefer", "maxpagesize=1")],
    );
    let follow = |link: &str| {
        let text = served.follow("reader", link);
        let (status, body) = text.split_once('\n').unwrap();
        assert_eq!(status, "200", "{link}: {body}");
        serde_json::from_str(body).unwrap()
    };
    let whole = follow(&format!(
        "http://127.0.0.1/odata/{}",
        crate::asking::encoded(path)
    ));
    let mut links = 0;
    let paged = crate::asking::complete(&follow, first.json(), &mut links);
    assert_eq!(paged, crate::asking::complete(&follow, whole, &mut 0));
    assert!(links > 10, "{links}");
}

/// A key in an option is none of the path, and a segment that holds a key in parentheses is a text.
#[tokio::test]
async fn a_key_elsewhere_is_no_key_of_the_path() {
    let (database, served) = served().await;
    let ask = |path: &str| served.answer("reader", path);
    let rows = "Copies?$select=number&$filter=branch/copies(isbn='978-0',number=";
    for _ in 0..2 {
        assert!(ask(&format!("{rows}1)/title eq 'Emma'")).contains("\"number\":1}]"));
        assert!(ask(&format!("{rows}2)/title eq 'Emma'")).contains("\"number\":2}]"));
    }
    // Each is the key of another branch, which is not there.
    for number in [7, 8, 7] {
        let path = format!(
            "Branches/1({number})?$compute=copies(isbn='978-0',number={number})/title as t"
        );
        assert!(ask(&path).starts_with("404"), "{}", ask(&path));
    }
    let path = "Branches/1(7)?$compute=copies(isbn='978-0',number=7)/title as t";
    let insert = "INSERT INTO branches VALUES ('1(8)')";
    database
        .connect()
        .await
        .batch_execute(insert)
        .await
        .unwrap();
    assert!(ask(path).starts_with("404"), "{}", ask(path));
    // The same but for what stands in the path.
    let there = path.replacen("7)", "8)", 1);
    assert!(ask(&there).starts_with("200"), "{}", ask(&there));
}
