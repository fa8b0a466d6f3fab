//! Pictures of the demo's products on their way in. They are handed in as soon as their seller may, and go on beside
//! everything else: each of them is drawn again, which takes longer than most acts.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use tokio::task::JoinSet;

use super::{pictures, world};
use crate::stage::client::Client;

#[derive(Default)]
pub(super) struct Album {
    /// Products whose pictures were handed in and not taken yet.
    asked: BTreeSet<usize>,
    coming: JoinSet<anyhow::Result<(usize, Pictures)>>,
    there: BTreeMap<usize, Pictures>,
}

/// The documents of a product's pictures.
pub(super) struct Pictures {
    pub(super) logo: String,
    pub(super) screenshots: Vec<String>,
}

impl Album {
    /// Hands in what there is of a product by its English name, once.
    pub(super) fn hand_in(&mut self, client: &Client, token: &str, product: usize, name: &str) {
        let Some(shown) = pictures::of(name) else { return };
        if !self.asked.insert(product) {
            return;
        }
        let (client, token, more) = (client.clone(), token.to_owned(), pictures::more_of(name));
        self.coming.spawn(async move {
            let logo = world::upload(&client, &token, &shown.logo).await?;
            let mut screenshots = Vec::new();
            for file in std::iter::once(&shown.screenshot).chain(more) {
                screenshots.push(world::upload(&client, &token, file).await?);
            }
            Ok((product, Pictures { logo, screenshots }))
        });
    }

    pub(super) async fn take(&mut self, product: usize) -> anyhow::Result<Option<Pictures>> {
        if !self.asked.remove(&product) {
            return Ok(None);
        }
        while !self.there.contains_key(&product) {
            self.next().await?.context("pictures were handed in and did not come")?;
        }
        Ok(self.there.remove(&product))
    }

    /// Waits until nothing is on its way: what is uploaded and not kept is cleared away when the clock has turned.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        while self.next().await?.is_some() {}
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<Option<()>> {
        let Some(come) = self.coming.join_next().await else { return Ok(None) };
        let (product, pictures) = come??;
        self.there.insert(product, pictures);
        Ok(Some(()))
    }
}
