//! A token that is revoked while its answer is sent: the answer ends.

use super::answer::Asked;
use crate::edm::Scope;
use crate::error::{Code, Error, Result};
use std::future::pending;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long an answer goes on while nobody can say whether its token is still good. With the pauses
/// between two questions, and what the service that knows tokens takes and remembers, it is less than
/// a minute.
const UNCONFIRMED: Duration = Duration::from_secs(25);

/// Waits until the caller may no longer see what the answer reads, which was last `confirmed` then.
pub(super) fn until_revoked(
    asked: &Asked<'_>,
    mut confirmed: Instant,
) -> impl Future<Output = ()> + Send + use<> {
    let service = asked.service.clone();
    let token = asked
        .credentials
        .map(|credentials| credentials.token.clone());
    let scope = asked.caller.scope.clone();
    async move {
        let Some(token) = token else {
            return pending().await;
        };
        loop {
            sleep(service.settings.recheck_interval).await;
            match service.authenticate.authenticate(&token).await {
                Ok(caller) if has_all(&caller.scope, &scope) => confirmed = Instant::now(),
                Ok(_) => return,
                Err(error) if matches!(error.code(), Code::Unauthorized | Code::Forbidden) => {
                    return;
                }
                Err(_) if confirmed.elapsed() < UNCONFIRMED => {}
                Err(_) => return,
            }
        }
    }
}

/// Asks again where the wait for the first row was long: the token must still give what it gave. When
/// that was last confirmed.
pub(super) async fn still_allowed(asked: &Asked<'_>) -> Result<Instant> {
    let settings = &asked.service.settings;
    let confirmed = Instant::from_std(asked.authenticated);
    let Some(credentials) = asked.credentials else {
        return Ok(confirmed);
    };
    if confirmed.elapsed() < settings.recheck_interval {
        return Ok(confirmed);
    }
    let asked_at = Instant::now();
    let authenticate = &asked.service.authenticate;
    let caller = authenticate.authenticate(&credentials.token).await?;
    if has_all(&caller.scope, &asked.caller.scope) {
        return Ok(asked_at);
    }
    let message = "the access token no longer gives what it gave";
    Err(Error::new(Code::Forbidden, message))
}

fn has_all(scope: &Scope, ids: &Scope) -> bool {
    ids.ids()
        .iter()
        .all(|id| scope.ids().binary_search(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_enough_and_less_is_not() {
        let scope = |ids: &[i64]| Scope::of(ids.to_vec());
        assert!(has_all(&scope(&[1, 2, 3]), &scope(&[3, 1])));
        assert!(has_all(&scope(&[1]), &Scope::none()));
        assert!(!has_all(&scope(&[1, 2]), &scope(&[1, 3])));
        assert!(!has_all(&Scope::none(), &scope(&[1])));
    }
}
