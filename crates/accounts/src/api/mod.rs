//! The JSON API, by who it is for.

mod account;
mod credentials;
mod me;
mod operator;
mod sessions;
mod team;
mod verification;

use kernel::{PageQuery, page::PageOf};
use platform::http::{Problem, Routes};

use crate::Accounts;

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    account::routes(accounts)
        .and(sessions::routes(accounts))
        .and(me::routes(accounts))
        .and(team::routes(accounts))
        .and(credentials::routes(accounts))
        .and(verification::routes(accounts))
        .and(operator::routes(accounts))
}

fn checked(page: &PageQuery) -> Result<PageOf, Problem> {
    Ok(page.checked().map_err(kernel::Error::from)?)
}
