//! Stories of accounts and messages, over their routes, on a database of their own.
//!
//! On SQLite, or on the PostgreSQL of `KONTOR_TEST_POSTGRES` with a schema for each test.

#![cfg(test)]

mod access;
mod letters;
mod pages;
mod signing_in;
mod world;
