//! The role that `deploy/grants.sql` makes may read a few columns of some tables: nothing that may be asked for needs
//! more.

use super::generate::Generator;
use super::{A, B, load, random, rooted, urls};
use crate::grants::grant;
use local_postgres::Settings;
use tests::{Postgres, Server};

#[tokio::test]
async fn what_is_granted_is_enough() {
    let postgres = Postgres::own(&Settings::default());
    load(&crate::large::connect(&postgres).await).await;
    grant(&postgres, "reader");
    let url = postgres.connection_string_as("reader", "postgres");
    let server = Server::start_anyway(&url, |_| {});
    let client = server.of(A.token);
    let mut generator = Generator::new(random::seed(), A.keys.0, B.keys.0);
    let random = (0..1_000).map(|_| generator.request().url);
    for url in urls::urls(A).into_iter().chain(random) {
        let response = client.get(&rooted(&url));
        assert!(
            response.status < 500 || response.status == 501,
            "{url}: {}",
            response.text()
        );
    }
}
