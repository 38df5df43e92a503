//! The catalogue.

use super::*;

cases!(server =>
    the_catalogue_is_read
);

async fn the_catalogue_is_read(url: &str) {
    let admin = admin(url).await;
    let schema = format!("s_{}", std::process::id());
    let role = format!("r_{}", std::process::id());
    admin
        .batch_execute(&format!(
            r#"
            CREATE SCHEMA {schema};
            SET search_path = {schema};
            CREATE DOMAIN small AS int4 CHECK (value > 0);
            CREATE DOMAIN smaller AS small;
            CREATE TYPE mood AS ENUM ('good', 'bad');
            CREATE TABLE a (id int8 PRIMARY KEY, n smaller NOT NULL, s varchar(20), m mood, j jsonb,
                "odd ""name" text, secret text);
            CREATE INDEX ON a (n, s DESC, id);
            CREATE INDEX ON a (s) WHERE n > 1;
            CREATE INDEX ON a (lower(s), id);
            CREATE INDEX ON a (n, lower(s), id);
            CREATE INDEX ON a (s text_pattern_ops, n);
            CREATE INDEX ON a (s COLLATE "C");
            CREATE INDEX ON a USING hash (s);
            CREATE INDEX ON a ("odd ""name") INCLUDE (id);
            INSERT INTO a (id, n) SELECT g, g FROM generate_series(1, 500) g;
            ALTER TABLE a DROP COLUMN j;
            CREATE VIEW v AS SELECT id, n FROM a;
            CREATE MATERIALIZED VIEW mv AS SELECT id FROM a;
            CREATE TABLE p (id int8, at timestamptz, PRIMARY KEY (id)) PARTITION BY RANGE (id);
            CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (1000);
            CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (1000) TO (2000);
            INSERT INTO p SELECT g FROM generate_series(1, 1999) g;
            CREATE TABLE empty ();
            ANALYZE a; ANALYZE p1; ANALYZE p2;
            CREATE ROLE {role};
            GRANT USAGE ON SCHEMA {schema} TO {role};
            GRANT SELECT (id, n, s) ON a TO {role};
            GRANT SELECT ON p TO {role};
            "#
        ))
        .await
        .unwrap();
    let database = open(url, PoolOptions::default());
    let catalogue = database.catalogue(&schema).await.unwrap();
    let names: Vec<&str> = catalogue.tables.keys().map(|name| &**name).collect();
    assert_eq!(names, ["a", "empty", "mv", "p", "p1", "p2", "v"]);
    let a = &catalogue.tables["a"];
    let types: Vec<_> = a
        .columns
        .iter()
        .map(|(name, column)| (&**name, column.ty, &*column.type_name, column.not_null))
        .collect();
    assert_eq!(
        types,
        [
            ("id", Some(PgType::Int8), "bigint", true),
            ("m", None, &*format!("{schema}.mood"), false),
            ("n", Some(PgType::Int4), &*format!("{schema}.smaller"), true),
            ("odd \"name", Some(PgType::Text), "text", false),
            ("s", Some(PgType::Varchar), "character varying(20)", false),
            ("secret", Some(PgType::Text), "text", false),
        ]
    );
    let indexes: Vec<Vec<&str>> = a
        .indexes
        .iter()
        .map(|columns| columns.iter().map(|column| &**column).collect())
        .collect();
    assert_eq!(indexes, [vec!["id"], vec!["n"], vec!["odd \"name"]]);
    assert_eq!(a.estimated_rows, 500);
    assert!(a.readable && a.columns["secret"].readable);
    assert_eq!(catalogue.tables["p"].estimated_rows, 1_999);
    assert!(catalogue.tables["p"].has_index_on(&["id"]));
    assert!(catalogue.tables["empty"].columns.is_empty());
    assert!(!catalogue.tables["v"].columns["id"].not_null);
    let knows_unicode = text(&database, "SELECT (upper('ß') = 'SS')::text").await == "true";
    assert_eq!(catalogue.unicode_collation.is_none(), knows_unicode);
    assert!(
        database
            .catalogue("no such schema")
            .await
            .unwrap()
            .tables
            .is_empty()
    );

    // As a role that may read little.
    let mark = if url.contains("://") {
        if url.contains('?') { "&" } else { "?" }
    } else {
        " "
    };
    let role_url = if url.contains("://") {
        format!("{url}{mark}options=-c%20role%3D{role}")
    } else {
        format!("{url}{mark}options='-c role={role}'")
    };
    let limited = open(&role_url, PoolOptions::default());
    let catalogue = limited.catalogue(&schema).await.unwrap();
    let a = &catalogue.tables["a"];
    let readable: Vec<_> = a
        .columns
        .iter()
        .filter(|(_, column)| column.readable)
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(readable, ["id", "n", "s"]);
    assert!(a.readable && catalogue.tables["p"].readable && !catalogue.tables["v"].readable);
    let denied = failure(&limited, &format!("SELECT secret FROM {schema}.a")).await;
    assert_eq!(denied.reason, Reason::Denied);

    admin
        .batch_execute(&format!("DROP SCHEMA {schema} CASCADE; DROP ROLE {role}"))
        .await
        .unwrap();
}
