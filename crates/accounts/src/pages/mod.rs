//! Pages of the account: signing up, in and out, one's own safety, the team and its keys, and what the operator sees of it.

mod audit;
mod customers;
mod keys;
mod parts;
mod password;
mod people;
mod preferences;
mod security;
mod sign_in;
mod sign_up;
mod staff;
mod strength;
mod team;
mod two_step;

use platform::http::Routes;

use crate::Accounts;

pub(crate) fn routes(accounts: &Accounts) -> Routes {
    preferences::routes(accounts)
        .and(sign_in::routes(accounts))
        .and(sign_up::routes(accounts))
        .and(password::routes(accounts))
        .and(strength::routes(accounts))
        .and(security::routes(accounts))
        .and(two_step::routes(accounts))
        .and(team::routes(accounts))
        .and(keys::routes(accounts))
        .and(customers::routes(accounts))
        .and(staff::routes(accounts))
        .and(audit::routes(accounts))
}
