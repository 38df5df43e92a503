//! Statements, their parameters, and the session they run in.

use super::*;

cases!(server =>
    statements_are_cached_with_a_bound,
    a_changed_table_is_prepared_again,
    parameters_arrive_in_their_formats,
    the_session_is_set_up,
    a_statement_is_planned_for_its_values_where_that_is_wanted,
    an_administrators_plan_cache_mode_comes_back,
    a_session_plans_as_it_is_told_whatever_is_cancelled
);

async fn statements_are_cached_with_a_bound(url: &str) {
    let options = PoolOptions {
        size: 1,
        statements: 8,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let prepared = "SELECT count(*)::text FROM pg_prepared_statements";
    for n in 0..50 {
        one(&database, &sql(&format!("SELECT 'shape {n}'")))
            .await
            .unwrap();
    }
    let count: i32 = text(&database, prepared).await.parse().unwrap();
    assert!((8..=9).contains(&count), "{count} statements");
    // One shape is prepared once.
    let names = "SELECT string_agg(name, ',' ORDER BY name) FROM pg_prepared_statements
                 WHERE statement = 'SELECT $1'";
    let mut seen = None;
    for n in 0..5 {
        one(&database, &with("SELECT $1", vec![Param::int8(n)]))
            .await
            .unwrap();
        let name = text(&database, names).await;
        assert!(seen.is_none_or(|seen| seen == name));
        seen = Some(name);
    }
}

async fn a_changed_table_is_prepared_again(url: &str) {
    let options = PoolOptions {
        size: 1,
        lane: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let admin = admin(url).await;
    let table = format!("public.t_changed_{}", std::process::id());
    admin
        .batch_execute(&format!(
            "CREATE TABLE {table} (a int); INSERT INTO {table} VALUES (1)"
        ))
        .await
        .unwrap();
    let statement = sql(&format!("SELECT * FROM {table}"));
    let columns = |rows: &RowStream| rows.columns().len();
    assert_eq!(
        columns(
            &database
                .query(&statement, "a caller", DEADLINE)
                .await
                .unwrap()
        ),
        1
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    assert_eq!(rows.columns().len(), 1);
    admin
        .batch_execute(&format!("ALTER TABLE {table} ADD b text"))
        .await
        .unwrap();
    assert_eq!(
        columns(
            &database
                .query(&statement, "a caller", DEADLINE)
                .await
                .unwrap()
        ),
        2
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    assert_eq!(rows.columns().len(), 2);
    // What a pooler in between may do.
    database
        .query(&sql("DEALLOCATE ALL"), "a caller", DEADLINE)
        .await
        .unwrap();
    assert_eq!(
        columns(
            &database
                .query(&statement, "a caller", DEADLINE)
                .await
                .unwrap()
        ),
        2
    );
    admin
        .batch_execute(&format!("ALTER TABLE {table} DROP a"))
        .await
        .unwrap();
    assert_eq!(
        columns(
            &database
                .query(&statement, "a caller", DEADLINE)
                .await
                .unwrap()
        ),
        1
    );
    admin
        .batch_execute(&format!("DROP TABLE {table}"))
        .await
        .unwrap();
    let gone = failure(&database, &statement.text).await;
    assert_eq!(gone.reason, Reason::Mismatch);
    assert_eq!(database.status().open, 1);
    assert_eq!(database.status().discarded, 0);
}

async fn parameters_arrive_in_their_formats(url: &str) {
    let database = open(url, PoolOptions::default());
    let null = Param {
        value: None,
        ..Param::int8(0)
    };
    let array = Param::array(PgType::Int8, &[1i64.to_be_bytes(), 3i64.to_be_bytes()]);
    let statement = with(
        "SELECT $1 + 1, $2::text, $3 IS NULL, 3 = ANY($4), $5, NULL::int4, $6 = ANY($7)",
        vec![
            Param::int8(41),
            Param::text(PgType::Numeric, "1e-30"),
            null,
            array,
            Param::text(PgType::Text, "it's ü"),
            Param::text(PgType::Text, "b"),
            Param::array(PgType::Text, &["a", "b"]),
        ],
    );
    let rows = database.read_all(&statement, DEADLINE).await.unwrap();
    let row = &rows.rows[0];
    assert_eq!(row.cell(0), Some(&42i64.to_be_bytes()[..]));
    assert_eq!(row.cell(1), Some(&b"0.000000000000000000000000000001"[..]));
    assert_eq!(row.cell(2), Some(&[1][..]));
    assert_eq!(row.cell(3), Some(&[1][..]));
    assert_eq!(row.cell(4), Some("it's ü".as_bytes()));
    assert_eq!(row.cell(5), None);
    assert_eq!(row.cell(6), Some(&[1][..]));
    assert_eq!(row.cell(7), None);

    let bad = with("SELECT $1", vec![Param::text(PgType::Numeric, "s3cret")]);
    let failure = database
        .query(&bad, "a caller", DEADLINE)
        .await
        .err()
        .unwrap();
    assert_eq!(failure.error.code(), Code::InvalidLiteral);
    let nul = with("SELECT $1", vec![Param::text(PgType::Text, "a\0b")]);
    let failure = database
        .query(&nul, "a caller", DEADLINE)
        .await
        .err()
        .unwrap();
    assert_eq!(failure.reason, Reason::Data);
    let nul = database
        .query(&sql("SELECT '\0'"), "a caller", DEADLINE)
        .await
        .err()
        .unwrap();
    assert_eq!(nul.reason, Reason::Internal);
    assert_eq!(text(&database, "SELECT 'fine'").await, "fine");
}

async fn the_session_is_set_up(url: &str) {
    let options = PoolOptions {
        stream_timeout: Duration::from_secs(120),
        lane_timeout: Duration::from_secs(7),
        ..PoolOptions::default()
    };
    let database = open(url, options);
    for (setting, value) in [
        ("default_transaction_read_only", "on"),
        ("transaction_read_only", "on"),
        ("statement_timeout", "2min"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("TimeZone", "UTC"),
        ("search_path", "pg_catalog"),
        ("jit", "off"),
        ("client_encoding", "UTF8"),
    ] {
        let shown = text(&database, &format!("SELECT current_setting('{setting}')")).await;
        assert_eq!(shown, value, "{setting}");
    }
    let interval =
        "SELECT coalesce(current_setting('client_connection_check_interval', true), '5s')";
    assert_eq!(text(&database, interval).await, "5s");
    let lane = sql("SELECT current_setting('statement_timeout')");
    let rows = database.read_all(&lane, DEADLINE).await.unwrap();
    assert_eq!(rows.rows[0].cell(0), Some(&b"7s"[..]));
}

/// Two statements in turns on one connection, each ten times with other values; how many plans were made of each
/// for all values, and for one.
async fn a_statement_is_planned_for_its_values_where_that_is_wanted(url: &str) {
    let options = PoolOptions {
        size: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let cases = [
        (Plans::Auto, "SELECT $1::int8 + 1", "5 5"),
        (Plans::ForceCustom, "SELECT $1::int8 + 2", "0 10"),
    ];
    for n in 0..10 {
        for (plans, text, _) in cases {
            let statement = Statement {
                plans,
                ..with(text, vec![Param::int8(n)])
            };
            one(&database, &statement).await.unwrap();
        }
    }
    for (plans, text, expect) in cases {
        let made = format!(
            "SELECT format('%s %s', generic_plans, custom_plans) FROM pg_prepared_statements
             WHERE statement = '{text}'"
        );
        assert_eq!(self::text(&database, &made).await, expect, "{plans:?}");
    }
}

/// What is not to be planned for its values is planned as the administrator says.
async fn an_administrators_plan_cache_mode_comes_back(url: &str) {
    let options = PoolOptions {
        size: 1,
        ..PoolOptions::default()
    };
    let (mark, own) = if url.contains("://") {
        let mark = if url.contains('?') { '&' } else { '?' };
        (mark, "options=-c%20plan_cache_mode%3Dforce_generic_plan")
    } else {
        (' ', "options='-c plan_cache_mode=force_generic_plan'")
    };
    let database = open(&format!("{url}{mark}{own}"), options);
    for (plans, expect) in [
        (Plans::Auto, "force_generic_plan"),
        (Plans::ForceCustom, "force_custom_plan"),
        (Plans::Auto, "force_generic_plan"),
    ] {
        let statement = Statement {
            plans,
            ..sql("SELECT current_setting('plan_cache_mode')")
        };
        let mode = one(&database, &statement).await.unwrap();
        assert_eq!(mode, expect.as_bytes(), "{plans:?}");
    }
}

/// Somebody cancels without a pause, until it hits what says how to plan: the statement behind that is answered
/// all the same, and the next one says it again.
async fn a_session_plans_as_it_is_told_whatever_is_cancelled(url: &str) {
    let options = PoolOptions {
        size: 1,
        ..PoolOptions::default()
    };
    let database = open(url, options);
    let mode = async |plans| {
        let statement = Statement {
            plans,
            ..sql("SELECT current_setting('plan_cache_mode')")
        };
        one(&database, &statement).await
    };
    let pid = text(&database, "SELECT pg_backend_pid()::text").await;
    let admin = admin(url).await;
    for (plans, expect) in [
        (Plans::ForceCustom, "force_custom_plan"),
        (Plans::Auto, "auto"),
    ] {
        let (hit, mut is_hit) = tokio::sync::oneshot::channel();
        let cancelling = async {
            while is_hit.try_recv().is_err() {
                let cancel = format!("SELECT pg_cancel_backend({pid})");
                admin.batch_execute(&cancel).await.unwrap();
            }
        };
        let asking = async {
            loop {
                // Each twice: the second time nothing need be said.
                for wanted in [Plans::Auto, plans, plans, Plans::ForceCustom] {
                    match mode(wanted).await {
                        Ok(found) if wanted == plans && found != expect.as_bytes() => {
                            hit.send(()).unwrap();
                            return;
                        }
                        Ok(_) => {}
                        Err(failure) => assert_eq!(failure.reason, Reason::Unavailable),
                    }
                }
            }
        };
        let both = futures_util::future::join(cancelling, asking);
        let in_time = tokio::time::timeout(Duration::from_secs(60), both).await;
        assert!(in_time.is_ok(), "never hit");
        assert_eq!(mode(plans).await.unwrap(), expect.as_bytes());
    }
    assert_eq!(text(&database, "SELECT pg_backend_pid()::text").await, pid);
}
