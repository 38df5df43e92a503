//! A server that is far away or slow: the answer is late, or it is 504, but it is the same.

use super::formats::{FORMS, Form};
use super::{World, is_error, of};
use std::time::Duration;
use tests::proxy::Fault;

#[tokio::test]
async fn what_is_late_is_the_same() {
    let world = World::new(1_000).await;
    let server = world.server(|config| {
        config.settings.limits.statement_ms = 3_000;
    });
    let client = of(&server);
    for form in FORMS {
        let whole = form.ask(&client).expect(200);
        for fault in [
            Fault::Delay(Duration::from_millis(30)),
            Fault::Throttle(400_000),
        ] {
            world.proxy.set(fault);
            let late = form.ask(&client).expect(200);
            world.proxy.heal();
            // How gzip cuts its blocks depends on the time.
            if form != Form::Gzip {
                assert_eq!(late.body, whole.body, "{form:?}: {fault:?}");
            }
            assert!(form.is_whole(&late.body));
        }
    }
    world.proxy.set(Fault::Delay(Duration::from_secs(4)));
    for path in ["Message", "Message(1)", "Message/$count"] {
        let response = client.get(&format!("/v1.0/odata/{path}"));
        // The token may have to be looked up again, which is then what takes too long.
        let is_token = response.status == 503;
        is_error(&response, if is_token { 503 } else { 504 }, is_token);
    }
    world.proxy.heal();
    let idle = || server.status().idle == server.status().open;
    super::until(idle, || format!("{:?}", server.status())).await;
    client.get("/v1.0/odata/Message").expect(200);
}
