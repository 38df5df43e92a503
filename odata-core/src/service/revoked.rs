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

/// Waits until the caller may no longer see what the answer reads.
pub(super) fn until_revoked(asked: &Asked<'_>) -> impl Future<Output = ()> + Send + use<> {
    let service = asked.service.clone();
    let token = asked
        .credentials
        .map(|credentials| credentials.token.clone());
    let scope = asked.caller.scope.clone();
    let mut confirmed = Instant::from_std(asked.authenticated);
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

/// Asks again where the wait for the first row was long: the token must still give what it gave.
pub(super) async fn still_allowed(asked: &Asked<'_>) -> Result<()> {
    let settings = &asked.service.settings;
    let Some(credentials) = asked.credentials else {
        return Ok(());
    };
    if asked.authenticated.elapsed() < settings.recheck_interval {
        return Ok(());
    }
    let authenticate = &asked.service.authenticate;
    let caller = authenticate.authenticate(&credentials.token).await?;
    if has_all(&caller.scope, &asked.caller.scope) {
        return Ok(());
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
