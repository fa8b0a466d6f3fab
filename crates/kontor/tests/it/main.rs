//! Kontor as its users meet it: the real binary over HTTP, and whole marketplaces in this process with a turned clock.
//!
//! Stories run on SQLite and on PostgreSQL (`on_both!`), each test in a place of its own. Without PostgreSQL, or without
//! an independent client, their part is skipped loudly; `KONTOR_TEST_REQUIRE=1` makes that a failure.

/// Makes two tests of each story: one on SQLite, one on PostgreSQL. A story takes the address of its database.
macro_rules! on_both {
    ($($story:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $story() -> anyhow::Result<()> { super::$story(None).await })+
        }

        mod postgres {
            $(#[tokio::test] async fn $story() -> anyhow::Result<()> {
                match crate::postgres::database() {
                    Some(url) => super::$story(Some(url)).await,
                    None => Ok(()),
                }
            })+
        }
    };
}

mod server;
mod stories;

mod start;
mod trade;

mod acceptance;
mod accounts;
mod amendments;
mod api;
mod arrears;
mod asked;
mod cases;
mod catalogue;
mod changes;
mod checkout;
mod codes;
mod comparing;
mod corrections;
mod corrections_packages;
mod deals;
mod deliveries;
mod demo;
mod goes_on;
mod grace;
mod homes;
mod lives;
mod metering;
mod offers;
mod older;
mod operator;
mod packages;
mod packages_bounds;
mod private_offers;
mod probing;
mod quotations;
mod refunds;
mod renewal_changes;
mod renewals;
mod reviews;
mod saas;
mod sandbox;
mod sandboxes;
mod sellers;
mod shelf;
mod signed;
mod signing_in;
mod taxes;
mod trials;
mod type_fields;
mod unseen;
mod usage_records;
mod wallet;
mod webhooks;
mod window;
mod wire;

mod access;
mod books;
mod connections;
mod kits;
mod listings;
mod outside;
mod production;

mod example;
mod postgres;
