//! A password that is changed under the service.

use super::{PATIENCE, is_error, of};
use crate::large::Large;
use local_postgres::Settings;
use std::time::Instant;
use tests::Server;

#[tokio::test]
async fn a_password_that_is_changed_and_changed_back() {
    let settings = Settings {
        tcp: true,
        ..Settings::default()
    };
    let large = Large::on(settings, 5_000).await;
    let owner = &large.owner;
    owner
        .batch_execute("CREATE ROLE reader LOGIN PASSWORD 'f1rst'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        .await
        .unwrap();
    let url = format!(
        "host=127.0.0.1 port={} user=reader password=f1rst dbname=postgres",
        large.postgres.tcp_port().unwrap()
    );
    let server = Server::start_anyway(&url, |_| {});
    let client = of(&server);
    let paths = ["/v1.0/odata/Message", "/v1.0/odata/Message(1)"];
    for path in paths {
        client.get(path).expect(200);
    }
    // Who is in stays in.
    owner
        .batch_execute("ALTER ROLE reader PASSWORD 's3cond'")
        .await
        .unwrap();
    for path in paths {
        client.get(path).expect(200);
    }
    let terminate =
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'reader'";
    owner.execute(terminate, &[]).await.unwrap();
    for path in paths {
        let response = client.get(path);
        is_error(&response, 503, true);
        for secret in ["f1rst", "28P01", "password", "reader"] {
            assert!(!response.text().contains(secret), "{}", response.text());
        }
    }
    server.client().get("/health/ready").expect(503);
    server.client().get("/health/live").expect(200);
    owner
        .batch_execute("ALTER ROLE reader PASSWORD 'f1rst'")
        .await
        .unwrap();
    let since = Instant::now();
    for path in paths.iter().chain(&["/health/ready"]) {
        while client.get(path).status != 200 {
            assert!(since.elapsed() < PATIENCE, "{path}");
        }
    }
}
