//! Ratings against the reviews that they are the sums of.

use kernel::Result;
use ledger::Difference;
use platform::Tx;

use crate::{Reviews, store::reviews as store};

impl Reviews {
    /// The first product whose rating is not that of its reviews. Give it the snapshot of the ledger's audit.
    pub async fn audit(&self, tx: &mut Tx) -> Result<Option<Difference>> {
        if let Some(row) = store::first_overcounted(tx).await? {
            let what = "a review is a part of it that must not count, or somebody counts twice, or is left out without a reason".to_owned();
            return Ok(Some(Difference::new("rating", row.product_id.to_string(), what)));
        }
        Ok(store::first_drift(tx).await?.map(|row| {
            let what =
                format!("{} reviews with {} stars is not what its reviews come to", row.rated_count, row.rated_stars);
            Difference::new("rating", row.id.to_string(), what)
        }))
    }
}
