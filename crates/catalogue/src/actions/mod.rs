//! What sellers, the operator, buyers and reactions do with listings.

mod alike;
mod amounts;
mod attributes;
mod changes;
mod copies;
mod crawled;
mod editing;
mod exports;
mod files;
mod floors;
mod imports;
mod index;
mod limits;
mod marked;
mod measures;
mod notes;
mod operator;
mod parts;
mod private;
mod proposals;
mod ratings;
mod reactions;
mod removals;
mod renewal;
mod review;
mod search;
mod sellers;
mod shelf;
mod tree;
mod trials;
mod visibility;

use std::sync::Arc;

use kernel::{
    Error, Result,
    id::{AccountId, RevisionId},
};
use platform::Tx;

use crate::{
    Catalogue,
    rules::Release,
    store::{self, Revision},
};

pub(crate) use alike::{Alike, KeptKinship, Rounds};
pub(crate) use attributes::attribute_label;
pub(crate) use changes::OwnChanges;
pub use copies::ListingCopy;
pub(crate) use crawled::{Feed, Followed};
pub(crate) use editing::{Advice, Bench, Compared, Desk};
pub(crate) use exports::{Exported, Papers};
pub(crate) use files::{Needed, OnDrift, Outcome, Planned, Sent, Then};
pub(crate) use floors::{Front, Furnished};
pub(crate) use imports::{Incoming, TableForm, TakenFile, given_up};
pub(crate) use index::Follower;
pub(crate) use marked::{Remembered, VISITED_MAX};
pub(crate) use measures::Taken;
pub(crate) use operator::Review;
pub(crate) use private::PrivateCatalogue;
pub(crate) use proposals::{Evidence, Proposed};
pub(crate) use removals::{Application, Applied};
pub(crate) use review::{Part, Statistics};
pub(crate) use search::{BESIDE_MAX, Beside, Explained, Found};
pub(crate) use shelf::Page;
pub(crate) use tree::{Arranged, Kept};
pub(crate) use trials::{OwnTrials, Trial, Tryable};
pub(crate) use visibility::Shelf;

impl Catalogue {
    /// What a revision sells; read once and kept.
    pub(crate) async fn release(&self, tx: &mut Tx, id: RevisionId) -> Result<Arc<Release>> {
        if let Some(release) = self.cache.get(id) {
            return Ok(release);
        }
        let release = self.release_unkept(tx, id).await?;
        self.cache.keep(id, &release);
        Ok(release)
    }

    /// The same for those who go through everything on sale: they would push out what is asked for.
    pub(crate) async fn release_unkept(&self, tx: &mut Tx, id: RevisionId) -> Result<Arc<Release>> {
        if let Some(release) = self.cache.get(id) {
            return Ok(release);
        }
        let missing = || Error::fault(format!("{id} is on sale and not there"));
        let revision = store::find_revision(tx, id).await?.ok_or_else(missing)?;
        Ok(Arc::new(released(&revision)?))
    }

    /// What a seller is called.
    pub(crate) async fn seller_name(&self, tx: &mut Tx, id: AccountId) -> Result<String> {
        if let Some(name) = self.names.get(id) {
            return Ok(name.to_string());
        }
        let name: Arc<str> = self.sellers.profile(tx, id).await?.name.into();
        self.names.keep(id, &name);
        Ok(name.to_string())
    }
}

fn released(revision: &Revision) -> Result<Release> {
    let content = &revision.content;
    Release::of(content.listing.clone(), &content.identities, revision.product_id, revision.id, revision.account_id)
}
